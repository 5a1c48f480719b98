import type { Package } from '../../../model/package.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type JsonObject, listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { baseName } from '../read-text.ts';
import { parseToml } from '../read-toml.ts';

/**
 * The manifest of Julia: lists of tables by name, since format 2 below `deps`. Packages of the standard library have
 * no version of their own, but that of Julia.
 * Source: https://pkgdocs.julialang.org/v1/toml-files/#Manifest.toml
 */
export const juliaManifest = {
  id: 'julia/manifest',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  endings: ['.toml'],
  wants: (path) =>
    path.endsWith('.toml') && /^(?:Julia)?Manifest(?:-v[\d.]+|_v[\d.]+)?\.toml$/.test(baseName(path)),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const document = parseToml(file.bytes, file.path);
  if ('kind' in document) return { packages: [], problems: [document] };
  const release = stringOf(document.top.julia_version);
  const isNew = 'manifest_format' in document.top;
  const tables = isNew ? (objectOf(document.top.deps) ?? {}) : document.top;
  const packages: Package[] = [];
  for (const name of Object.keys(tables)) {
    const lines = document.linesOfList(isNew ? `deps.${name}` : name);
    for (const [index, value] of listOf(tables[name]).entries()) {
      const entry = objectOf(value);
      const version = entry === null ? null : versionOf(entry, release);
      if (entry === null || !isNameLike(name) || !isNameLike(version)) continue;
      packages.push(
        packageOf({
          ecosystem: 'julia',
          namespace: null,
          purlName: name,
          version,
          qualifiers: { uuid: stringOf(entry.uuid) },
          path: file.path,
          line: lines[index] ?? null,
          attributes: {
            commit: stringOf(entry['repo-rev']) === null ? null : stringOf(entry['git-tree-sha1']),
            local: 'path' in entry ? 'true' : null,
          },
        }),
      );
    }
  }
  return { packages, problems: [] };
}

function versionOf(entry: JsonObject, release: string | null): string | null {
  const isStandard = !('git-tree-sha1' in entry) && !('path' in entry);
  return stringOf(entry.version) ?? (isStandard ? release : null);
}
