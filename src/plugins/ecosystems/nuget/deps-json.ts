import type { Package } from '../../../model/package.ts';
import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { objectOf } from '../json-with-lines.ts';
import { readJsonObject } from '../read-json.ts';
import { exactNugetVersion, isNugetId, nugetPackage } from './nuget-package.ts';

/**
 * The list that a published .NET program carries of everything it was built from. The runtime packs of programs that
 * bring their runtime have a prefix, which is no part of their name.
 * Source: https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md
 */
export const nugetDepsJson = {
  id: 'nuget/deps-json',
  version: 1,
  sizeMaxBytes: 32 * 1024 * 1024,
  endings: ['.deps.json'],
  wants: (path) => path.endsWith('.deps.json'),
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const read = readJsonObject(file);
  if ('kind' in read) return { packages: [], problems: [read] };
  const libraries = objectOf(read.top.libraries);
  if (libraries === null) {
    return { packages: [], problems: [problem('malformed', file.path, 'The file lists no libraries.')] };
  }
  const packages: Package[] = [];
  for (const [key, value] of Object.entries(libraries)) {
    const slash = key.lastIndexOf('/');
    const name = key.slice(0, Math.max(0, slash)).replace(/^runtimepack\./, '');
    const version = exactNugetVersion(key.slice(slash + 1));
    if (!isNugetId(name) || version === null) continue;
    const isProject = objectOf(value)?.type === 'project';
    packages.push(
      nugetPackage({
        name,
        version,
        path: file.path,
        line: read.document.lineOf(libraries, key),
        scope: 'runtime',
        attributes: { local: isProject ? 'true' : null },
      }),
    );
  }
  return { packages, problems: [] };
}
