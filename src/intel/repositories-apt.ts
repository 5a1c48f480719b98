import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, problem } from '../model/problem.ts';
import {
  repositoryFileBytesMax,
  repositoryIndexBytesMax,
  repositoryUnpackedBytesMax,
} from './repositories-dnf.ts';
import { addPackages, type Candidates } from './repositories-packages.ts';
import type { Place } from './repositories-place.ts';
import { type PackageIndex, packageIndexes, parseRelease, type Release } from './repositories-release.ts';
import { verify } from './repositories-signature.ts';
import { unpackXzFile } from './repositories-xz.ts';

/** Architectures whose packages are looked at; where a repository has none of them, all that it has. */
const usualArches: readonly string[] = ['', 'all', 'amd64', 'arm64'];

/** What an apt suite offers. */
export type Suite = {
  readonly candidates: Candidates;
  /** The `Changelogs` field of its Release. */
  readonly changelogs: string | undefined;
  readonly problems: readonly Problem[];
};

/** The text of a suite's Release, or null when the place has none. */
export type FoundRelease = {
  readonly where: string;
  readonly text: string;
  readonly isInline: boolean;
  readonly signaturePath: string | null;
};

/** Looks for `InRelease`, then `Release` with its signature beside it. */
export async function findRelease(place: Place): Promise<FoundRelease | null | Problem> {
  const wanted = { bytesMax: repositoryIndexBytesMax, checksum: null };
  const inline = await place.get('InRelease', wanted);
  if (inline !== null && 'kind' in inline) return inline;
  if (inline !== null) {
    const text = await readFile(inline.absolutePath, 'utf8');
    return { where: `${place.address}/InRelease`, text, isInline: true, signaturePath: null };
  }
  const plain = await place.get('Release', wanted);
  if (plain === null || 'kind' in plain) return plain;
  const signature = await place.get('Release.gpg', wanted);
  const signaturePath = signature === null || 'kind' in signature ? null : signature.absolutePath;
  const text = await readFile(plain.absolutePath, 'utf8');
  return { where: `${place.address}/Release`, text, isInline: false, signaturePath };
}

/** The root of the repository that a suite lies in: what stands before `/dists/`, or the place itself when flat. */
export function rootOf(address: string): string {
  const at = address.lastIndexOf('/dists/');
  return at < 0 ? address : address.slice(0, at);
}

/** Reads what a suite offers; its signature first, where there is a keyring to hold it against. */
export async function readSuite(
  place: Place,
  found: FoundRelease,
  options: { readonly keyring: string | null; readonly scratchDirectory: string; readonly now: Date },
): Promise<Suite> {
  const { text, problems: doubts } = await verify(found, options.keyring);
  const problems = [...doubts];
  const candidates: Candidates = new Map();
  if (text === null) return { candidates, changelogs: undefined, problems };
  const release = parseRelease(text);
  problems.push(...releaseProblems(found.where, release, options.now));
  const { chosen, problem: skipped } = chosenIndexes(found.where, packageIndexes(release));
  if (skipped !== null) problems.push(skipped);
  for (const [number, index] of chosen.entries()) {
    const scratchPath = join(options.scratchDirectory, `packages-${number}`);
    problems.push(...(await readIndex(place, index, { candidates, scratchPath })));
  }
  return { candidates, changelogs: release.fields.get('changelogs'), problems };
}

function releaseProblems(where: string, { fields, files }: Release, now: Date): readonly Problem[] {
  const problems: Problem[] = [];
  if (files.size === 0) problems.push(problem('malformed', where, 'lists no file with a sha256'));
  const until = fields.get('valid-until');
  if (until !== undefined && Date.parse(until) < now.getTime())
    problems.push(problem('stale', where, `was only to be used until ${until.slice(0, 40)}`));
  return problems;
}

function chosenIndexes(
  where: string,
  indexes: readonly PackageIndex[],
): { readonly chosen: readonly PackageIndex[]; readonly problem: Problem | null } {
  if (indexes.length === 0)
    return { chosen: [], problem: problem('not-assessed', where, 'lists no packages') };
  const usual = indexes.filter(({ arch }) => usualArches.includes(arch));
  const chosen = usual.length > 0 ? usual : indexes;
  const others = new Set(indexes.filter((index) => !chosen.includes(index)).map(({ arch }) => arch));
  if (others.size === 0) return { chosen, problem: null };
  const why = `packages that are only there for ${[...others].sort().join(', ')} were not looked at`;
  return { chosen, problem: problem('not-assessed', where, why) };
}

async function readIndex(
  place: Place,
  index: PackageIndex,
  parts: { readonly candidates: Candidates; readonly scratchPath: string },
): Promise<readonly Problem[]> {
  const told: Problem[] = [];
  for (const { path, checksum } of index.forms) {
    const where = `${place.address}/${path}`;
    const got = await place.get(path.replace(/^\.\//, ''), { bytesMax: repositoryFileBytesMax, checksum });
    if (got === null) continue;
    const bounds = { scratchPath: parts.scratchPath, bytesMax: repositoryUnpackedBytesMax };
    const read = 'kind' in got ? got : await unpackXzFile(where, got.absolutePath, bounds);
    if ('kind' in read) told.push(read);
    else
      return addPackages(parts.candidates, { path: where, absolutePath: read.absolutePath }, index.component);
  }
  const listed = index.forms.map(({ path }) => path).join(', ');
  return told.length > 0
    ? told
    : [problem('unreadable', place.address, `lists ${listed.slice(0, 300)}, of which none is there`)];
}
