import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, pipeline, type Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import unbzip2Stream from 'unbzip2-stream';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import type { FeedFile } from './contract.ts';

/** Most bytes that one feed file may unpack to. The largest known feeds unpack to about 2 GiB. */
export const feedUnpackedBytesMax = 16 * 1024 ** 3;

const chunkSizeBytes = 1024 * 1024;

/**
 * The bytes of a feed file, unpacked (gzip, bzip2 and zstd are told by their first bytes, whatever the name says).
 * Iterating never throws: it ends early and leaves the reason in `problems`.
 */
export type ChunkSource = {
  readonly chunks: AsyncIterable<Buffer>;
  readonly problems: readonly Problem[];
};

/** Opens a feed file for reading from the start to the end, once. */
export function openChunks(file: FeedFile): ChunkSource {
  const problems: Problem[] = [];
  return { chunks: readChunks(file, problems), problems };
}

export type Packing = 'gzip' | 'bzip2' | 'zstd' | 'xz' | 'zip' | 'none';

/** How bytes are packed, by the signature at their start. */
export function packingOf(start: Uint8Array): Packing {
  const [a = -1, b = -1, c = -1, d = -1] = start;
  if (a === 0x1f && b === 0x8b) return 'gzip';
  if (a === 0x42 && b === 0x5a && c === 0x68) return 'bzip2';
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd';
  if (a === 0xfd && b === 0x37 && c === 0x7a && d === 0x58) return 'xz';
  return a === 0x50 && b === 0x4b && (c === 3 || c === 5) ? 'zip' : 'none';
}

/** The packing of a file on disk. Throws when it cannot be read. */
export async function packingOfFile(absolutePath: string): Promise<Packing> {
  const handle = await open(absolutePath, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    return packingOf(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

async function* readChunks(file: FeedFile, problems: Problem[]): AsyncGenerator<Buffer> {
  try {
    const packing = await packingOfFile(file.absolutePath);
    if (packing === 'xz') {
      problems.push(
        problem('unsupported', file.path, 'xz compression is not read; store the file unpacked or as gzip'),
      );
      return;
    }
    let total = 0;
    for await (const chunk of unpack(file.absolutePath, packing)) {
      total += chunk.length;
      if (total > feedUnpackedBytesMax) {
        problems.push(problem('limit', file.path, 'feed file unpacks to too much', 'feedUnpackedBytesMax'));
        return;
      }
      yield chunk;
    }
  } catch (error) {
    problems.push(problem('unreadable', file.path, `could not be read to its end: ${reasonOf(error)}`));
  }
}

function unpack(absolutePath: string, packing: Packing): AsyncIterable<Buffer> {
  const source = createReadStream(absolutePath, { highWaterMark: chunkSizeBytes });
  const transform = unpacker(packing);
  if (transform === null) return source;
  if (packing === 'bzip2') return unpackBzip2(source);
  // Errors of either stream surface in the loop that reads the last one.
  return pipeline(source, transform, ignore);
}

function unpacker(packing: Packing): Transform | null {
  if (packing === 'gzip') return createGunzip({ chunkSize: chunkSizeBytes });
  if (packing === 'zstd') return createZstdDecompress({ chunkSize: chunkSizeBytes });
  return packing === 'bzip2' ? new PassThrough() : null;
}

function unpackBzip2(source: Readable): AsyncIterable<Buffer> {
  // The unpacker is a stream of the oldest kind: it reports errors only by event and cannot be iterated.
  const output = new PassThrough({ highWaterMark: chunkSizeBytes });
  const unpacking = unbzip2Stream();
  unpacking.on('error', (error: Error) => output.destroy(error));
  source.on('error', (error) => output.destroy(error));
  output.on('close', () => source.destroy());
  source.pipe(unpacking).pipe(output);
  return output;
}

function ignore(): void {
  // The reading loop sees the same error.
}
