import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { reasonOf } from '../../../model/problem.ts';
import { RegistryError } from './registry-error.ts';
import type { Reply } from './transport.ts';

export type Download = {
  readonly digest: string;
  readonly sizeBytes: number;
  /** Where the blob goes; it is there whole and checked, or not at all. */
  readonly path: string;
  /** Asks for the bytes from one on. */
  request(fromByte: number): Promise<Reply>;
  onBytes(bytes: number): void;
  sleep(milliseconds: number): Promise<void>;
};

type State = { hash: Hash; size: number };

const attemptsMax = 8;

/**
 * Fetches one blob into a file and checks size and digest on the way. A broken download goes on where it broke off.
 * Throws a RegistryError when the bytes cannot be had, or are not what their digest says.
 * Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs
 */
export async function downloadBlob(download: Download): Promise<void> {
  const { path, digest, sizeBytes, onBytes } = download;
  if (await isThere(path, sizeBytes)) {
    onBytes(sizeBytes);
    return;
  }
  const partial = `${path}.part`;
  const file = await open(partial, 'w', 0o600);
  try {
    const actual = await fill(file, download);
    if (actual !== digest) {
      const why = `layer ${digest} hashes to ${actual}: the registry, or something before it, damaged or changed it`;
      throw new RegistryError('malformed', why);
    }
    await rename(partial, path);
  } finally {
    await file.close();
    await rm(partial, { force: true });
  }
}

async function isThere(path: string, sizeBytes: number): Promise<boolean> {
  return (await stat(path).catch(() => null))?.size === sizeBytes;
}

/** Writes the whole blob; answers what it hashes to. */
async function fill(file: FileHandle, download: Download): Promise<string> {
  const { digest, sizeBytes, request, sleep } = download;
  const state: State = { hash: createHash('sha256'), size: 0 };
  for (let attempt = 1; ; attempt++) {
    const reply = await request(state.size);
    try {
      if (!continues(reply, state.size)) startOver(state, download);
      if (reply.status !== 416) await append(file, reply, state, download);
      else await reply.discard();
      if (state.size === sizeBytes) return `sha256:${state.hash.digest('hex')}`;
    } catch (error) {
      if (error instanceof RegistryError || attempt === attemptsMax) throw broken(error, digest, state.size);
    }
    if (attempt === attemptsMax)
      throw new RegistryError(
        'unreadable',
        `layer ${digest} broke off ${attemptsMax} times, the last at byte ${state.size} of ${sizeBytes}`,
      );
    await sleep(250 * attempt);
  }
}

// A server that knows no ranges, or gives another one than was asked for, begins again at the first byte.
function continues(reply: Reply, fromByte: number): boolean {
  if (fromByte === 0) return reply.status === 200;
  const range = /^bytes ([0-9]{1,16})-/.exec(reply.headers.get('content-range') ?? '');
  return reply.status === 206 && Number(range?.[1]) === fromByte;
}

function startOver(state: State, { onBytes }: Download): void {
  onBytes(-state.size);
  state.hash = createHash('sha256');
  state.size = 0;
}

async function append(file: FileHandle, reply: Reply, state: State, download: Download): Promise<void> {
  const { digest, sizeBytes, onBytes } = download;
  if (reply.status === 206 && state.size === 0) {
    await reply.discard();
    return;
  }
  for await (const chunk of reply.chunks()) {
    if (state.size + chunk.length > sizeBytes) {
      throw new RegistryError(
        'malformed',
        `layer ${digest} is longer than the ${sizeBytes} bytes of its manifest`,
      );
    }
    await write(file, chunk, state.size);
    state.hash.update(chunk);
    state.size += chunk.length;
    onBytes(chunk.length);
  }
}

async function write(file: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  try {
    await file.write(chunk, 0, chunk.length, at);
  } catch (error) {
    // Asking the registry again would not make room on the disk.
    throw new RegistryError('unreadable', `a layer cannot be kept while it is read: ${reasonOf(error)}`);
  }
}

function broken(error: unknown, digest: string, at: number): RegistryError {
  if (error instanceof RegistryError) return error;
  return new RegistryError('unreadable', `layer ${digest} broke off at byte ${at}: ${reasonOf(error)}`);
}
