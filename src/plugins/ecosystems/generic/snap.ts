import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike } from '../package-of.ts';
import { parseYaml } from '../read-yaml.ts';
import { genericPackage } from './generic-package.ts';

/**
 * The description of an installed snap, in its mounted image.
 * Source: https://snapcraft.io/docs/snap-format
 */
export const genericSnap = {
  id: 'generic/snap',
  version: 1,
  sizeMaxBytes: 4 * 1024 * 1024,
  names: ['snap.yaml'],
  wants: (path) => path.endsWith('/meta/snap.yaml') || path === 'meta/snap.yaml',
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const documents = parseYaml(file);
  if ('kind' in documents) return { packages: [], problems: [documents] };
  const top = objectOf(documents[0]?.value);
  const name = stringOf(top?.name);
  const version = stringOf(top?.version);
  if (!isNameLike(name) || !isNameLike(version)) {
    return { packages: [], problems: [problem('malformed', file.path, 'It has no name or no version.')] };
  }
  const architectures = listOf(top?.architectures).map(stringOf);
  const arch = architectures.length === 1 ? (architectures[0] ?? null) : null;
  const attributes = {
    type: stringOf(top?.type),
    base: stringOf(top?.base),
    grade: stringOf(top?.grade),
    confinement: stringOf(top?.confinement),
  };
  const found = { namespace: 'snap', name, version, path: file.path, arch, attributes };
  return { packages: [genericPackage({ ...found, qualifiers: { arch } })], problems: [] };
}
