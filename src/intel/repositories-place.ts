import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fields, numberOf, textOf } from '../lib/fields.ts';
import { type Problem, problem, reasonOf } from '../model/problem.ts';
import { defaultFetchLimits } from './fetch.ts';
import { downloadFile, type FetchLimits, type FileState } from './fetch-file.ts';

/** A hash as a repository's index lists it. `algorithm` is one that Node knows. */
export type Checksum = { readonly algorithm: string; readonly hex: string };

export type Wanted = {
  readonly bytesMax: number;
  /** What the file must hash to; null when nothing vouches for it. */
  readonly checksum: Checksum | null;
};

/** A file to read, null where the repository has none of that name, or why it cannot be had. */
export type Got = { readonly absolutePath: string } | null | Problem;

/** Where the files of one repository are had from. */
export type Place = {
  /** URL or directory, without a slash at its end. */
  readonly address: string;
  readonly isDirectory: boolean;
  /** `path` is relative to `address`, or a whole URL where this is no directory. */
  get(path: string, wanted: Wanted): Promise<Got>;
  /** Drops what earlier builds fetched and this one did not ask for. */
  tidy(): void;
};

export type PlaceOptions = {
  /** Where fetched files are kept, so that only what changed is asked for. */
  readonly cacheDirectory: string;
  readonly onProgress: (text: string) => void;
  readonly limits?: Partial<FetchLimits>;
};

/** Opens a repository at a URL (http, https) or a directory. */
export function openPlace(address: string, options: PlaceOptions): Place {
  const plain = address.replace(/\/{1,10}$/, '') || '/';
  return isUrl(plain) ? remotePlace(plain, options) : directoryPlace(plain);
}

export function isUrl(address: string): boolean {
  return /^https?:\/\//.test(address);
}

function directoryPlace(address: string): Place {
  return {
    address,
    isDirectory: true,
    tidy() {
      // A directory is somebody's own: nothing of it is kept, and nothing dropped.
    },
    async get(path, wanted) {
      if (!isSafePath(path)) return outside(address, path);
      const where = `${address}/${path}`;
      try {
        const [root, absolutePath] = await Promise.all([realpath(address), realpath(join(address, path))]);
        if (!absolutePath.startsWith(root.endsWith(sep) ? root : root + sep)) return outside(address, path);
        const { size } = await stat(absolutePath);
        if (size > wanted.bytesMax) return tooLarge(where, size);
        return checked(where, absolutePath, wanted.checksum);
      } catch (error) {
        if (isAbsent(error)) return null;
        return problem('unreadable', where, `could not be read: ${reasonOf(error)}`);
      }
    },
  };
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function remotePlace(address: string, options: PlaceOptions): Place {
  const states = openStates(options.cacheDirectory);
  const asked = new Set<string>();
  return {
    address,
    isDirectory: false,
    tidy() {
      states.keep(asked);
      const kept = new Set([...asked].map(keptName));
      for (const name of readdirSync(options.cacheDirectory))
        if (keptPattern.test(name) && !kept.has(name))
          rmSync(join(options.cacheDirectory, name), { force: true });
    },
    async get(path, wanted) {
      const url = isUrl(path) ? path : isSafePath(path) ? `${address}/${quoted(path)}` : null;
      if (url === null) return outside(address, path);
      asked.add(url);
      const absolutePath = join(options.cacheDirectory, keptName(url));
      if (wanted.checksum !== null && (await isSame(absolutePath, wanted.checksum))) return { absolutePath };
      const parts = { absolutePath, wanted, options };
      const first = await settled(url, await download(url, { ...parts, state: states.get(url) }));
      if (first !== 'stale') return first;
      // What the server calls unchanged is not what the index lists now.
      const anew = await settled(url, await download(url, { ...parts, state: null }));
      return anew === 'stale' ? changing(url) : anew;
    },
  };

  async function settled(url: string, outcome: Downloaded): Promise<Got | 'stale'> {
    // Some stores answer 403 for what is not there.
    if ('kind' in outcome) return /^server answered (403|404|410)\b/.test(outcome.why) ? null : outcome;
    states.set(url, outcome.state);
    const got = await checked(url, outcome.absolutePath, outcome.checksum);
    if (got === null || !('kind' in got)) return got;
    rmSync(outcome.absolutePath, { force: true });
    return outcome.isNew ? got : 'stale';
  }
}

type Downloaded =
  | Problem
  | {
      readonly state: FileState;
      readonly isNew: boolean;
      readonly absolutePath: string;
      readonly checksum: Checksum | null;
    };

async function download(
  url: string,
  parts: {
    readonly absolutePath: string;
    readonly wanted: Wanted;
    readonly options: PlaceOptions;
    readonly state: FileState | null;
  },
): Promise<Downloaded> {
  const { absolutePath, wanted, options, state } = parts;
  const limits = { ...defaultFetchLimits, ...options.limits };
  const fetchBytesMax = Math.min(limits.fetchBytesMax, wanted.bytesMax);
  const { onProgress } = options;
  const path = keptName(url);
  const outcome = await downloadFile({
    address: url,
    sha256: null,
    path,
    absolutePath,
    state,
    limits: { ...limits, fetchBytesMax },
    onProgress,
  });
  return 'kind' in outcome ? outcome : { ...outcome, absolutePath, checksum: wanted.checksum };
}

/** The part of an address that a file name may hold, behind a hash of the whole. */
function keptName(url: string): string {
  const last = url.slice(url.lastIndexOf('/') + 1).replace(/[^\w.+-]/g, '_');
  return `${createHash('sha256').update(url).digest('hex').slice(0, 16)}-${last.slice(-80)}`;
}

const keptPattern = /^[0-9a-f]{16}-/;

// As apt does: a name that holds `%3a` is asked for as `%253a`.
function quoted(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

export function isSafePath(path: string): boolean {
  if (path === '' || path.length > 1000 || path.startsWith('/') || /[\\\0]/.test(path)) return false;
  return !path.split('/').includes('..');
}

function outside(address: string, path: string): Problem {
  return problem('escape', address, `names a file outside of the repository: ${path.slice(0, 200)}`);
}

function changing(url: string): Problem {
  return problem('unreadable', url, 'server gives a file that is not the one of its index, again and again');
}

function tooLarge(where: string, size: number): Problem {
  return problem('limit', where, `file has ${size} bytes`, 'repositoryFileBytesMax');
}

async function checked(where: string, absolutePath: string, checksum: Checksum | null): Promise<Got> {
  if (checksum === null || (await isSame(absolutePath, checksum))) return { absolutePath };
  const why = `file is not the one that the repository's index lists (${checksum.algorithm} differs)`;
  return problem('malformed', where, why);
}

async function isSame(absolutePath: string, { algorithm, hex }: Checksum): Promise<boolean> {
  try {
    const hash = createHash(algorithm);
    for await (const chunk of createReadStream(absolutePath)) hash.update(chunk as Buffer);
    return hash.digest('hex') === hex.toLowerCase();
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

type States = {
  get(url: string): FileState | null;
  set(url: string, state: FileState): void;
  /** Forgets all others. */
  keep(urls: ReadonlySet<string>): void;
};

function openStates(directory: string): States {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'fetch-state.json');
  const states = new Map<string, FileState>();
  for (const [url, value] of Object.entries(fields(readJson(file)))) {
    const { size, etag, lastModified } = fields(value);
    const bytes = numberOf(size);
    if (bytes !== null)
      states.set(url, { address: url, size: bytes, etag: textOf(etag), lastModified: textOf(lastModified) });
  }
  const save = () => writeFileSync(file, JSON.stringify(Object.fromEntries(states)));
  return {
    get: (url) => states.get(url) ?? null,
    set(url, state) {
      states.set(url, state);
      save();
    },
    keep(urls) {
      for (const url of [...states.keys()]) if (!urls.has(url)) states.delete(url);
      save();
    },
  };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Without what was known, everything is fetched anew.
    return {};
  }
}
