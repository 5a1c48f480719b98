import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type GatheredRepositories,
  gatherRepositories,
  type Repository,
  type RepositoryOptions,
} from '../intel/repositories.ts';
import { firstFeedFile, withRepositories } from '../intel/repositories-feed.ts';
import type { Package } from '../model/package.ts';
import type { Purl } from '../model/purl.ts';
import { distroFor } from '../plugins/distros/registry.ts';
import type { Feed } from '../plugins/feeds/contract.ts';
import { feeds as allFeeds } from '../plugins/feeds/registry.ts';
import type { Settings } from '../service/settings.ts';
import { type CommandInput, exitCode, type Option, UsageError } from './command.ts';
import { progressLine, say } from './output.ts';

/** Options of `intel build` that name the repositories of hosts. */
export const repositoryOptions: Readonly<Record<string, Option>> = {
  repository: {
    kind: 'values',
    word: 'URL-OR-DIR',
    help: 'a dnf repository or an apt suite (.../dists/NAME) of hosts to build from; may be given several times',
  },
  distro: {
    kind: 'values',
    word: 'ID:VERSION',
    help: 'the release that the repository is for (debian:12): one for each, in order, or one for all',
  },
  keyring: {
    kind: 'value',
    word: 'FILE',
    help: 'public keys that apt repositories must be signed with',
  },
};

/** What a build reads. */
export type BuildSource = {
  readonly feedsDirectory: string;
  readonly feeds: readonly Feed[];
  /** Where it came from, for people. */
  readonly title: string;
};

const problemsShown = 10;

/**
 * Builds with what the named repositories say, beside a directory of feeds where one is given. Where there is nothing
 * to build from, the revision in use stays. Throws a UsageError for repositories that are named wrong.
 */
export async function buildWithRepositories(
  input: CommandInput,
  settings: Settings,
  build: (source: BuildSource) => Promise<number>,
): Promise<number> {
  const repositories = repositoriesOf(input.values('repository'), input.values('distro'));
  const keyring = input.value('keyring');
  if (keyring !== null && !existsSync(keyring)) throw new UsageError(`there is no keyring ${keyring}`);
  const given = input.value('feeds');
  const place = given === null ? null : feedsAt(resolve(given));
  const scratchDirectory = mkdtempSync(join(tmpdir(), 'openinspector-repositories-'));
  try {
    const gathered = await gather({ repositories, keyring, scratchDirectory }, settings);
    if (place === null && gathered.files.length === 0) return nothingRead(gathered);
    const { directory, anchor } = place ?? ownDirectory(scratchDirectory, repositories);
    const names = repositories.map(({ address }) => address);
    const code = await build({
      feedsDirectory: directory,
      feeds: withRepositories(allFeeds, gathered, anchor),
      title: [...(place === null ? [] : [directory]), ...names].join(', '),
    });
    return code === exitCode.done && gathered.files.length === 0 ? exitCode.incomplete : code;
  } finally {
    rmSync(scratchDirectory, { recursive: true, force: true });
  }
}

async function gather(
  asked: Pick<RepositoryOptions, 'repositories' | 'keyring' | 'scratchDirectory'>,
  { home }: Settings,
): Promise<GatheredRepositories> {
  const cacheDirectory = join(home, 'repositories');
  mkdirSync(cacheDirectory, { recursive: true });
  const line = progressLine('Repositories');
  try {
    const onProgress = (text: string) => line.update(text);
    return await gatherRepositories({ ...asked, cacheDirectory, now: new Date(), onProgress });
  } finally {
    line.end('');
  }
}

function nothingRead({ problems }: GatheredRepositories): number {
  say('The repositories say nothing that could be read; the revision in use stays.');
  for (const { where, why } of problems.slice(0, problemsShown)) say(`  ${where}: ${why}`);
  return exitCode.incomplete;
}

type FeedsPlace = { readonly directory: string; readonly anchor: string };

function feedsAt(directory: string): FeedsPlace {
  const anchor = firstFeedFile(directory, allFeeds);
  if (anchor === null) throw new UsageError(`no feed knows any file in ${directory}`);
  return { directory, anchor };
}

// A build reads a directory; without one of feeds it gets one that only says what the repositories were.
function ownDirectory(scratchDirectory: string, repositories: readonly Repository[]): FeedsPlace {
  const directory = join(scratchDirectory, 'feeds');
  mkdirSync(directory);
  const anchor = 'repositories.json';
  writeFileSync(join(directory, anchor), JSON.stringify(repositories));
  return { directory, anchor };
}

/** Repositories with their streams. Throws a UsageError for what cannot be paired or is not known. */
export function repositoriesOf(
  addresses: readonly string[],
  releases: readonly string[],
): readonly Repository[] {
  if (releases.length !== addresses.length && releases.length !== 1)
    throw new UsageError(
      'Say which release each repository is for: --repository URL-or-DIR --distro ID:VERSION, one for each or one for all.',
    );
  return addresses.map((address, index) => ({
    address: checkedAddress(address),
    stream: streamOf(releases[index] ?? releases[0] ?? ''),
  }));
}

function checkedAddress(address: string): string {
  if (!/^\w{2,20}:\/\//.test(address)) return address;
  if (!/^https?:/.test(address) || !URL.canParse(address))
    throw new UsageError(`${address} is neither a directory nor an address of http or https`);
  const { username, password, search, hash } = new URL(address);
  if (username || password || search || hash)
    throw new UsageError('A repository’s address has no user, password, query or fragment.');
  return address;
}

/** The stream that the packages of a release are judged in. Throws a UsageError for a release that is not known. */
export function streamOf(release: string): string {
  const [id = '', version = '', ...rest] = release.split(':');
  const isName = /^[a-z]/.test(version);
  const os = {
    id: id.toLowerCase(),
    idLike: [],
    versionId: isName ? null : version,
    codename: isName ? version : null,
    prettyName: null,
  };
  const plugin = rest.length === 0 && version !== '' ? distroFor(os) : null;
  // The release itself, not the topics and extended lines that some of its packages belong to besides.
  const streams = (plugin?.keysOf(anyPackage, os) ?? [])
    .flatMap(({ stream, takes }) => (takes === undefined ? [stream] : []))
    .sort((left, right) => left.length - right.length);
  const [stream] = streams;
  if (stream === undefined)
    throw new UsageError(`'${release}' is no release that we know; write it as debian:12 or rocky:9`);
  return stream;
}

const anyPackage: Package = {
  purl: 'pkg:generic/any@1' as Purl,
  ecosystem: 'generic',
  name: 'any',
  version: '1',
  arch: null,
  source: null,
  evidence: [],
  scope: null,
  relation: null,
  introducedBy: [],
  owner: null,
  licences: [],
  attributes: {},
};
