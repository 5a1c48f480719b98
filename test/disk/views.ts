import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { FileNode, FileSystem } from '../../src/lib/disk/file-system.ts';

/** Path to what lies there: kind, size, and a digest of the content or the target of the link. */
export type View = ReadonlyMap<string, string>;

const partBytes = 1 << 20;

/** Everything in a file system as our reader sees it. Rejects at the first thing that cannot be read. */
export async function viewOf<N extends FileNode>(system: FileSystem<N>): Promise<View> {
  const view = new Map<string, string>();
  await walk(await system.node(system.rootInode), '');
  return view;

  async function walk(directory: N, path: string): Promise<void> {
    const entries: { name: string; inode: number; kind: string | null }[] = [];
    await system.list(directory, {
      entry(name, inode, kind) {
        entries.push({ name, inode, kind });
        return true;
      },
      fault(why) {
        throw new Error(`${path}: ${why}`);
      },
    });
    for (const { name, inode, kind } of entries) {
      const node = await system.node(inode);
      if (kind !== null && kind !== node.kind) throw new Error(`${path}/${name}: ${kind} is ${node.kind}`);
      const at = `${path}/${name}`;
      if (view.has(at)) throw new Error(`${at} is there twice`);
      view.set(at, await describe(node));
      if (node.kind === 'directory') await walk(node, at);
    }
  }

  async function describe(node: N): Promise<string> {
    if (node.kind === 'symlink') return `symlink ${await system.linkTarget(node)}`;
    if (node.kind !== 'file') return node.kind;
    const hash = createHash('sha256');
    for (let at = 0; at < node.sizeBytes; at += partBytes)
      hash.update(await system.read(node, at, partBytes));
    return `file ${node.sizeBytes} ${hash.digest('hex')}`;
  }
}

/** The same of a directory of this machine: a mounted image, or what an image was made from. */
export function viewOfDirectory(root: string): View {
  const view = new Map<string, string>();
  walk('');
  return view;

  function walk(path: string): void {
    for (const name of readdirSync(join(root, path))) {
      const at = `${path}/${name}`;
      const stat = lstatSync(join(root, at));
      if (stat.isSymbolicLink()) view.set(at, `symlink ${readlinkSync(join(root, at))}`);
      else if (stat.isDirectory()) view.set(at, 'directory');
      else if (!stat.isFile()) view.set(at, 'other');
      else {
        const digest = createHash('sha256')
          .update(readFileSync(join(root, at)))
          .digest('hex');
        view.set(at, `file ${stat.size} ${digest}`);
      }
      if (stat.isDirectory()) walk(at);
    }
  }
}

/** What differs, as lines; none where the two views are equal. At most twenty. */
export function differences(ours: View, theirs: View): string[] {
  const lines: string[] = [];
  for (const [path, what] of theirs)
    if (ours.get(path) !== what) lines.push(`${path}: ${ours.get(path) ?? 'absent'} instead of ${what}`);
  for (const path of ours.keys()) if (!theirs.has(path)) lines.push(`${path}: is not there`);
  return lines.slice(0, 20);
}
