import { inflateRawSync } from 'node:zlib';
import { type Problem, problem } from '../../model/problem.ts';
import { byteView } from './byte-view.ts';

/** One file of a zip archive. */
export type ZipEntry = {
  /** As the archive names it; never used as a path on the disk. */
  readonly name: string;
  readonly method: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its local header begins in the archive. */
  readonly offset: number;
};

/** What may still be unpacked out of one outermost archive, all levels together. */
export type ZipBudget = { bytesLeft: number; entriesLeft: number };

const endMagic = 0x06054b50;
const end64Magic = 0x06064b50;
const locatorMagic = 0x07064b50;
const directoryMagic = 0x02014b50;
const localMagic = 0x04034b50;
const endSize = 22;
const commentSizeMax = 65_535;
const stored = 0;
const deflated = 8;

export type ZipArchive = {
  readonly entries: readonly ZipEntry[];
  /** What was wrong with the directory behind the entries given. */
  readonly problems: readonly Problem[];
};

/**
 * The directory of an archive. Whatever stands in front of the archive (a shell script of a self-starting jar) is
 * passed over.
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function readZip(bytes: Uint8Array, where: string, budget: ZipBudget): ZipArchive | Problem {
  const view = byteView(bytes, 'little');
  const end = findEnd(view);
  if (end === null) return problem('malformed', where, 'This is no zip archive, or its end is missing.');
  const entries: ZipEntry[] = [];
  const problems: Problem[] = [];
  let at = end.directory;
  for (let i = 0; i < end.count; i++) {
    if (budget.entriesLeft <= 0) {
      problems.push(
        problem(
          'limit',
          where,
          'The archive holds too many files, so the rest is not read.',
          'zipEntriesMax',
        ),
      );
      break;
    }
    const found = readDirectoryEntry(view, at, end.shift);
    if (found === null) {
      problems.push(problem('malformed', where, `The directory of the archive is damaged behind file ${i}.`));
      break;
    }
    budget.entriesLeft--;
    entries.push(found.entry);
    at = found.next;
  }
  return { entries, problems };
}

type View = ReturnType<typeof byteView>;
type End = { readonly directory: number; readonly count: number; readonly shift: number };

function findEnd(view: View): End | null {
  const first = Math.max(0, view.length - endSize - commentSizeMax);
  for (let at = view.length - endSize; at >= first; at--) {
    if (view.u32(at) !== endMagic) continue;
    const count = view.u16(at + 10) ?? 0;
    const size = view.u32(at + 12) ?? 0;
    const offset = view.u32(at + 16) ?? 0;
    if (count === 0xffff || size === 0xffffffff || offset === 0xffffffff) {
      const large = findEnd64(view, at);
      if (large !== null) return large;
    }
    const directory = at - size;
    if (directory >= 0 && (count === 0 || view.u32(directory) === directoryMagic)) {
      return { directory, count, shift: directory - offset };
    }
  }
  return null;
}

function findEnd64(view: View, end: number): End | null {
  if (view.u32(end - 20) !== locatorMagic) return null;
  const at = view.u64(end - 12);
  if (at === null || view.u32(at) !== end64Magic) return null;
  const count = view.u64(at + 32);
  const directory = view.u64(at + 48);
  return count === null || directory === null ? null : { directory, count, shift: 0 };
}

function readDirectoryEntry(view: View, at: number, shift: number): { entry: ZipEntry; next: number } | null {
  if (view.u32(at) !== directoryMagic) return null;
  const nameLength = view.u16(at + 28) ?? 0;
  const extraLength = view.u16(at + 30) ?? 0;
  const commentLength = view.u16(at + 32) ?? 0;
  const name = view.slice(at + 46, nameLength);
  if (name === null) return null;
  const large = readLargeSizes(view, at, at + 46 + nameLength, extraLength);
  return {
    entry: {
      name: new TextDecoder('utf-8').decode(name),
      method: view.u16(at + 10) ?? -1,
      packedSize: large.packedSize,
      size: large.size,
      offset: large.offset + shift,
    },
    next: at + 46 + nameLength + extraLength + commentLength,
  };
}

// Sizes that do not fit 32 bits are in an extra field, in a fixed order, only those that do not fit.
function readLargeSizes(view: View, at: number, extra: number, extraLength: number) {
  let size = view.u32(at + 24) ?? 0;
  let packedSize = view.u32(at + 20) ?? 0;
  let offset = view.u32(at + 42) ?? 0;
  for (let field = extra; field + 4 <= extra + extraLength; field += 4 + (view.u16(field + 2) ?? 0)) {
    if (view.u16(field) !== 1) continue;
    let next = field + 4;
    const take = () => {
      next += 8;
      return view.u64(next - 8) ?? 0;
    };
    if (size === 0xffffffff) size = take();
    if (packedSize === 0xffffffff) packedSize = take();
    if (offset === 0xffffffff) offset = take();
  }
  return { size, packedSize, offset };
}

/** The content of a file in the archive, or why it cannot be had. */
export function unzip(
  bytes: Uint8Array,
  entry: ZipEntry,
  where: string,
  budget: ZipBudget,
): Uint8Array | Problem {
  const view = byteView(bytes, 'little');
  const start = entry.offset + 30 + (view.u16(entry.offset + 26) ?? 0) + (view.u16(entry.offset + 28) ?? 0);
  const packed = view.u32(entry.offset) === localMagic ? view.slice(start, entry.packedSize) : null;
  if (packed === null)
    return problem('malformed', where, 'The archive does not hold what its directory says.');
  if (Math.max(entry.size, packed.length) > budget.bytesLeft) {
    return problem(
      'limit',
      where,
      `Its ${entry.size} bytes are past what is unpacked of one archive.`,
      'zipBytesMax',
    );
  }
  if (entry.method === stored) {
    budget.bytesLeft -= packed.length;
    return packed;
  }
  if (entry.method !== deflated)
    return problem('unsupported', where, `Packing method ${entry.method} is not known.`);
  try {
    // The directory may lie about the size, so the output itself is bounded.
    const content = inflateRawSync(packed, {
      maxOutputLength: Math.max(1, Math.min(budget.bytesLeft, entry.size)),
    });
    budget.bytesLeft -= content.length;
    return content;
  } catch {
    budget.bytesLeft -= entry.size;
    return problem('malformed', where, 'The packed data is damaged, or longer than the archive says.');
  }
}
