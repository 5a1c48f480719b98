import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { readJsonFast, readJsonObject } from '../read-json.ts';
import { hasName, sibling } from '../read-text.ts';
import { composerPackage } from './composer-package.ts';

/**
 * The lock file of Composer. The project file beside it tells what is asked for directly.
 * Source: https://getcomposer.org/doc/01-basic-usage.md#commit-your-composer-lock-file-to-version-control
 */
export const composerLock = {
  id: 'composer/composer-lock',
  version: 1,
  sizeMaxBytes: 32 * 1024 * 1024,
  names: ['composer.lock'],
  wants: (path) => hasName(path, 'composer.lock'),
  isDeclaration: () => true,
  companions: (path) => [sibling(path, 'composer.json')],
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const read = readJsonObject(file);
  if ('kind' in read) return { packages: [], problems: [read] };
  const direct = directNames(file);
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const [key, scope] of [
    ['packages', 'runtime'],
    ['packages-dev', 'dev'],
  ] as const) {
    for (const value of listOf(read.top[key])) {
      const entry = objectOf(value);
      const name = stringOf(entry?.name) ?? '';
      const line = entry === null ? null : read.document.lineOf(entry, 'name');
      const relation = direct === null ? null : direct.has(name) ? 'direct' : 'transitive';
      const found = composerPackage(value, { path: file.path, line, scope, relation });
      if ('purl' in found) packages.push(found);
      else problems.push(found);
    }
  }
  if (!('packages' in read.top))
    problems.push(problem('malformed', file.path, 'The lock file lists no packages.'));
  return { packages, problems };
}

function directNames(file: ExtractorFile): ReadonlySet<string> | null {
  const place = sibling(file.path, 'composer.json');
  const bytes = file.companions.get(place);
  const project = bytes === undefined ? null : readJsonFast(bytes, place);
  if (project === null || 'kind' in project) return null;
  const asked = ['require', 'require-dev'].flatMap((key) => Object.keys(objectOf(project.top[key]) ?? {}));
  return new Set(asked);
}
