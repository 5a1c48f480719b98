import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces, release, type } from 'node:os';
import { problem } from '../../../model/problem.ts';
import type { Content, Discovery, Target } from '../contract.ts';
import {
  cloudInstanceId,
  fingerprintFiles,
  instanceIdOf,
  packageDatabases,
  platformOf,
  readOsRelease,
} from '../filesystem.ts';
import { readListening } from './listening.ts';

// File systems that hold no installed software of this machine: kernel views, memory, other machines' disks.
const foreignKinds = new Set(
  'proc sysfs devtmpfs devpts tmpfs cgroup cgroup2 securityfs debugfs tracefs pstore bpf mqueue hugetlbfs configfs fusectl nfs nfs4 cifs smb3 9p autofs binfmt_misc rpc_pipefs efivarfs nsfs overlay squashfs fuse.sshfs'.split(
    ' ',
  ),
);
// Container storage holds other resources' packages, not this host's.
// Places that hold copies and leftovers, not installed software: what a cache has is not what runs.
const transient = ['tmp', 'var/tmp', 'var/cache'];
const cacheNames = ['.cache', '_cacache', '.npm', '.git', 'lost+found'];
const containerStorage = ['var/lib/docker', 'var/lib/containerd', 'var/lib/containers', 'var/lib/kubelet'];

/** The machine that this program runs on. */
export const host = {
  id: 'host',
  title: 'this host',
  locationIsPath: false,
  sources: ['https://www.freedesktop.org/software/systemd/man/latest/machine-id.html'],
  async recognises(location) {
    return location === 'host';
  },
  async discover(): Promise<Discovery> {
    if (type() !== 'Linux') {
      const why = `is ${type()}, and only Linux hosts can be inventoried; scan an image or directory instead`;
      return { resources: [], problems: [problem('unsupported', 'host', why)] };
    }
    const os = await readOsRelease('/');
    const machineId = await readFile('/etc/machine-id', 'utf8').catch(() => hostname());
    return {
      resources: [
        {
          type: 'AWS_EC2_INSTANCE',
          id: (await cloudInstanceId('/')) ?? instanceIdOf(`host ${machineId.trim() || hostname()}`),
          name: hostname(),
          target: 'host',
          location: 'host',
          fingerprint: await fingerprintFiles('/', packageDatabases),
          tags: { Name: hostname() },
          details: {
            platform: platformOf(os),
            platformName: os?.prettyName ?? null,
            ipV4Addresses: addresses('IPv4'),
            ipV6Addresses: addresses('IPv6'),
          },
        },
      ],
      problems: [],
    };
  },
  async open(): Promise<Content> {
    return {
      kind: 'tree',
      root: '/',
      skip: await skippedFolders(),
      skipNames: cacheNames,
      installedOnly: true,
      facts: {
        isContainer: await isInContainer(),
        runningKernel: release(),
        layers: [],
        listening: await readListening(),
      },
      problems: [],
    };
  },
  watchPaths: () => packageDatabases.map((path) => `/${path}`),
} satisfies Target;

async function skippedFolders(): Promise<string[]> {
  const skip = new Set(['proc', 'sys', 'dev', 'run', ...containerStorage, ...transient]);
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  for (const line of mounts.split('\n')) {
    const [, folder, kind] = line.split(' ');
    if (!folder || folder === '/' || !kind || !foreignKinds.has(kind)) continue;
    skip.add(
      folder.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))).slice(1),
    );
  }
  return [...skip];
}

async function isInContainer(): Promise<boolean> {
  for (const mark of ['/.dockerenv', '/run/.containerenv']) {
    if (
      await readFile(mark).then(
        () => true,
        () => false,
      )
    )
      return true;
  }
  return false;
}

function addresses(family: 'IPv4' | 'IPv6'): string[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => entry.family === family && !entry.internal)
    .map((entry) => entry.address);
}
