import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { commitVersion, isNameLike, packageOf } from '../package-of.ts';
import { hasName, linesOf, shown, textOf } from '../read-text.ts';
import { exactNugetVersion, isNugetId, nugetPackage } from './nuget-package.ts';

/**
 * The lock file of Paket. A source in capitals at the beginning of a line, two spaces in where it lies, four spaces in
 * what was taken from it with the version in brackets; what a package needs stands six spaces in, and its version in
 * an entry of its own.
 * Source: https://fsprojects.github.io/Paket/lock-file.html
 */
export const nugetPaketLock = {
  id: 'nuget/paket-lock',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  names: ['paket.lock'],
  wants: (path) => hasName(path, 'paket.lock'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

type Place = { source: string; remote: string };
type Entry = { readonly name: string; readonly version: string; readonly line: number };

function extract(file: ExtractorFile): Extraction {
  const packages = new Map<string, Package>();
  const problems: Problem[] = [];
  const place: Place = { source: '', remote: '' };
  for (const [index, text] of linesOf(textOf(file.bytes)).entries()) {
    const entry = readLine(text, index + 1, place);
    if (entry === null) continue;
    const found = readEntry(entry, place, file.path);
    if ('purl' in found) packages.set(found.purl, found);
    else problems.push(found);
  }
  return { packages: [...packages.values()], problems };
}

// Notes where the lines that follow belong; gives the entry of a line that is one.
function readLine(text: string, line: number, place: Place): Entry | null {
  const content = text.trim();
  if (/^[A-Z]/.test(text)) {
    place.source = content;
    place.remote = '';
    return null;
  }
  const remote = /^ {2}remote:\s*(\S+)/.exec(text)?.[1];
  if (remote !== undefined) place.remote = remote;
  if (!text.startsWith('    ') || text.startsWith('     ')) return null;
  const open = content.indexOf('(');
  const close = content.indexOf(')', open);
  if (open < 1 || close < 0) return null;
  return { name: content.slice(0, open).trim(), version: content.slice(open + 1, close).trim(), line };
}

function readEntry({ name, version, line }: Entry, place: Place, path: string): Package | Problem {
  const where = `${path}:${line}`;
  if (place.source === 'GITHUB') return repositoryPackage(place.remote || name, version, path, line);
  if (place.source !== 'NUGET') {
    const why = `${shown(name)} comes from "${shown(place.source)}", for whose packages there are no advisories by name.`;
    return problem('not-assessed', where, why);
  }
  const exact = exactNugetVersion(version);
  if (!isNugetId(name) || exact === null) {
    return problem('malformed', where, `This line is no package with its version: ${shown(name)}`);
  }
  return nugetPackage({ name, version: exact, path, line });
}

// Files of a repository, locked to a commit.
function repositoryPackage(
  repository: string,
  version: string,
  path: string,
  line: number,
): Package | Problem {
  const [owner, name, ...rest] = repository.replace(/:.*$/, '').split('/');
  if (!isNameLike(owner) || !isNameLike(name) || rest.length > 0 || !isNameLike(version)) {
    return problem('malformed', `${path}:${line}`, 'This line names no repository and no commit.');
  }
  return packageOf({
    ecosystem: 'github',
    namespace: owner,
    purlName: name,
    name: `${owner}/${name}`,
    version: /^[0-9a-f]{40}$/.test(version) ? commitVersion(version) : version,
    path,
    line,
  });
}
