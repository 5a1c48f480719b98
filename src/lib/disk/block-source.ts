import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DiskError } from './disk-error.ts';

/**
 * Bytes of fixed length that can be read anywhere: a disk, a partition, a volume. Reading may be immediate (a file, a
 * cache) or take a while (a snapshot in the network); whoever reads awaits either.
 */
export type BlockSource = {
  readonly sizeBytes: number;
  /**
   * Exactly `length` bytes from `offset`, not to be written to. Throws or rejects with `DiskError` where any of them
   * lies outside, and with the system's error where the medium fails.
   */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
};

/** A file, closed by its `close`. Sparse files cost nothing where they are empty. */
export function fileSource(path: string): BlockSource & { close(): void } {
  const descriptor = openSync(path, 'r');
  const sizeBytes = fstatSync(descriptor).size;
  return {
    sizeBytes,
    read(offset, length) {
      checkRange(sizeBytes, offset, length);
      const bytes = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const got = readSync(descriptor, bytes, filled, length - filled, offset + filled);
        if (got === 0) throw new DiskError('malformed', 'the file became shorter while it was read');
        filled += got;
      }
      return bytes;
    },
    close: () => closeSync(descriptor),
  };
}

/** Bytes in memory. */
export function bytesSource(bytes: Uint8Array): BlockSource {
  return {
    sizeBytes: bytes.length,
    read(offset, length) {
      checkRange(bytes.length, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** A part of a source, such as a partition. A part that goes past the end is cut there. */
export function sliceSource(source: BlockSource, offset: number, sizeBytes: number): BlockSource {
  const size = Math.max(0, Math.min(sizeBytes, source.sizeBytes - offset));
  return {
    sizeBytes: size,
    read(at, length) {
      checkRange(size, at, length);
      return source.read(offset + at, length);
    },
  };
}

/** Sources one after the other, such as the segments of a logical volume. */
export function concatSource(parts: readonly BlockSource[]): BlockSource {
  const starts: number[] = [];
  let sizeBytes = 0;
  for (const part of parts) {
    starts.push(sizeBytes);
    sizeBytes += part.sizeBytes;
  }
  return {
    sizeBytes,
    read(offset, length) {
      checkRange(sizeBytes, offset, length);
      const first = lastAtMost(starts, offset);
      const part = parts[first];
      const start = starts[first];
      if (!part || start === undefined) return new Uint8Array(0);
      if (offset + length <= start + part.sizeBytes) return part.read(offset - start, length);
      return readAcross(first, offset, length);
    },
  };

  async function readAcross(first: number, offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let filled = 0;
    for (let index = first; filled < length; index++) {
      const part = parts[index] as BlockSource;
      const at = offset + filled - (starts[index] as number);
      const take = Math.min(length - filled, part.sizeBytes - at);
      bytes.set(await part.read(at, take), filled);
      filled += take;
    }
    return bytes;
  }
}

/** A source of which `check` sees every reading before it happens; it throws to end the work. */
export function watchedSource(source: BlockSource, check: () => void): BlockSource {
  return {
    sizeBytes: source.sizeBytes,
    read(offset, length) {
      check();
      return source.read(offset, length);
    },
  };
}

export type CacheSize = {
  /** Bytes that are fetched together, a power of two. */
  readonly chunkBytes: number;
  readonly chunksMax: number;
  /** Readings of at least this length go past the cache: they are contents of files, each read once. */
  readonly directBytes: number;
};

/** Keeps the chunks that were read last, so that neighbouring inodes cost one reading. */
export function cachedSource(source: BlockSource, size: CacheSize): BlockSource {
  const { chunkBytes, chunksMax, directBytes } = size;
  const chunks = new Map<number, Uint8Array>();

  function chunkOf(index: number): Uint8Array | Promise<Uint8Array> {
    const known = chunks.get(index);
    if (known) {
      // A map keeps the order of insertion: putting a chunk in again makes it the youngest.
      chunks.delete(index);
      chunks.set(index, known);
      return known;
    }
    const start = index * chunkBytes;
    const got = source.read(start, Math.min(chunkBytes, source.sizeBytes - start));
    return got instanceof Promise ? got.then((bytes) => keep(index, bytes)) : keep(index, got);
  }

  function keep(index: number, bytes: Uint8Array): Uint8Array {
    chunks.set(index, bytes);
    if (chunks.size > chunksMax) chunks.delete(chunks.keys().next().value as number);
    return bytes;
  }

  async function readAcross(first: number, offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let filled = 0, index = first; filled < length; index++) {
      const chunk = await chunkOf(index);
      const at = offset + filled - index * chunkBytes;
      const part = chunk.subarray(at, at + length - filled);
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  return {
    sizeBytes: source.sizeBytes,
    read(offset, length) {
      checkRange(source.sizeBytes, offset, length);
      if (length >= directBytes) return source.read(offset, length);
      const index = Math.floor(offset / chunkBytes);
      const at = offset - index * chunkBytes;
      if (at + length > chunkBytes) return readAcross(index, offset, length);
      const chunk = chunkOf(index);
      return chunk instanceof Promise
        ? chunk.then((bytes) => bytes.subarray(at, at + length))
        : chunk.subarray(at, at + length);
    },
  };
}

/** Throws `malformed` unless the range lies inside. */
export function checkRange(sizeBytes: number, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= sizeBytes)) {
    const why = `bytes ${offset} to ${offset + length} lie outside its ${sizeBytes} bytes; the image may be cut short`;
    throw new DiskError('malformed', why);
  }
}

/** The last index whose value is at most `wanted`, in a rising list; -1 where there is none. */
export function lastAtMost(rising: readonly number[], wanted: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] as number) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
