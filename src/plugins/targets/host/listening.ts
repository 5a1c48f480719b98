import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ListeningSocket } from '../../../model/listening.ts';
import { type KernelSocket, parseSockets } from './sockets.ts';

const processesMax = 50_000;
const mapsBytesMax = 8 * 2 ** 20;

/**
 * What listens on this machine, with the packages of each program and of the libraries it has loaded. Null where the
 * kernel does not tell. Processes of other users are only seen by root; their sockets are listed without them.
 */
export async function readListening(root = '/'): Promise<ListeningSocket[] | null> {
  const sockets = await kernelSockets(root);
  if (sockets === null) return null;
  const owners = await processesOf(root, new Set(sockets.map(({ inode }) => inode)));
  const files = new Map<string, readonly string[]>();
  for (const pid of new Set(owners.values())) files.set(pid, await loadedFiles(root, pid));
  const packages = await packagesOf(root, new Set([...files.values()].flat()));
  const found = sockets.map(({ inode, ...socket }): ListeningSocket => {
    const pid = owners.get(inode);
    const loaded = pid === undefined ? [] : (files.get(pid) ?? []);
    const program = loaded[0] ?? null;
    const names = new Set(loaded.flatMap((path) => packages.get(path) ?? []));
    return { ...socket, process: program && basename(program), program, packages: [...names].sort() };
  });
  return distinct(found);
}

async function kernelSockets(root: string): Promise<KernelSocket[] | null> {
  const tables = await Promise.all(
    (['tcp', 'tcp6', 'udp', 'udp6'] as const).map(async (name) => {
      const text = await readFile(join(root, 'proc/net', name), 'utf8').catch(() => null);
      return text === null ? null : parseSockets(text, name.startsWith('tcp') ? 'tcp' : 'udp');
    }),
  );
  // A kernel without IPv6 has no table of it; without the first there is nothing to go by.
  return tables[0] === null ? null : tables.flatMap((sockets) => sockets ?? []);
}

/** Socket inode to the process that has it open: the first of several, which share the program. */
async function processesOf(root: string, inodes: ReadonlySet<string>): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  const names = await readdir(join(root, 'proc')).catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).slice(0, processesMax);
  for (const pid of pids) {
    const folder = join(root, 'proc', pid, 'fd');
    // Gone by now, or another user's.
    const descriptors = await readdir(folder).catch(() => []);
    for (const descriptor of descriptors) {
      const link = await readlink(join(folder, descriptor)).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode && inodes.has(inode) && !owners.has(inode)) owners.set(inode, pid);
    }
  }
  return owners;
}

/** The program of a process first, then the libraries mapped into it. */
async function loadedFiles(root: string, pid: string): Promise<string[]> {
  const program = await readlink(join(root, 'proc', pid, 'exe')).catch(() => null);
  const maps = await readFile(join(root, 'proc', pid, 'maps'), 'utf8').catch(() => '');
  const files = new Set<string>();
  if (program !== null) files.add(program.replace(/ \(deleted\)$/, ''));
  for (const line of maps.slice(0, mapsBytesMax).split('\n')) {
    const at = line.indexOf('/');
    if (at > 0 && line.includes(' r-xp ')) files.add(line.slice(at).replace(/ \(deleted\)$/, ''));
  }
  return [...files];
}

/**
 * Path to the dpkg packages that own it, by their file lists. A merged `/usr` has two names for one file: both count.
 * Source: https://man7.org/linux/man-pages/man1/dpkg.1.html (FILES, info/*.list)
 */
async function packagesOf(root: string, paths: ReadonlySet<string>): Promise<Map<string, string[]>> {
  const wanted = new Map<string, string>();
  for (const path of paths) {
    wanted.set(path, path);
    wanted.set(path.startsWith('/usr/') ? path.slice(4) : `/usr${path}`, path);
  }
  const owners = new Map<string, string[]>();
  const folder = join(root, 'var/lib/dpkg/info');
  const lists = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.list'));
  for (const name of wanted.size === 0 ? [] : lists) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    const owner = name.slice(0, -'.list'.length).replace(/:[a-z0-9-]+$/, '');
    for (const line of text.split('\n')) {
      const path = wanted.get(line);
      if (path !== undefined) owners.set(path, [...(owners.get(path) ?? []), owner]);
    }
  }
  return owners;
}

function distinct(sockets: readonly ListeningSocket[]): ListeningSocket[] {
  const byText = new Map(sockets.map((socket) => [JSON.stringify(socket), socket]));
  return [...byText.values()].sort(
    (a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : 0),
  );
}
