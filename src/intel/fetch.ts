import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fields, numberOf, textOf } from '../lib/fields.ts';
import { type Problem, problem, reasonOf } from '../model/problem.ts';
import type { Feed, FeedDownload } from '../plugins/feeds/contract.ts';
import { downloadFile, type FetchLimits, type FileState } from './fetch-file.ts';
import { resolveAddress } from './fetch-follow.ts';

export const defaultFetchLimits: FetchLimits = {
  fetchBytesMax: 8 * 1024 ** 3,
  fetchSilenceSecondsMax: 60,
  fetchSecondsMax: 3600,
  fetchAttemptsMax: 3,
};

export type FetchOptions = {
  /** Where the files are kept, under the paths that the feeds declare. */
  readonly feedsDirectory: string;
  readonly feeds: readonly Feed[];
  /**
   * Feed id to the address to use in place of the publisher's. For a feed of one file it is that file's address; for a
   * feed of several it is a directory under which they lie by their paths.
   */
  readonly urls?: Readonly<Record<string, string>>;
  /** Gets a line of text now and then. */
  readonly onProgress: (text: string) => void;
  readonly limits?: Partial<FetchLimits>;
};

export type FetchResult = {
  /** Files that were fetched anew. */
  readonly fetched: number;
  /** Files that their publisher says are still the same. */
  readonly unchanged: number;
  /** One for each file that could not be fetched; the file that was there before stays. */
  readonly problems: readonly Problem[];
};

/**
 * Fetches what the feeds' publishers serve today. Asks only for what changed (ETag and Last-Modified are kept in a file
 * beside), goes on with a download that broke off, checks that each file is whole before it takes the old one's
 * place, and goes on with the other sources when one fails. Throws only when the directory cannot be written.
 */
export async function fetchFeeds(options: FetchOptions): Promise<FetchResult> {
  const limits = { ...defaultFetchLimits, ...options.limits };
  mkdirSync(options.feedsDirectory, { recursive: true });
  const states = readStates(options.feedsDirectory);
  const problems: Problem[] = [];
  let fetched = 0;
  let unchanged = 0;
  for (const feed of options.feeds) {
    for (const download of feed.downloads) {
      const { path } = download;
      const address = addressOf(feed, download, options.urls ?? {});
      options.onProgress(`${feed.id}: ${path}`);
      const outcome = await fetchOne({ path, address, options, limits, state: states.get(path) ?? null });
      if ('kind' in outcome) problems.push(outcome);
      else {
        states.set(path, outcome.state);
        writeStates(options.feedsDirectory, states);
        if (outcome.isNew) fetched += 1;
        else unchanged += 1;
      }
    }
  }
  return { fetched, unchanged, problems };
}

function addressOf(feed: Feed, download: FeedDownload, urls: Readonly<Record<string, string>>): string {
  const override = Object.hasOwn(urls, feed.id) ? urls[feed.id] : undefined;
  if (override === undefined) return download.url;
  return feed.downloads.length === 1 ? override : `${override.replace(/\/$/, '')}/${download.path}`;
}

type One = {
  readonly path: string;
  readonly address: string;
  readonly options: FetchOptions;
  readonly limits: FetchLimits;
  readonly state: FileState | null;
};

async function fetchOne(one: One): Promise<{ state: FileState; isNew: boolean } | Problem> {
  if (!isSafePath(one.path)) return problem('escape', one.path, 'feed file path leaves the feeds directory');
  try {
    const target = await resolveAddress(one.address, one.limits);
    if ('kind' in target) return target;
    mkdirSync(dirname(join(one.options.feedsDirectory, one.path)), { recursive: true });
    return await downloadFile({
      address: target.address,
      sha256: target.sha256,
      path: one.path,
      absolutePath: join(one.options.feedsDirectory, ...one.path.split('/')),
      state: one.state,
      limits: one.limits,
      onProgress: one.options.onProgress,
    });
  } catch (error) {
    return problem('unreadable', one.address, `could not be fetched: ${reasonOf(error)}`);
  }
}

/** Paths are ours, but a plugin may be anyone's. */
function isSafePath(path: string): boolean {
  return /^[\w.@+ -]+(\/[\w.@+ -]+)*$/.test(path) && !path.split('/').includes('..');
}

const stateFile = '.fetch-state.json';

function readStates(directory: string): Map<string, FileState> {
  const states = new Map<string, FileState>();
  let told: unknown = {};
  try {
    told = JSON.parse(readFileSync(join(directory, stateFile), 'utf8'));
  } catch {
    // Without what was known, everything is fetched anew.
  }
  for (const [path, value] of Object.entries(fields(told))) {
    const state = fields(value);
    const address = textOf(state.address);
    const size = numberOf(state.size);
    if (address === null || size === null) continue;
    states.set(path, { address, size, etag: textOf(state.etag), lastModified: textOf(state.lastModified) });
  }
  return states;
}

function writeStates(directory: string, states: ReadonlyMap<string, FileState>): void {
  const path = join(directory, stateFile);
  writeFileSync(
    `${path}.new`,
    `${JSON.stringify(Object.fromEntries([...states.entries()].sort()), null, 1)}\n`,
  );
  renameSync(`${path}.new`, path);
}
