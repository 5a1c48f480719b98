import type { PackageScope } from '../../../model/package.ts';
import type { Extractor } from '../contract.ts';
import { type JsonObject, listOf, stringOf } from '../json-with-lines.ts';
import { hasName, sibling } from '../read-text.ts';
import { extractLockedList } from './locked-list.ts';

/**
 * The lock file of PDM.
 * Source: https://pdm-project.org/en/latest/usage/lockfile/
 */
export const pypiPdmLock = {
  id: 'pypi/pdm-lock',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  names: ['pdm.lock'],
  wants: (path) => hasName(path, 'pdm.lock'),
  isDeclaration: () => true,
  companions: (path) => [sibling(path, 'pyproject.toml')],
  extract: (file) =>
    extractLockedList(file, {
      key: 'package',
      scopeOf,
      commitOf: (entry) => stringOf(entry.revision),
      isLocal: (entry) => 'path' in entry,
    }),
} satisfies Extractor;

function scopeOf(entry: JsonObject): PackageScope | null {
  const groups = listOf(entry.groups).map(stringOf);
  if (groups.length === 0) return null;
  if (groups.includes('default')) return 'runtime';
  return groups.every((group) => group === 'test') ? 'test' : 'dev';
}
