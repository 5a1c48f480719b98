import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { texts } from '../lib/fields.ts';
import { type Problem, problem, reasonOf } from '../model/problem.ts';
import { changelogName } from '../plugins/feeds/host-repository/layout.ts';
import { changelogBytesMax, debChangelog } from './repositories-deb.ts';
import type { Candidate, Deb } from './repositories-packages.ts';
import { isUrl, type Place } from './repositories-place.ts';

/** Most changelogs of one repository that are gone for in one build, most bytes and time, and the largest package. */
export const repositoryChangelogsMax = 2000;
export const repositoryChangelogSecondsMax = 3600;
export const repositoryChangelogBytesMax = 1024 ** 3;
export const repositoryDebBytesMax = 256 * 1024 ** 2;

/** How many candidates whose changelog cannot be had are told of one by one. */
const missesTold = 20;

/** How many candidates in a row a service of changelogs may not know before it is not asked any more. */
const serviceMissesMax = 5;

export type ChangelogOptions = {
  /** The root of the repository, which the paths of packages start from. */
  readonly root: Place;
  /** Where a service lays changelogs out, with `@CHANGEPATH@` in it; null when the suite names none. */
  readonly service: string | null;
  /** Whether only what someone vouches for may be read: over https, or of a package that a signed index lists. */
  readonly isVerified: boolean;
  /** Where changelogs are kept from one build to the next. */
  readonly keptDirectory: string;
  readonly onProgress: (text: string) => void;
};

/** Paths of the changelogs that are at hand, and what is to be said of the others. */
export type Changelogs = { readonly paths: readonly string[]; readonly problems: readonly Problem[] };

/**
 * Gets the changelogs of candidates. One that is at hand from before is not gone for again; those whose candidate is
 * newer than what stood before come first, then versions that mend a release, then the rest. They come from the
 * service that the suite names, laid out as Debian's, or out of the package itself.
 * Source: https://manpages.debian.org/apt.conf.5 (Acquire::Changelogs)
 */
export async function getChangelogs(
  candidates: readonly Candidate[],
  options: ChangelogOptions,
): Promise<Changelogs> {
  mkdirSync(options.keptDirectory, { recursive: true });
  const kept = readKept(options.keptDirectory);
  const missed = readMissed(options.keptDirectory);
  const paths: string[] = [];
  const wanted: Wanted[] = [];
  for (const candidate of candidates) {
    const name = changelogName(candidate.source, candidate.version);
    if (name === null) continue;
    const older = kept.get(candidate.source) ?? [];
    if (older.includes(name)) paths.push(join(options.keptDirectory, name));
    else wanted.push({ candidate, name, older, isMissed: missed.has(name) });
  }
  const got = await getWanted(wanted.sort(compareWanted), options);
  writeFileSync(missedFile(options.keptDirectory), JSON.stringify([...stillMissed(wanted, got)]));
  return {
    paths: [...paths, ...got.paths, ...olderPaths(wanted, got, options)].sort(),
    problems: got.problems,
  };
}

// What an older changelog said holds on while the newer one is not at hand.
function olderPaths(
  wanted: readonly Wanted[],
  got: Changelogs,
  { keptDirectory }: ChangelogOptions,
): readonly string[] {
  const paths = new Set(got.paths);
  return wanted
    .filter(({ name }) => !paths.has(join(keptDirectory, name)))
    .flatMap(({ older }) => older.slice(0, 1).map((name) => join(keptDirectory, name)));
}

type Wanted = {
  readonly candidate: Candidate;
  readonly name: string;
  /** Changelogs of other versions of it that are at hand. */
  readonly older: readonly string[];
  /** It could not be had in an earlier build. It is gone for again when the others have had their turn. */
  readonly isMissed: boolean;
};

function compareWanted(left: Wanted, right: Wanted): number {
  return rankOf(left) - rankOf(right) || (left.name < right.name ? -1 : 1);
}

function rankOf({ candidate, older, isMissed }: Wanted): number {
  if (isMissed) return 3;
  if (older.length > 0) return 0;
  return /[+~]deb\d{1,2}u\d|\dubuntu\d{1,4}\.\d|[+~]esm/.test(candidate.version) ? 1 : 2;
}

function readKept(directory: string): ReadonlyMap<string, readonly string[]> {
  const kept = new Map<string, string[]>();
  for (const name of readdirSync(directory)) {
    const source = name.slice(0, Math.max(name.indexOf('_'), 0));
    kept.set(source, [...(kept.get(source) ?? []), name]);
  }
  return kept;
}

function missedFile(keptDirectory: string): string {
  return `${keptDirectory}-missed.json`;
}

function readMissed(keptDirectory: string): ReadonlySet<string> {
  try {
    return new Set(texts(JSON.parse(readFileSync(missedFile(keptDirectory), 'utf8'))));
  } catch {
    // Without what was known, none counts as missed.
    return new Set();
  }
}

function stillMissed(wanted: readonly Wanted[], { missed, tried }: Tried): ReadonlySet<string> {
  const untried = wanted.slice(tried).filter(({ isMissed }) => isMissed);
  return new Set([...missed, ...untried.map(({ name }) => name)]);
}

type Tried = Changelogs & { readonly missed: readonly string[]; readonly tried: number };

async function getWanted(wanted: readonly Wanted[], options: ChangelogOptions): Promise<Tried> {
  const paths: string[] = [];
  const problems: Problem[] = [];
  const missed: string[] = [];
  const budget: Budget = {
    bytes: repositoryChangelogBytesMax,
    ends: performance.now() + repositoryChangelogSecondsMax * 1000,
    misses: 0,
    hits: 0,
  };
  let limit: string | null = null;
  let tried = 0;
  for (const item of wanted) {
    limit = limitAt(tried, budget);
    if (limit !== null) break;
    tried += 1;
    options.onProgress(`changelog ${tried} of ${wanted.length}: ${item.candidate.source}`);
    const got = await changelogOf(item.candidate, options, budget);
    if (Buffer.isBuffer(got)) paths.push(keep(item, got, options.keptDirectory));
    else if (missed.push(item.name) <= missesTold) problems.push(got);
  }
  const left = { untried: wanted.length - tried, untold: missed.length - missesTold, limit };
  return { paths, problems: [...problems, ...leftProblems(options.root.address, left)], missed, tried };
}

function leftProblems(
  where: string,
  left: { readonly untried: number; readonly untold: number; readonly limit: string | null },
): readonly Problem[] {
  const problems: Problem[] = [];
  if (left.untold > 0)
    problems.push(
      problem('unreadable', where, `changelogs of ${left.untold} more source packages could not be had`),
    );
  if (left.limit !== null) {
    const why = `changelogs of ${left.untried} source packages were not read in this build; the next goes on with them`;
    problems.push(problem('limit', where, why, left.limit));
  }
  return problems;
}

type Budget = { bytes: number; readonly ends: number; misses: number; hits: number };

function limitAt(index: number, { bytes, ends }: Budget): string | null {
  if (index >= repositoryChangelogsMax) return 'repositoryChangelogsMax';
  if (performance.now() > ends) return 'repositoryChangelogSecondsMax';
  return bytes <= 0 ? 'repositoryChangelogBytesMax' : null;
}

// What an older version said is in the newer one's changelog.
function keep({ name, older }: Wanted, bytes: Buffer, directory: string): string {
  const path = join(directory, name);
  writeFileSync(`${path}.new`, gzipSync(bytes));
  renameSync(`${path}.new`, path);
  for (const other of older) rmSync(join(directory, other), { force: true });
  return path;
}

async function changelogOf(
  candidate: Candidate,
  options: ChangelogOptions,
  budget: Budget,
): Promise<Buffer | Problem> {
  const where = `${options.root.address}: ${candidate.source} ${candidate.version}`;
  const told: Problem[] = [];
  const served = await fromService(candidate, options, budget);
  if (Buffer.isBuffer(served)) return served;
  if (served !== null) told.push(served);
  for (const deb of candidate.debs) {
    const found = await fromDeb(deb, candidate, options, budget);
    if (Buffer.isBuffer(found)) return found;
    if (found !== null) told.push(found);
  }
  return told[0] ?? problem('not-assessed', where, 'has no changelog, so what it mends is not known');
}

async function fromService(
  candidate: Candidate,
  options: ChangelogOptions,
  budget: Budget,
): Promise<Buffer | null | Problem> {
  const { root } = options;
  if (budget.hits === 0 && budget.misses >= serviceMissesMax) return null;
  if (options.isVerified && !isVouchedFor(options)) return null;
  for (const path of servicePaths(candidate, options)) {
    const got = await root.get(path, { bytesMax: changelogBytesMax, checksum: null });
    if (got === null) continue;
    if ('kind' in got) return got;
    const text = await changelogText(got.absolutePath, candidate);
    dropFetched(root, got.absolutePath);
    budget.bytes -= text?.length ?? 0;
    if (text === null) return problem('malformed', path, `is no changelog of ${candidate.source}`);
    budget.hits += 1;
    return text;
  }
  budget.misses += 1;
  return null;
}

function isVouchedFor({ root, service }: ChangelogOptions): boolean {
  return root.isDirectory || (service ?? root.address).startsWith('https:');
}

// Directories are read without going to a network, whatever their Release names.
function servicePaths(candidate: Candidate, { root, service }: ChangelogOptions): readonly string[] {
  const version = candidate.version.replace(/^\d{1,8}:/, '');
  const folders = new Set<string>();
  const component = candidate.component.split('/').at(-1) ?? '';
  const { source } = candidate;
  const initial = source.startsWith('lib') ? source.slice(0, 4) : source.slice(0, 1);
  if (component !== '') folders.add(`${component}/${initial}/${source}`);
  const pool = /^pool\/([\w.+/-]{1,300})\/[^/]{1,200}$/.exec(candidate.debs[0]?.path ?? '')?.[1];
  if (pool !== undefined) folders.add(pool);
  return [...folders].map((folder) => {
    const path = `${folder}/${source}_${version}`;
    if (service === null || root.isDirectory) return `changelogs/${path}_changelog`;
    return service.replace('@CHANGEPATH@', path.split('/').map(encodeURIComponent).join('/'));
  });
}

/** The service that a suite names, where it is one that can be asked. */
export function serviceOf(field: string | undefined): string | null {
  if (field === undefined || !isUrl(field) || !field.includes('@CHANGEPATH@')) return null;
  return URL.canParse(field) ? field : null;
}

async function changelogText(absolutePath: string, { source }: Candidate): Promise<Buffer | null> {
  const bytes = await readFile(absolutePath);
  try {
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const text = isPacked ? gunzipSync(bytes, { maxOutputLength: changelogBytesMax }) : bytes;
    return text.toString('latin1', 0, 1000).trimStart().startsWith(`${source} (`) ? text : null;
  } catch {
    // A page of another kind, which the caller tells of.
    return null;
  }
}

async function fromDeb(
  deb: Deb,
  { version }: Candidate,
  { root }: ChangelogOptions,
  budget: Budget,
): Promise<Buffer | null | Problem> {
  const where = `${root.address}/${deb.path}`;
  if (deb.sha256 === null)
    return problem('not-assessed', where, 'package index has no sha256 of it, so it is not read');
  if (deb.sizeBytes > repositoryDebBytesMax)
    return problem('limit', where, 'package is too large to look for its changelog', 'repositoryDebBytesMax');
  try {
    const checksum = { algorithm: 'sha256', hex: deb.sha256 };
    const got = await root.get(deb.path, { bytesMax: repositoryDebBytesMax, checksum });
    if (got === null) return problem('unreadable', where, 'package is listed and not there');
    if ('kind' in got) return got;
    budget.bytes -= deb.sizeBytes;
    const isNative = !version.includes('-');
    const found = await debChangelog(got.absolutePath, { where, name: deb.name, isNative });
    dropFetched(root, got.absolutePath);
    return found;
  } catch (error) {
    return problem('unreadable', where, reasonOf(error));
  }
}

// What was wanted of it is kept apart; a package is not gone for twice.
function dropFetched(root: Place, absolutePath: string): void {
  if (!root.isDirectory) rmSync(absolutePath, { force: true });
}
