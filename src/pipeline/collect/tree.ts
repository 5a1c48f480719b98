import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { resolveLink } from '../../lib/archive-path.ts';
import type { ScanLimits } from '../../lib/limits.ts';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import { createExtraction } from './extraction.ts';
import { createFacts, documentBytesMax } from './facts/gather.ts';
import type { Reading } from './reading.ts';
import { createWitness } from './tree-witness.ts';

const hopsMax = 40;
const headBytes = 16;
const programs = /(?:^|\/)s?bin\/[^/]+$/;

/** What of a tree is left out. */
export type TreeSkip = {
  readonly paths: readonly string[];
  readonly names: readonly string[];
  readonly installedOnly: boolean;
};

/**
 * Reads the wanted files of a directory tree. Links are followed inside the root only; other file systems are entered
 * unless `skip` leaves them out. Synchronous on purpose: it runs in a process of its own.
 */
export function readTree(
  root: string,
  skip: TreeSkip,
  limits: ScanLimits,
  onEntries: (entries: number, at: string) => void,
): Reading {
  const extraction = createExtraction(limits, skip);
  // The modes of files cost a question each: of source code nobody wants to know them.
  const facts = skip.installedOnly ? createFacts({ isLayer: false }) : null;
  const problems: Problem[] = [];
  const skipped = new Set(skip.paths);
  const skippedNames = new Set(skip.names);
  const startedAt = Date.now();
  const deadline = startedAt + limits.scanSecondsMax * 1000;
  const witness = createWitness(root, startedAt);
  let entries = 0;
  let bytes = 0;
  let stopped = false;

  walk('', 0);
  extraction.finish();
  return {
    files: extraction.files,
    releases: extraction.releases,
    removed: [],
    opaque: [],
    links: [],
    problems: [...problems, ...extraction.problems],
    ...(facts ? { facts: facts.finish() } : {}),
    isComplete: !stopped,
    witness: witness.finish(),
    entryCount: entries,
    byteCount: bytes,
  };

  function walk(folder: string, depth: number): void {
    if (stopped || skipped.has(folder)) return;
    if (depth > limits.treeDepthMax) {
      problems.push(problem('limit', folder, `deeper than ${limits.treeDepthMax} folders`, 'treeDepthMax'));
      return;
    }
    let children: Dirent[];
    try {
      // Before it is listed: what changes meanwhile must not stand as it was afterwards.
      const stats = lstatSync(absolute(folder));
      witness.note(folder, stats);
      if (folder !== '') facts?.note(folder, 'directory', stats);
      children = readdirSync(absolute(folder), { withFileTypes: true });
    } catch (error) {
      // A folder that went away while we walked is no gap in what is there now.
      if ((error as { code?: string }).code !== 'ENOENT')
        problems.push(problem('unreadable', folder || '/', reasonOf(error)));
      return;
    }
    for (const child of children) {
      if (stopped) return;
      if (++entries % 4096 === 0) keepWatch(folder);
      const path = folder ? `${folder}/${child.name}` : child.name;
      if (child.isDirectory()) {
        if (!skippedNames.has(child.name)) walk(path, depth + 1);
      } else if (child.isFile()) {
        if (facts !== null) noteFile(path);
        if (extraction.wants(path)) take(path, path);
      } else if (child.isSymbolicLink()) {
        if (facts?.wantsLink(path)) noteLink(path);
        if (extraction.wants(path)) followLink(path);
      }
    }
  }

  function noteFile(path: string): void {
    try {
      const stats = lstatSync(absolute(path));
      const isNotable = facts?.note(path, 'file', stats) ?? false;
      // A change of mode leaves no trace in the folder. Programs are where one is most likely to come to matter.
      if (isNotable || programs.test(path)) witness.note(path, stats);
      if (facts?.wants(path)) takeDocument(path);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT')
        problems.push(problem('unreadable', path, reasonOf(error)));
    }
  }

  function noteLink(path: string): void {
    try {
      facts?.link(path, readlinkSync(absolute(path)));
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT')
        problems.push(problem('unreadable', path, reasonOf(error)));
    }
  }

  function takeDocument(path: string): void {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const descriptor = openSync(absolute(path), flags);
    try {
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) return;
      witness.note(path, stat);
      if (stat.size > documentBytesMax) {
        const why = `${stat.size} bytes, and at most ${documentBytesMax} are read`;
        problems.push(problem('limit', path, why, 'documentBytesMax'));
        return;
      }
      const content = Buffer.alloc(stat.size);
      const filled = readSync(descriptor, content, 0, stat.size, 0);
      facts?.take(path, content.subarray(0, filled));
    } finally {
      closeSync(descriptor);
    }
  }

  function keepWatch(folder: string): void {
    onEntries(entries, folder);
    if (entries > limits.treeEntriesMax)
      stop(folder, 'treeEntriesMax', `more than ${limits.treeEntriesMax} entries`);
    if (Date.now() > deadline)
      stop(folder, 'scanSecondsMax', `took longer than ${limits.scanSecondsMax} seconds`);
  }

  function stop(folder: string, limit: string, why: string): void {
    stopped = true;
    problems.push(problem('limit', folder, `${why}; what lies further on was not read`, limit));
  }

  function absolute(path: string): string {
    return path ? `${root === '/' ? '' : root}/${path}` : root;
  }

  // Each part of the path is resolved by hand, so that no link can lead outside.
  function followLink(path: string): void {
    let parts = path.split('/');
    let hops = 0;
    for (let index = 0; index < parts.length; index++) {
      const prefix = parts.slice(0, index + 1).join('/');
      let isLink: boolean;
      try {
        isLink = lstatSync(absolute(prefix)).isSymbolicLink();
      } catch {
        // Dangling links are common and say nothing about packages.
        return;
      }
      if (!isLink) continue;
      const to = resolveLink(prefix, readlinkSync(absolute(prefix)));
      if (to === null) {
        problems.push(problem('escape', path, 'is a link out of the root and was not followed'));
        return;
      }
      if (++hops > hopsMax) {
        problems.push(problem('malformed', path, 'is a link that leads in a circle'));
        return;
      }
      parts = [...to.split('/').filter(Boolean), ...parts.slice(index + 1)];
      index = -1;
    }
    const target = parts.join('/');
    // What the link leads to is read under its own name, which is the one that a package manager knows.
    const isOutOfSight = isSkipped(target);
    // Folders that are not entered are not in the witness, and what happens in them would be missed.
    if (isOutOfSight) witness.reject();
    if (isOutOfSight || !extraction.readsAlike(path, target)) take(path, target);
  }

  function isSkipped(path: string): boolean {
    const folders = path.split('/').slice(0, -1);
    return folders.some(
      (name, index) => skippedNames.has(name) || skipped.has(folders.slice(0, index + 1).join('/')),
    );
  }

  function take(path: string, from: string): void {
    let descriptor: number | null = null;
    try {
      descriptor = openSync(absolute(from), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) return;
      witness.note(from, stat);
      const most = extraction.sizeMaxBytes(path);
      if (stat.size > most) {
        problems.push(
          problem('limit', path, `${stat.size} bytes, and at most ${most} are read`, 'sizeMaxBytes'),
        );
        return;
      }
      const file = descriptor;
      const readAt = (offset: number, length: number) => {
        const part = Buffer.alloc(Math.max(0, Math.min(length, stat.size - offset)));
        return part.subarray(0, part.length === 0 ? 0 : readSync(file, part, 0, part.length, offset));
      };
      if (!extraction.looksRight(path, readAt(0, headBytes), readAt)) return;
      const content = Buffer.allocUnsafe(stat.size);
      let filled = 0;
      while (filled < stat.size) {
        const got = readSync(descriptor, content, filled, stat.size - filled, filled);
        if (got === 0) break;
        filled += got;
      }
      bytes += filled;
      extraction.take(path, content.subarray(0, filled));
    } catch (error) {
      problems.push(problem('unreadable', path, reasonOf(error)));
    } finally {
      if (descriptor !== null) closeSync(descriptor);
    }
  }
}
