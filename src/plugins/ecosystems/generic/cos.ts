import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike } from '../package-of.ts';
import { readJsonObject } from '../read-json.ts';
import { genericPackage } from './generic-package.ts';

/**
 * The list of packages of Container-Optimized OS. What was only needed to build it is listed apart and is not there.
 * Source: https://cloud.google.com/container-optimized-os/docs/how-to/viewing-package-info
 */
export const genericCos = {
  id: 'generic/cos',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  names: ['cos-package-info.json'],
  wants: (path) => path === 'etc/cos-package-info.json',
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const read = readJsonObject(file);
  if ('kind' in read) return { packages: [], problems: [read] };
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const [index, value] of listOf(read.top.installedPackages).entries()) {
    const entry = objectOf(value);
    const name = stringOf(entry?.name);
    const version = stringOf(entry?.version);
    if (!isNameLike(name) || !isNameLike(version)) {
      const why = `Package ${index + 1} has no name or no version.`;
      problems.push(problem('malformed', file.path, why));
      continue;
    }
    const category = stringOf(entry?.category);
    packages.push(
      genericPackage({
        namespace: isNameLike(category) ? `cos/${category}` : 'cos',
        name,
        version,
        path: file.path,
        line: entry === null ? null : read.document.lineOf(entry, 'name'),
        attributes: { ebuildVersion: stringOf(entry?.ebuild_version) },
      }),
    );
  }
  return { packages, problems };
}
