import { basename } from 'node:path';
import { assemble } from '../../lib/disk/assemble.ts';
import { type BlockSource, cachedSource, fileSource, watchedSource } from '../../lib/disk/block-source.ts';
import type { DiskFault } from '../../lib/disk/disk-error.ts';
import { openFileSystems } from '../../lib/disk/open.ts';
import { findVolumes } from '../../lib/disk/volumes.ts';
import { LimitError, type ScanLimits } from '../../lib/limits.ts';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import { walkDisk } from './disk-walk.ts';
import { createExtraction } from './extraction.ts';
import { problemOf } from './layer.ts';
import type { Reading } from './reading.ts';
import type { TreeSkip } from './tree.ts';

// Metadata comes in small pieces that lie close together; contents are read once and go past the cache.
const cacheSize = { chunkBytes: 1 << 16, chunksMax: 1024, directBytes: 1 << 16 };

/**
 * Reads the wanted files of a raw disk image: its partitions, the file systems on them, put together as the machine
 * would mount them. Only metadata and wanted files are read.
 */
export async function readDiskFile(
  path: string,
  skip: TreeSkip,
  limits: ScanLimits,
  onEntries: (entries: number, at: string) => void,
): Promise<Reading> {
  let source: ReturnType<typeof fileSource>;
  try {
    source = fileSource(path);
  } catch (error) {
    return { ...emptyReading, problems: [problem('unreadable', path, reasonOf(error))] };
  }
  try {
    return await readDisk(source, basename(path), skip, limits, onEntries);
  } finally {
    source.close();
  }
}

/** The same of any source; `name` stands in problems for the disk as a whole. Never rejects for bad bytes. */
export async function readDisk(
  disk: BlockSource,
  name: string,
  skip: TreeSkip,
  limits: ScanLimits,
  onEntries: (entries: number, at: string) => void,
): Promise<Reading> {
  const extraction = createExtraction(limits, skip);
  const problems: Problem[] = [];
  const progress = { entries: 0, bytes: 0 };
  let isComplete = true;
  try {
    const source = watchedSource(cachedSource(disk, cacheSize), deadline(limits));
    const found = await findVolumes(source);
    const opened = await openFileSystems(found.volumes);
    const { tree, faults } = await assemble(opened);
    for (const fault of [...found.faults, ...opened.faults, ...faults]) problems.push(problemAt(name, fault));
    if (tree === null) isComplete = false;
    else isComplete = await walkDisk({ tree, extraction, skip, limits, problems, progress, onEntries });
    if (tree === null && problems.length === 0)
      problems.push(problem('unsupported', name, 'holds no file system'));
  } catch (error) {
    isComplete = false;
    problems.push(problemOf(error, name));
  }
  extraction.finish();
  return {
    ...emptyReading,
    files: extraction.files,
    releases: extraction.releases,
    problems: [...problems, ...extraction.problems],
    isComplete,
    entryCount: progress.entries,
    byteCount: progress.bytes,
  };
}

const emptyReading: Reading = {
  files: [],
  releases: [],
  removed: [],
  opaque: [],
  links: [],
  problems: [],
  isComplete: false,
  entryCount: 0,
  byteCount: 0,
};

// Whatever loop a hostile disk makes us run, it reads: the clock is looked at there.
function deadline({ scanSecondsMax }: ScanLimits): () => void {
  const end = Date.now() + scanSecondsMax * 1000;
  return () => {
    if (Date.now() > end)
      throw new LimitError('scanSecondsMax', `reading took longer than ${scanSecondsMax} seconds`);
  };
}

function problemAt(name: string, { kind, where, why }: DiskFault): Problem {
  return problem(kind === 'not-read' ? 'not-assessed' : kind, where ? `${name}: ${where}` : name, why);
}
