import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { commitVersion, isNameLike, packageOf } from '../package-of.ts';
import { hasName, linesOf, textOf } from '../read-text.ts';

/**
 * The lock file of Mix: an Elixir map with a tuple for each dependency, written one on each line. Nothing of it is
 * run.
 * Source: https://hexdocs.pm/mix/Mix.Tasks.Deps.html
 */
export const hexMixLock = {
  id: 'hex/mix-lock',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['mix.lock'],
  endings: ['.mix.lock'],
  wants: (path) => hasName(path, 'mix.lock') || path.endsWith('.mix.lock'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

const fromHex = /^\s{0,20}"([^"]{1,200})": \{:hex, :"?([A-Za-z0-9_]{1,200})"?, "([^"]{1,200})"/;
const fromGit = /^\s{0,20}"([^"]{1,200})": \{:git, "([^"]{1,1000})", "([0-9a-f]{7,64})"/;

function extract(file: ExtractorFile): Extraction {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const [index, line] of linesOf(textOf(file.bytes)).entries()) {
    if (!line.trimStart().startsWith('"')) continue;
    const read = readLine(line, file.path, index + 1);
    if ('purl' in read) packages.push(read);
    else problems.push(read);
  }
  return { packages, problems };
}

function readLine(line: string, path: string, number: number): Package | Problem {
  const hex = fromHex.exec(line);
  const git = hex === null ? fromGit.exec(line) : null;
  const name = hex?.[2] ?? git?.[1];
  const commit = git?.[3] ?? null;
  const version = hex?.[3] ?? (commit === null ? undefined : commitVersion(commit));
  if (!isNameLike(name) || !isNameLike(version)) {
    return problem('malformed', `${path}:${number}`, 'This line locks no package to a version.');
  }
  return packageOf({
    ecosystem: 'hex',
    namespace: null,
    purlName: name,
    version,
    path,
    line: number,
    attributes: { commit, source: git?.[2] ?? null },
  });
}
