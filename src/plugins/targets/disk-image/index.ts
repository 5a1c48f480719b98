import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileSource } from '../../../lib/disk/block-source.ts';
import { readPartitionTable } from '../../../lib/disk/partition-table.ts';
import { type Probe, probe } from '../../../lib/disk/probe.ts';
import { type Problem, problem, reasonOf } from '../../../model/problem.ts';
import type { Target } from '../contract.ts';
import { instanceIdOf } from '../filesystem.ts';

// What is told by its first bytes alone, without a partition table around it.
const bareKinds = ['ext', 'xfs', 'lvm', 'container'];

/** A raw image of a machine's disk: partitioned, with LVM, or one file system. */
export const diskImage = {
  id: 'disk-image',
  title: 'raw disk image file',
  sources: [
    'https://uefi.org/specs/UEFI/2.10/05_GUID_Partition_Table_Format.html',
    'https://www.kernel.org/doc/html/latest/filesystems/ext4/index.html',
    'https://www.kernel.org/doc/html/latest/filesystems/xfs/index.html',
  ],
  async recognises(location) {
    if (!(await stat(location).catch(() => null))?.isFile()) return false;
    const seen = await lookAt(location).catch(() => null);
    return seen !== null && (seen.isPartitioned || bareKinds.includes(seen.content.kind));
  },
  async discover(location) {
    const path = await realpath(location).catch(() => null);
    // A place that is not there has no resources: what was in it is gone.
    if (!path) return { resources: [], problems: [] };
    const file = await stat(path, { bigint: true });
    if (!file.isFile())
      return { resources: [], problems: [problem('unreadable', location, 'is not a file')] };
    const refused = await refusal(path, location);
    if (refused) return { resources: [], problems: [refused] };
    return {
      resources: [
        {
          type: 'AWS_EC2_INSTANCE',
          id: instanceIdOf(`disk-image ${path}`),
          name: basename(location),
          target: 'disk-image',
          location: path,
          fingerprint: fingerprintOf(file),
          tags: { Name: basename(location) },
          // What system it is stands inside, and that is only read by the process for hostile bytes.
          details: { platform: 'UNKNOWN', platformName: null },
        },
      ],
      problems: [],
    };
  },
  async open(resource) {
    return {
      kind: 'disk',
      path: resource.location,
      skip: ['proc', 'sys', 'dev'],
      installedOnly: true,
      // A machine will run one of the kernels on its disk; which one is not known.
      facts: { isContainer: false, runningKernel: null, layers: [] },
      problems: [],
    };
  },
  watchPaths: (location) => [location],
} satisfies Target;

async function lookAt(path: string): Promise<{ readonly content: Probe; readonly isPartitioned: boolean }> {
  const source = fileSource(path);
  try {
    const content = await probe(source);
    if (content.kind === 'container') return { content, isPartitioned: false };
    const { partitions } = await readPartitionTable(source);
    return { content, isPartitioned: partitions.length > 0 };
  } finally {
    source.close();
  }
}

// What nothing can be read from is said at once; everything else is for the process that reads hostile bytes.
async function refusal(path: string, location: string): Promise<Problem | null> {
  try {
    const { content, isPartitioned } = await lookAt(path);
    if (content.kind === 'container') {
      const why = `is ${content.title} and not a raw one; make one with: qemu-img convert -O raw ${basename(location)} disk.raw`;
      return problem('unsupported', location, why);
    }
    if (isPartitioned || !['unknown', 'empty', 'other', 'aside'].includes(content.kind)) return null;
    return problem(
      'unsupported',
      location,
      `holds ${content.title}, and neither a partition table nor a file system that can be read`,
    );
  } catch (error) {
    return problem('unreadable', location, reasonOf(error));
  }
}

function fingerprintOf(file: { size: bigint; mtimeNs: bigint; ino: bigint }): string {
  const hash = createHash('sha256').update(`${file.size}\0${file.mtimeNs}\0${file.ino}`);
  return `stat:${hash.digest('hex').slice(0, 32)}`;
}
