import { type Problem, problem } from '../model/problem.ts';
import { openChunks } from '../plugins/feeds/chunks.ts';
import type { FeedFile } from '../plugins/feeds/contract.ts';
import { versionScheme } from '../versions/registry.ts';

/** Most packages of one repository that are looked at. */
export const repositoryPackagesMax = 1_000_000;

/** Longest line of a package index that is looked at, in characters. */
const lineLengthMax = 1_000_000;

const debsKept = 3;

/** A source package that can be installed from a repository, at its newest version there. */
export type Candidate = {
  readonly source: string;
  readonly version: string;
  /** `main`; empty for a flat repository. */
  readonly component: string;
  /** Binary packages that were built from it, those that are most likely to hold its changelog first. */
  readonly debs: readonly Deb[];
};

export type Deb = {
  readonly name: string;
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly sha256: string | null;
  readonly sizeBytes: number;
};

/** Candidates by the name of their source. */
export type Candidates = Map<string, Candidate>;

/** Adds the packages of an index to the candidates. Gives what was wrong with it. */
export async function addPackages(
  candidates: Candidates,
  file: FeedFile,
  component: string,
): Promise<readonly Problem[]> {
  const source = openChunks(file);
  let unread = 0;
  let count = 0;
  for await (const stanza of stanzasOf(source.chunks)) {
    count += 1;
    if (count > repositoryPackagesMax) break;
    if (!addPackage(candidates, stanza, component)) unread += 1;
  }
  const problems = [...source.problems];
  if (count > repositoryPackagesMax)
    problems.push(problem('limit', file.path, 'lists too many packages', 'repositoryPackagesMax'));
  if (unread > 0)
    problems.push(
      problem('malformed', file.path, `${unread} packages have no name or no version that is one`),
    );
  return problems;
}

type Stanza = Map<string, string>;

const wanted = new Set(['package', 'source', 'version', 'filename', 'sha256', 'size']);

async function* stanzasOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Stanza> {
  let stanza: Stanza = new Map();
  for await (const line of linesOf(chunks)) {
    if (line.trim() === '') {
      if (stanza.size > 0) yield stanza;
      stanza = new Map();
    } else addField(stanza, line);
  }
  if (stanza.size > 0) yield stanza;
}

function addField(stanza: Stanza, line: string): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
  if (wanted.has(name)) stanza.set(name, line.slice(colon + 1).trim());
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(0, lineLengthMax);
    yield* lines;
  }
  yield rest;
}

function addPackage(candidates: Candidates, stanza: Stanza, component: string): boolean {
  const name = stanza.get('package') ?? '';
  const own = stanza.get('version') ?? '';
  // `Source: openssl (3.0.11-1)`, with a version where it is not that of the binary package.
  const told = /^(\S{1,150})(?: \(([^)\s]{1,100})\))?$/.exec(stanza.get('source') ?? name);
  const [, source = '', version = own] = told ?? [];
  if (!/^[a-z0-9][a-z0-9+.-]{0,100}$/.test(source) || !/^\d[\w.+~:-]{0,100}$/.test(version)) return false;
  const known = candidates.get(source);
  const order = known === undefined ? 1 : compareDeb(version, known.version);
  if (order === null) return false;
  const debs = [...(order === 0 ? (known?.debs ?? []) : []), ...debOf(name, stanza)];
  if (order >= 0)
    candidates.set(source, {
      source,
      version,
      component: order === 0 ? (known?.component ?? component) : component,
      debs: debs.sort((left, right) => rankOf(left, source) - rankOf(right, source)).slice(0, debsKept),
    });
  return true;
}

function debOf(name: string, stanza: Stanza): readonly Deb[] {
  const path = (stanza.get('filename') ?? '').replace(/^\.\//, '');
  const sha256 = stanza.get('sha256') ?? '';
  const sizeBytes = Number(stanza.get('size') ?? Number.NaN);
  if (path === '' || !Number.isSafeInteger(sizeBytes) || !/^[a-z0-9][a-z0-9+.-]{0,100}$/.test(name))
    return [];
  return [{ name, path, sha256: /^[0-9a-f]{64}$/i.test(sha256) ? sha256 : null, sizeBytes }];
}

// Packages beside the one of the source's name often link their documents to it; of others the smallest is cheapest.
function rankOf({ name, sizeBytes }: Deb, source: string): number {
  return name === source ? -1 : sizeBytes;
}

/** The order of two Debian versions, or null when it cannot be told. */
export function compareDeb(left: string, right: string): number | null {
  const order = versionScheme('deb')?.compare(left, right);
  return typeof order === 'number' ? order : null;
}
