import { closeSync, fstatSync, openSync } from 'node:fs';
import { archivePath } from '../../lib/archive-path.ts';
import { LimitError, type ScanLimits } from '../../lib/limits.ts';
import { tarHeadBytes } from '../../lib/tar.ts';
import { type ZipMember, zipContent, zipHead, zipMembers } from '../../lib/zip-directory.ts';
import { type Problem, problem } from '../../model/problem.ts';
import { createExtraction } from './extraction.ts';
import { problemOf } from './layer.ts';
import type { Reading } from './reading.ts';

// Small archives may expand any number of times: a ratio only says something on large output.
const ratioFromBytes = 64 * 2 ** 20;

/**
 * Reads the wanted files of a zip by its central directory; the rest is never unpacked. Synchronous on purpose: it
 * runs in a process of its own.
 */
export function readZip(path: string, limits: ScanLimits, onBytes: (bytes: number) => void): Reading {
  const extraction = createExtraction(limits, { installedOnly: false });
  const problems: Problem[] = [];
  let isComplete = true;
  let entries = 0;
  let bytes = 0;
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, 'r');
    const storedBytes = fstatSync(descriptor).size;
    for (const member of zipMembers(descriptor)) {
      if (++entries > limits.archiveEntriesMax) {
        throw new LimitError('archiveEntriesMax', `more than ${limits.archiveEntriesMax} entries`);
      }
      visit(descriptor, member, storedBytes);
    }
  } catch (error) {
    isComplete = false;
    problems.push(problemOf(error, path));
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
  extraction.finish();
  return {
    files: extraction.files,
    releases: [],
    removed: [],
    opaque: [],
    links: [],
    problems: [...problems, ...extraction.problems],
    isComplete,
    entryCount: entries,
    byteCount: bytes,
  };

  function visit(file: number, member: ZipMember, storedBytes: number): void {
    const raw = member.name.toString('utf8');
    const name = archivePath(raw.replaceAll('\\', '/'));
    if (name === null || name.length > limits.pathLengthMax) {
      const why = 'climbs out of the archive or is too long, and was not read';
      problems.push(problem('escape', raw.slice(0, 200), why));
      return;
    }
    if (raw.endsWith('/') || !extraction.wants(name)) return;
    const most = extraction.sizeMaxBytes(name);
    if (member.sizeBytes > most) {
      const why = `${member.sizeBytes} bytes, and at most ${most} are read`;
      problems.push(problem('limit', name, why, 'sizeMaxBytes'));
      return;
    }
    if (member.isEncrypted) {
      problems.push(problem('unsupported', name, 'is encrypted'));
      return;
    }
    try {
      const head = zipHead(file, member, tarHeadBytes);
      const isShort = head.length < Math.min(tarHeadBytes, member.sizeBytes);
      if (!isShort && !extraction.looksRight(name, head, null)) return;
      const content = zipContent(file, member, most);
      bytes += content.length;
      onBytes(member.packedBytes);
      extraction.take(name, content);
    } catch (error) {
      problems.push(problemOf(error, name));
    }
    keepWithin(storedBytes);
  }

  // Members may share their bytes, so that a small archive holds any number of large ones.
  function keepWithin(storedBytes: number): void {
    if (bytes > limits.archiveBytesMax) {
      throw new LimitError('archiveBytesMax', `more than ${limits.archiveBytesMax} bytes unpacked`);
    }
    if (bytes > ratioFromBytes && bytes > storedBytes * limits.expansionRatioMax) {
      throw new LimitError('expansionRatioMax', `expands more than ${limits.expansionRatioMax} times`);
    }
  }
}
