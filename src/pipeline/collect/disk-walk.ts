import { DiskError } from '../../lib/disk/disk-error.ts';
import type { FileNode, NodeKind } from '../../lib/disk/file-system.ts';
import { LinkEscape, type MountedTree, type Place } from '../../lib/disk/mounted-tree.ts';
import { LimitError, type ScanLimits } from '../../lib/limits.ts';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import type { Extraction } from './extraction.ts';
import type { TreeSkip } from './tree.ts';

export type DiskWalk = {
  readonly tree: MountedTree;
  readonly extraction: Extraction;
  readonly skip: TreeSkip;
  readonly limits: ScanLimits;
  /** Both are added to. */
  readonly problems: Problem[];
  readonly progress: { entries: number; bytes: number };
  onEntries(entries: number, at: string): void;
};

const headBytes = 16;
const probesMax = 64;
// Entries that are remembered until their folder's turn comes; some 300 bytes each.
const waitingMax = 1_000_000;
// A damaged disk can have a fault in every block; the first ones say what is the matter.
const problemsMax = 1000;

type Entry = { readonly path: string; readonly inode: number; readonly kind: NodeKind | null };

/**
 * Hands the wanted files of a mounted tree to the extraction, links followed inside the root only. True when the
 * whole tree was walked. Rejects with `LimitError` when the time is over.
 */
export async function walkDisk(work: DiskWalk): Promise<boolean> {
  const { tree, extraction, skip, limits, problems, progress } = work;
  const skipped = new Set(skip.paths);
  const skippedNames = new Set(skip.names);
  const seen = new Map<unknown, Set<number>>();
  let stopped = false;
  let waiting = 0;

  try {
    await walk(await tree.rootPlace(), '', 0);
  } catch (error) {
    report(problemOfPath(error, '/'));
    return false;
  }
  return !stopped;

  async function walk(place: Place, folder: string, depth: number): Promise<void> {
    if (depth > limits.treeDepthMax) {
      report(problem('limit', folder, `deeper than ${limits.treeDepthMax} folders`, 'treeDepthMax'));
      return;
    }
    if (!isNew(place)) {
      report(problem('malformed', folder, 'is a directory that is also elsewhere, and was read there'));
      return;
    }
    for (const entry of await wantedIn(place, folder)) {
      if (stopped) return;
      waiting--;
      try {
        await visit(place, entry, depth);
      } catch (error) {
        report(problemOfPath(error, entry.path));
      }
    }
  }

  // What is not wanted is let go at once: a directory may have millions of names.
  async function wantedIn({ system, node }: Place, folder: string): Promise<Entry[]> {
    const wanted: Entry[] = [];
    try {
      await system.list(node, {
        entry(name, inode, kind) {
          if (++progress.entries % 4096 === 0) keepWatch(folder);
          const path = folder ? `${folder}/${name}` : name;
          const mayBeFolder = kind === 'directory' || kind === null;
          if (path.length > limits.pathLengthMax) {
            const why = `a path of more than ${limits.pathLengthMax} characters, which was not read`;
            report(problem('limit', folder, why, 'pathLengthMax'));
          } else if (mayBeFolder || (kind !== 'other' && extraction.wants(path))) {
            wanted.push({ path, inode, kind });
            if (++waiting > waitingMax)
              stop(folder, 'treeEntriesMax', `more than ${waitingMax} entries of open folders`);
          }
          return !stopped;
        },
        fault(why) {
          report(problem('malformed', folder || '/', `${why}; the names in that part are not known`));
        },
      });
    } catch (error) {
      report(problemOfPath(error, folder || '/'));
    }
    return wanted;
  }

  async function visit({ system }: Place, { path, inode, kind }: Entry, depth: number): Promise<void> {
    const place = (await tree.mountedAt(path)) ?? { system, node: await system.node(inode) };
    const { node } = place;
    if (kind !== null && !tree.mounts.has(path) && node.kind !== kind)
      throw new DiskError('malformed', `is a ${kind} by its name and a ${node.kind} by its inode`);
    if (node.kind === 'directory') {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (!skipped.has(path) && !skippedNames.has(name)) await walk(place, path, depth + 1);
    } else if (node.kind === 'file') {
      if (extraction.wants(path)) await take(path, place);
    } else if (node.kind === 'symlink' && extraction.wants(path)) {
      const end = await tree.find(path);
      // Dangling links are common and say nothing about packages.
      if (end?.node.kind === 'file') await take(path, end);
    }
  }

  async function take(path: string, place: Place): Promise<void> {
    const { system, node } = place;
    const most = extraction.sizeMaxBytes(path);
    if (node.sizeBytes > most) {
      report(problem('limit', path, `${node.sizeBytes} bytes, and at most ${most} are read`, 'sizeMaxBytes'));
      return;
    }
    const head = await system.read(node, 0, headBytes);
    if (!(await looksRight(path, place, head))) return;
    // Holes take no room on a disk, so that a small one can have any number of large files.
    if (progress.bytes + node.sizeBytes > limits.archiveBytesMax) {
      stop(path, 'archiveBytesMax', `more than ${limits.archiveBytesMax} bytes of wanted files`);
      return;
    }
    const content = await system.read(node, 0, node.sizeBytes);
    progress.bytes += content.length;
    extraction.take(path, content);
  }

  // Extractors look at once, and a disk may have to be waited for: what one asked for is fetched and it looks again.
  async function looksRight(path: string, { system, node }: Place, head: Uint8Array): Promise<boolean> {
    const parts = new Map<string, Uint8Array>();
    const missing: [offset: number, length: number][] = [];
    for (let probes = 0; probes < probesMax; probes++) {
      missing.length = 0;
      const answer = extraction.looksRight(path, head, (offset, length) => {
        const part = parts.get(`${offset} ${length}`);
        if (!part) missing.push([offset, length]);
        return part ?? new Uint8Array(0);
      });
      const [first] = missing;
      if (!first) return answer;
      const [offset, length] = first;
      parts.set(`${offset} ${length}`, await readPart(system, node, offset, length));
    }
    // It asks for ever new parts: reading it whole ends that.
    return true;
  }

  function isNew({ system, node }: Place): boolean {
    const inodes = seen.get(system) ?? new Set<number>();
    seen.set(system, inodes);
    if (inodes.has(node.inode)) return false;
    inodes.add(node.inode);
    return true;
  }

  function keepWatch(folder: string): void {
    work.onEntries(progress.entries, folder);
    if (progress.entries > limits.treeEntriesMax)
      stop(folder, 'treeEntriesMax', `more than ${limits.treeEntriesMax} entries`);
  }

  function stop(where: string, limit: keyof ScanLimits, why: string): void {
    stopped = true;
    problems.push(problem('limit', where, `${why}; what lies further on was not read`, limit));
  }

  function report(found: Problem): void {
    if (problems.length < problemsMax) problems.push(found);
    else if (problems.length === problemsMax)
      problems.push(
        problem('unreadable', '/', `has more than ${problemsMax} faults; the others are not listed`),
      );
  }
}

function readPart(
  system: Place['system'],
  node: FileNode,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  return system.read(node, Math.max(0, offset), Math.max(0, length));
}

/** What was thrown while reading a path, as a problem; limits of the whole scan are thrown on. */
function problemOfPath(error: unknown, path: string): Problem {
  if (error instanceof LimitError) throw error;
  if (error instanceof LinkEscape) return problem('escape', path, error.message);
  if (error instanceof DiskError) return problem(error.kind, path, error.message);
  return problem('unreadable', path, reasonOf(error));
}
