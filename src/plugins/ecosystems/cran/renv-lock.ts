import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { readJsonObject } from '../read-json.ts';
import { hasName, shown } from '../read-text.ts';

/**
 * The lock file of renv for R.
 * Source: https://rstudio.github.io/renv/reference/lockfiles.html
 */
export const cranRenvLock = {
  id: 'cran/renv-lock',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['renv.lock'],
  wants: (path) => hasName(path, 'renv.lock'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const read = readJsonObject(file);
  if ('kind' in read) return { packages: [], problems: [read] };
  const entries = objectOf(read.top.Packages);
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const key of Object.keys(entries ?? {})) {
    const entry = objectOf(entries?.[key]);
    const name = stringOf(entry?.Package) ?? key;
    const version = stringOf(entry?.Version);
    const line = entries === null ? null : read.document.lineOf(entries, key);
    if (!isNameLike(name) || !isNameLike(version)) {
      problems.push(problem('malformed', `${file.path}:${line}`, `${shown(key)} has no version.`));
      continue;
    }
    const attributes = { repository: stringOf(entry?.Repository), source: stringOf(entry?.Source) };
    packages.push(
      packageOf({
        ecosystem: 'cran',
        namespace: null,
        purlName: name,
        version,
        path: file.path,
        line,
        attributes,
      }),
    );
  }
  return { packages, problems };
}
