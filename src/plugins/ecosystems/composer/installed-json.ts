import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { listOf, objectOf, parseJson, stringOf } from '../json-with-lines.ts';
import { textOf } from '../read-text.ts';
import { composerPackage } from './composer-package.ts';

/**
 * What Composer installed: since version 2 an object with the packages, before it the bare list.
 * Source: https://getcomposer.org/doc/07-runtime.md
 */
export const composerInstalled = {
  id: 'composer/installed',
  version: 1,
  sizeMaxBytes: 32 * 1024 * 1024,
  names: ['installed.json'],
  wants: (path) => path === 'composer/installed.json' || path.endsWith('/composer/installed.json'),
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const document = parseJson(textOf(file.bytes), file.path, { allowComments: false });
  if ('kind' in document) return { packages: [], problems: [document] };
  const top = objectOf(document.value);
  const list = top === null ? document.value : top.packages;
  if (!Array.isArray(list)) {
    return { packages: [], problems: [problem('malformed', file.path, 'The file lists no packages.')] };
  }
  const dev = new Set(listOf(top?.['dev-package-names']).map(stringOf));
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const value of list) {
    const entry = objectOf(value);
    const line = entry === null ? null : document.lineOf(entry, 'name');
    const scope = top === null ? null : dev.has(stringOf(entry?.name)) ? 'dev' : 'runtime';
    const found = composerPackage(value, { path: file.path, line, scope, relation: null });
    if ('purl' in found) packages.push(found);
    else problems.push(found);
  }
  return { packages, problems };
}
