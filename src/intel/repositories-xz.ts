import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Problem, problem, reasonOf } from '../model/problem.ts';
import { packingOfFile } from '../plugins/feeds/chunks.ts';

// Node has no unpacker for xz; the tool of that name does it where it is installed.

/** Most memory that the unpacker may take, as its option has it; more than any preset needs. */
const memoryLimit = '256MiB';

/** A running unpacker. `failure` says, after the end of `output`, what went wrong, or null. */
export type Unxz = {
  readonly output: Readable;
  readonly failure: Promise<string | null>;
  stop(): void;
};

/** Unpacks a stream of xz. Never throws; a missing tool is a failure like any other. */
export function unxz(input: Readable): Unxz {
  const child = spawn('xz', ['--decompress', '--stdout', `--memlimit-decompress=${memoryLimit}`], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const failure = failureOf(child);
  // Both ends close early when enough has been read.
  child.stdin.on('error', ignore);
  input.on('error', () => child.kill());
  input.pipe(child.stdin);
  return {
    output: child.stdout,
    failure,
    stop() {
      input.destroy();
      child.kill();
    },
  };
}

function ignore(): void {
  // The exit status tells the same.
}

function failureOf(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      const isMissing = 'code' in error && error.code === 'ENOENT';
      resolve(isMissing ? 'xz compression is read by the tool xz, which is not installed' : reasonOf(error));
    });
    child.on('close', (code) => resolve(code === 0 ? null : 'xz could not unpack it'));
  });
}

/** The file itself, or for xz its unpacked content, which is written to `scratchPath`. */
export async function unpackXzFile(
  where: string,
  absolutePath: string,
  { scratchPath, bytesMax }: { readonly scratchPath: string; readonly bytesMax: number },
): Promise<{ readonly absolutePath: string } | Problem> {
  try {
    if ((await packingOfFile(absolutePath)) !== 'xz') return { absolutePath };
    const unpacker = unxz(createReadStream(absolutePath));
    await pipeline(unpacker.output, (chunks) => atMost(chunks, bytesMax), createWriteStream(scratchPath));
    const failure = await unpacker.failure;
    return failure === null ? { absolutePath: scratchPath } : problem('unreadable', where, failure);
  } catch (error) {
    if (error instanceof RangeError)
      return problem('limit', where, 'file unpacks to too much', 'repositoryUnpackedBytesMax');
    return problem('unreadable', where, `could not be unpacked: ${reasonOf(error)}`);
  }
}

async function* atMost(chunks: AsyncIterable<Buffer>, bytesMax: number): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > bytesMax) throw new RangeError('too much');
    yield chunk;
  }
}
