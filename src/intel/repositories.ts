import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type Problem, problem, reasonOf } from '../model/problem.ts';
import type { FeedFile } from '../plugins/feeds/contract.ts';
import { repositoryFolder } from '../plugins/feeds/host-repository/layout.ts';
import type { FetchLimits } from './fetch-file.ts';
import { findRelease, readSuite, rootOf, type Suite } from './repositories-apt.ts';
import { getChangelogs, serviceOf } from './repositories-changelogs.ts';
import { dnfErrata, repomdPath, repositoryIndexBytesMax } from './repositories-dnf.ts';
import { type Candidate, compareDeb } from './repositories-packages.ts';
import { isUrl, openPlace, type Place } from './repositories-place.ts';

/** A package repository that hosts of a release install from. */
export type Repository = {
  /** URL or directory: of a dnf repository (it holds `repodata/`) or an apt suite (it holds `Release`). */
  readonly address: string;
  /** The stream that its packages are of: `debian:12`. */
  readonly stream: string;
};

export type RepositoryOptions = {
  readonly repositories: readonly Repository[];
  /** Where fetched files are kept from one build to the next. */
  readonly cacheDirectory: string;
  /** For what is unpacked on the way; the caller removes it. */
  readonly scratchDirectory: string;
  /** Keys that the indexes of apt suites must be signed with; null: signatures are not verified. */
  readonly keyring: string | null;
  readonly now: Date;
  readonly onProgress: (text: string) => void;
  readonly limits?: Partial<FetchLimits>;
};

/** Files for the feed `host-repository`, and what could not be had. */
export type GatheredRepositories = {
  readonly files: readonly FeedFile[];
  readonly problems: readonly Problem[];
};

/**
 * Gets what repositories say of their own packages: the errata of dnf repositories, the changelogs of apt suites.
 * Of several suites of one stream, a source package is looked at in the one that has it newest. Asks only for what
 * changed since the last time; directories are read where they lie. One that cannot be had is a problem, and the others
 * go on. Throws only when the directories cannot be written.
 */
export async function gatherRepositories(options: RepositoryOptions): Promise<GatheredRepositories> {
  const files: FeedFile[] = [];
  const problems: Problem[] = [];
  const suites: OpenSuite[] = [];
  for (const repository of distinct(options.repositories)) {
    options.onProgress(repository.address);
    try {
      const opened = await openRepository(repository, options);
      problems.push(...opened.problems);
      files.push(...opened.files);
      if (opened.suite !== null) suites.push(opened.suite);
    } catch (error) {
      if (reasonOf(error).startsWith('assertion failed')) throw error;
      problems.push(problem('unreadable', repository.address, reasonOf(error)));
    }
  }
  for (const suite of suites) {
    const got = await changelogsOf(suite, newestIn(suite, suites), options);
    files.push(...got.files);
    problems.push(...got.problems);
  }
  return { files, problems };
}

function distinct(repositories: readonly Repository[]): readonly Repository[] {
  return [...new Map(repositories.map((item) => [`${item.stream} ${nameOf(item)}`, item])).values()];
}

type OpenSuite = {
  readonly repository: Repository;
  readonly root: Place;
  readonly offers: Suite;
};

type Opened = GatheredRepositories & { readonly suite: OpenSuite | null };

async function openRepository(repository: Repository, options: RepositoryOptions): Promise<Opened> {
  const place = placeAt(repository.address, repository, options);
  const scratchDirectory = mkdtempSync(join(options.scratchDirectory, 'repository-'));
  const none: Opened = { files: [], problems: [], suite: null };
  const repomd = await place.get(repomdPath, { bytesMax: repositoryIndexBytesMax, checksum: null });
  if (repomd !== null && 'kind' in repomd) return { ...none, problems: [repomd] };
  if (repomd !== null) {
    const { absolutePath, problems } = await dnfErrata(place, repomd.absolutePath, { scratchDirectory });
    if (absolutePath !== null) place.tidy();
    const path = `${folderOf(repository)}/updateinfo.xml`;
    return { ...none, problems, files: absolutePath === null ? [] : [{ path, absolutePath }] };
  }
  const release = await findRelease(place);
  if (release === null) return { ...none, problems: [unknownForm(place.address)] };
  if ('kind' in release) return { ...none, problems: [release] };
  const { keyring, now } = options;
  const offers = await readSuite(place, release, { keyring, now, scratchDirectory });
  if (offers.candidates.size > 0) place.tidy();
  const root = placeAt(rootOf(place.address), repository, options);
  return { ...none, problems: offers.problems, suite: { repository, root, offers } };
}

function unknownForm(address: string): Problem {
  const why =
    'is no repository that we know: it has neither repodata/repomd.xml (dnf) nor InRelease or Release (apt; name the suite, .../dists/NAME)';
  return problem('unsupported', address, why);
}

async function changelogsOf(
  { repository, root, offers }: OpenSuite,
  candidates: readonly Candidate[],
  options: RepositoryOptions,
): Promise<GatheredRepositories> {
  const { paths, problems } = await getChangelogs(candidates, {
    root,
    service: serviceOf(offers.changelogs),
    isVerified: options.keyring !== null,
    // What was read without a signature is not believed once one is asked for.
    keptDirectory: join(
      cacheOf(repository, options),
      options.keyring === null ? 'changelogs' : 'changelogs-verified',
    ),
    onProgress: options.onProgress,
  });
  const files = paths.map((absolutePath) => ({
    path: `${folderOf(repository)}/changelogs/${basename(absolutePath)}`,
    absolutePath,
  }));
  return { files, problems };
}

// The changelog of a newer version says all that an older one's does. Of equal ones the first suite's is taken.
function newestIn(suite: OpenSuite, suites: readonly OpenSuite[]): readonly Candidate[] {
  const place = suites.indexOf(suite);
  return [...suite.offers.candidates.values()].filter((candidate) =>
    suites.every((other, index) => {
      const rival =
        other.repository.stream === suite.repository.stream && other !== suite
          ? other.offers.candidates.get(candidate.source)
          : undefined;
      const order = rival === undefined ? 1 : compareDeb(candidate.version, rival.version);
      return order === null || order > 0 || (order === 0 && place < index);
    }),
  );
}

function placeAt(address: string, repository: Repository, options: RepositoryOptions): Place {
  return openPlace(isUrl(address) ? address : resolve(address), {
    cacheDirectory: cacheOf(repository, options),
    onProgress: options.onProgress,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
}

function cacheOf(repository: Repository, { cacheDirectory }: RepositoryOptions): string {
  const directory = join(cacheDirectory, ...folderOf(repository).split('/'));
  mkdirSync(directory, { recursive: true });
  return directory;
}

function folderOf(repository: Repository): string {
  return repositoryFolder(repository.stream, nameOf(repository));
}

// People read it in the records that findings rest on; the hash keeps two addresses apart that read alike.
function nameOf({ address }: Repository): string {
  const whole = isUrl(address) ? address.replace(/\/+$/, '') : resolve(address);
  const plain = whole.replace(/^https?:\/\//, '').replace(/[^A-Za-z0-9.]+/g, '-');
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  return `${
    plain
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(-80)
      .replace(/^[-.]+/, '') || 'root'
  }-${hash}`;
}
