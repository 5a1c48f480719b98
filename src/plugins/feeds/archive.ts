import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import { type ChunkSource, openChunks, packingOf, packingOfFile } from './chunks.ts';
import type { FeedFile } from './contract.ts';
import { tarEntries } from './tar-reader.ts';
import { zipEntries } from './zip-reader.ts';

/** Largest single record file inside an archive that is read, in bytes. */
export const feedEntryBytesMax = 128 * 1024 ** 2;

/** Most entries of one archive that are looked at. */
export const feedEntriesMax = 5_000_000;

export type Entry = { readonly path: string; readonly bytes: Buffer };

export type EntrySource = {
  readonly entries: AsyncIterable<Entry>;
  /** What went wrong so far; complete when the iteration has ended. */
  readonly problems: readonly Problem[];
};

/**
 * The record files of a feed file: the accepted members of a tar (packed or not) or zip, or the file itself. Links
 * and directories inside archives are skipped. Iterating never throws; what went wrong is left in `problems`.
 */
export function openEntries(file: FeedFile, accepts: (path: string) => boolean): EntrySource {
  const problems: Problem[] = [];
  return { entries: readEntries(file, accepts, problems), problems };
}

/** Unpacks a member that is itself gzip or zstd; other bytes come back as they are. */
export function unpackEntry(entry: Entry): Entry | Problem {
  const packing = packingOf(entry.bytes);
  if (packing !== 'gzip' && packing !== 'zstd') return entry;
  try {
    const options = { maxOutputLength: feedEntryBytesMax };
    const bytes =
      packing === 'gzip' ? gunzipSync(entry.bytes, options) : zstdDecompressSync(entry.bytes, options);
    return { path: entry.path, bytes };
  } catch (error) {
    return problem('unreadable', entry.path, `could not be unpacked: ${reasonOf(error)}`);
  }
}

async function* readEntries(
  file: FeedFile,
  accepts: (path: string) => boolean,
  problems: Problem[],
): AsyncGenerator<Entry> {
  if (await isZip(file, problems)) {
    yield* zipEntries(file, accepts, problems);
    return;
  }
  const source = openChunks(file);
  const reader = byteReader(source);
  const start = await reader.peek(512);
  if (isTar(start)) yield* tarEntries(reader, { container: file.path, accepts, problems });
  else yield* singleEntry(file, reader, problems);
  problems.push(...source.problems);
}

async function isZip(file: FeedFile, problems: Problem[]): Promise<boolean> {
  try {
    return (await packingOfFile(file.absolutePath)) === 'zip';
  } catch (error) {
    problems.push(problem('unreadable', file.path, `could not be opened: ${reasonOf(error)}`));
    return false;
  }
}

function isTar(start: Buffer): boolean {
  return start.length === 512 && start.toString('latin1', 257, 262) === 'ustar';
}

async function* singleEntry(file: FeedFile, reader: ByteReader, problems: Problem[]): AsyncGenerator<Entry> {
  const bytes = await reader.take(feedEntryBytesMax + 1);
  if (bytes.length > feedEntryBytesMax) {
    problems.push(problem('limit', file.path, 'record file is too large', 'feedEntryBytesMax'));
    return;
  }
  if (bytes.length > 0) yield { path: file.path.replace(/\.(gz|bz2|zst)$/, ''), bytes };
}

/** Reads a run of chunks by count. Fewer bytes come back only at the end. */
export type ByteReader = {
  peek(count: number): Promise<Buffer>;
  take(count: number): Promise<Buffer>;
  /** Passes over bytes without keeping them; false when the end came first. */
  skip(count: number): Promise<boolean>;
  /** Passes over all that is left, so that a packed file's own checks at its end are made. */
  drain(): Promise<void>;
};

function byteReader(source: ChunkSource): ByteReader {
  const iterator = source.chunks[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  async function next(): Promise<Buffer | null> {
    const result = await iterator.next();
    return result.done === true ? null : result.value;
  }
  async function fill(count: number): Promise<void> {
    if (held.length >= count) return;
    const parts = [held];
    let length = held.length;
    while (length < count) {
      const chunk = await next();
      if (chunk === null) break;
      parts.push(chunk);
      length += chunk.length;
    }
    held = Buffer.concat(parts);
  }
  function cut(count: number): Buffer {
    const bytes = held.subarray(0, count);
    held = held.subarray(bytes.length);
    return bytes;
  }
  return {
    async peek(count) {
      await fill(count);
      return held.subarray(0, count);
    },
    async take(count) {
      await fill(count);
      return cut(count);
    },
    async skip(count) {
      let left = count - cut(count).length;
      while (left > 0) {
        const chunk = await next();
        if (chunk === null) return false;
        held = chunk.subarray(Math.min(left, chunk.length));
        left -= chunk.length - held.length;
      }
      return true;
    },
    async drain() {
      held = Buffer.alloc(0);
      while ((await next()) !== null);
    },
  };
}
