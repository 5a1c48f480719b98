import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type JsonObject, objectOf, stringOf } from '../json-with-lines.ts';
import { commitVersion, isNameLike } from '../package-of.ts';
import { readJsonObject } from '../read-json.ts';
import { hasName, shown } from '../read-text.ts';
import { isPypiName, pypiPackage } from './pypi-package.ts';

/**
 * The lock file of Pipenv: what runs, and what is only for development, each with a pinned version.
 * Source: https://pipenv.pypa.io/en/latest/pipfile.html
 */
export const pypiPipfileLock = {
  id: 'pypi/pipfile-lock',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  names: ['Pipfile.lock'],
  wants: (path) => hasName(path, 'Pipfile.lock'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const read = readJsonObject(file);
  if ('kind' in read) return { packages: [], problems: [read] };
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const [section, scope] of [
    ['default', 'runtime'],
    ['develop', 'dev'],
  ] as const) {
    const table = objectOf(read.top[section]);
    for (const name of Object.keys(table ?? {})) {
      const entry = objectOf(table?.[name]);
      const line = table === null ? null : read.document.lineOf(table, name);
      const version = entry === null ? undefined : versionOf(entry);
      if (isPypiName(name) && isNameLike(version))
        packages.push(pypiPackage({ name, version, path: file.path, line, scope }));
      else
        problems.push(
          problem('not-assessed', `${file.path}:${line}`, `${shown(name)} is locked to no version.`),
        );
    }
  }
  return { packages, problems };
}

// `==1.2.3`; what comes from version control has a commit instead.
function versionOf(entry: JsonObject): string | undefined {
  const pinned = /^===?(.+)$/.exec(stringOf(entry.version) ?? '')?.[1];
  const commit = stringOf(entry.ref);
  return pinned ?? (commit === null ? undefined : commitVersion(commit));
}
