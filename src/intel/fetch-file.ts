import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { type Problem, problem, reasonOf } from '../model/problem.ts';
import { checkWhole } from './fetch-check.ts';

/** Bounds on one file's download. */
export type FetchLimits = {
  readonly fetchBytesMax: number;
  /** Seconds without a byte before a connection counts as dead. */
  readonly fetchSilenceSecondsMax: number;
  /** Seconds for one attempt as a whole. */
  readonly fetchSecondsMax: number;
  readonly fetchAttemptsMax: number;
};

/** What is remembered of a fetched file, to ask only for a newer one. */
export type FileState = {
  readonly address: string;
  readonly size: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
};

export type Download = {
  readonly address: string;
  /** What the publisher says its hash is, when it says so elsewhere. */
  readonly sha256: string | null;
  /** Relative to the feeds directory, for problems. */
  readonly path: string;
  readonly absolutePath: string;
  readonly state: FileState | null;
  readonly limits: FetchLimits;
  readonly onProgress: (text: string) => void;
};

/**
 * Fetches one file beside its place and moves it there when it is whole. A part that an earlier attempt left is gone
 * on with, if the publisher still serves the same file.
 */
export async function downloadFile(
  download: Download,
): Promise<{ state: FileState; isNew: boolean } | Problem> {
  let last: Problem = problem('unreadable', download.address, 'no attempt was made');
  for (let attempt = 0; attempt < download.limits.fetchAttemptsMax; attempt += 1) {
    const outcome = await attemptOnce(download);
    if (!('kind' in outcome)) return outcome.isNew ? finish(download, outcome.state) : outcome;
    last = outcome;
    if (!isWorthRetrying(outcome)) break;
  }
  return last;
}

// A broken connection may hold the next time; what a server or a limit refuses it refuses again.
function isWorthRetrying(found: Problem): boolean {
  return found.kind === 'unreadable' && found.why.startsWith('connection');
}

type Outcome = { readonly state: FileState; readonly isNew: boolean };

async function attemptOnce(download: Download): Promise<Outcome | Problem> {
  const { address, limits } = download;
  const part = partOf(download);
  const stop = new AbortController();
  const whole = setTimeout(
    () => stop.abort(new Error('it took too long (fetchSecondsMax)')),
    limits.fetchSecondsMax * 1000,
  );
  try {
    const response = await fetch(address, {
      headers: headersFor(download, part),
      signal: stop.signal,
      redirect: 'follow',
    });
    if (response.status === 304 && download.state !== null) return { state: download.state, isNew: false };
    if (response.status === 416) {
      discard(part);
      await response.body?.cancel();
      return problem('unreadable', address, 'connection could not go on with what it had');
    }
    if (response.status !== 200 && response.status !== 206) {
      await response.body?.cancel();
      return problem(
        'unreadable',
        address,
        `server answered ${response.status} ${response.statusText}`.trim(),
      );
    }
    return await receive(response, { download, part, stop });
  } catch (error) {
    return problem('unreadable', address, `connection failed: ${reasonOf(causeOf(error))}`);
  } finally {
    clearTimeout(whole);
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

type Part = {
  readonly path: string;
  /** The validator of the file that the part is of, and what has been received of it. */
  readonly etag: string | null;
  readonly size: number;
};

function partOf({ absolutePath }: Download): Part {
  const path = `${absolutePath}.part`;
  const etag = existsSync(`${path}.etag`) ? readFileSync(`${path}.etag`, 'utf8') : null;
  const size = etag === null ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  return { path, etag, size };
}

function discard(part: Part): void {
  rmSync(part.path, { force: true });
  rmSync(`${part.path}.etag`, { force: true });
}

function headersFor({ state, absolutePath, address }: Download, part: Part): Record<string, string> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'openinspector' };
  if (part.size > 0 && part.etag !== null) {
    return { ...headers, range: `bytes=${part.size}-`, 'if-range': part.etag };
  }
  const kept = statSync(absolutePath, { throwIfNoEntry: false });
  if (state === null || state.address !== address || kept?.size !== state.size) return headers;
  if (state.etag !== null) headers['if-none-match'] = state.etag;
  if (state.lastModified !== null) headers['if-modified-since'] = state.lastModified;
  return headers;
}

async function receive(
  response: Response,
  {
    download,
    part,
    stop,
  }: { readonly download: Download; readonly part: Part; readonly stop: AbortController },
): Promise<Outcome | Problem> {
  const { address, limits } = download;
  const isContinued = response.status === 206;
  const etag = response.headers.get('etag');
  if (!isContinued) discard(part);
  // Only a strong validator proves that a later rest is of the same file.
  if (!isContinued && etag !== null && !etag.startsWith('W/')) writeFileSync(`${part.path}.etag`, etag);
  const told = Number(response.headers.get('content-length') ?? Number.NaN);
  const start = isContinued ? part.size : 0;
  if (start + told > limits.fetchBytesMax) {
    await response.body?.cancel();
    return problem('limit', address, `file has ${start + told} bytes`, 'fetchBytesMax');
  }
  const size = await store(response, { download, part, start, stop });
  if (typeof size !== 'number') return size;
  const isPlain = response.headers.get('content-encoding') === null;
  if (isPlain && !Number.isNaN(told) && size !== start + told) {
    return problem('unreadable', address, `connection broke off at ${size} of ${start + told} bytes`);
  }
  return { state: { address, size, etag, lastModified: response.headers.get('last-modified') }, isNew: true };
}

/** Writes the body behind what is there. Gives the size of the whole, or why it was given up. */
async function store(
  response: Response,
  parts: {
    readonly download: Download;
    readonly part: Part;
    readonly start: number;
    readonly stop: AbortController;
  },
): Promise<number | Problem> {
  const { limits, address, onProgress, path } = parts.download;
  const descriptor = openSync(parts.part.path, parts.start > 0 ? 'r+' : 'w');
  let size = parts.start;
  let toldAt = size;
  const silence = () => parts.stop.abort(new Error('no byte came for too long (fetchSilenceSecondsMax)'));
  let timer = setTimeout(silence, limits.fetchSilenceSecondsMax * 1000);
  try {
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(silence, limits.fetchSilenceSecondsMax * 1000);
      if (size + chunk.length > limits.fetchBytesMax) {
        return problem('limit', address, 'file is too large', 'fetchBytesMax');
      }
      writeSync(descriptor, chunk, 0, chunk.length, size);
      size += chunk.length;
      if (size - toldAt > 4 * 1024 ** 2) {
        toldAt = size;
        onProgress(`${path}: ${Math.round(size / 1024 ** 2)} MB`);
      }
    }
    return size;
  } finally {
    clearTimeout(timer);
    closeSync(descriptor);
  }
}

async function finish(download: Download, state: FileState): Promise<Outcome | Problem> {
  const part = partOf(download);
  const found = await checkPart(download, part);
  if (found !== null) {
    discard(part);
    return found;
  }
  renameSync(part.path, download.absolutePath);
  discard(part);
  return { state, isNew: true };
}

async function checkPart(download: Download, part: Part): Promise<Problem | null> {
  if (download.sha256 !== null && (await sha256Of(part.path)) !== download.sha256) {
    return problem(
      'malformed',
      download.address,
      'file is not the one that its publisher lists (sha256 differs)',
    );
  }
  return checkWhole({ path: download.path, absolutePath: part.path }, download.address);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(path, 'r');
  for await (const chunk of handle.createReadStream()) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
