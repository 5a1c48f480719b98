import type { Package } from '../../../model/package.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike } from '../package-of.ts';
import { readJsonObject } from '../read-json.ts';
import { isNugetId, nugetPackage } from './nuget-package.ts';

/**
 * The lock file of NuGet: packages by target framework. A package that several frameworks use is listed once.
 * Source: https://learn.microsoft.com/en-us/nuget/consume-packages/package-references-in-project-files#locking-dependencies
 */
export const nugetPackagesLock = {
  id: 'nuget/packages-lock',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  endings: ['.lock.json'],
  wants: (path) => path.endsWith('.lock.json') && /(?:^|\/)packages(?:\.[^/]+)?\.lock\.json$/.test(path),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const read = readJsonObject(file);
  if ('kind' in read) return { packages: [], problems: [read] };
  const packages = new Map<string, Package>();
  for (const framework of Object.values(objectOf(read.top.dependencies) ?? {})) {
    const level = objectOf(framework);
    for (const [name, value] of Object.entries(level ?? {})) {
      const entry = objectOf(value);
      const version = stringOf(entry?.resolved);
      // Projects of the same solution have no version.
      if (level === null || !isNugetId(name) || !isNameLike(version)) continue;
      const relation = entry?.type === 'Direct' ? 'direct' : 'transitive';
      const found = nugetPackage({
        name,
        version,
        path: file.path,
        line: read.document.lineOf(level, name),
        relation,
      });
      if (packages.get(found.purl)?.relation !== 'direct') packages.set(found.purl, found);
    }
  }
  return { packages: [...packages.values()], problems: [] };
}
