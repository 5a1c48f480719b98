import type { PackageScope } from '../../../model/package.ts';
import type { Extractor } from '../contract.ts';
import { type JsonObject, listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { hasName, sibling } from '../read-text.ts';
import { extractLockedList, type LockedList } from './locked-list.ts';

/**
 * The lock file of Poetry.
 * Source: https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock
 */
export const pypiPoetryLock = {
  id: 'pypi/poetry-lock',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  names: ['poetry.lock'],
  wants: (path) => hasName(path, 'poetry.lock'),
  isDeclaration: () => true,
  companions: (path) => [sibling(path, 'pyproject.toml')],
  extract: (file) => extractLockedList(file, list),
} satisfies Extractor;

const list: LockedList = {
  key: 'package',
  scopeOf,
  commitOf: (entry) => stringOf(sourceOf(entry)?.resolved_reference),
  isLocal: (entry) => ['directory', 'file'].includes(stringOf(sourceOf(entry)?.type) ?? ''),
};

function sourceOf(entry: JsonObject): JsonObject | null {
  return objectOf(entry.source);
}

// A category up to version 1, since then the groups that pull it in; `main` is what runs.
function scopeOf(entry: JsonObject): PackageScope | null {
  const groups = listOf(entry.groups).map(stringOf);
  const isRuntime = groups.includes('main') || stringOf(entry.category) === 'main';
  if (entry.optional === true && (isRuntime || groups.length === 0)) return 'optional';
  if (isRuntime) return 'runtime';
  if (stringOf(entry.category) === 'dev') return 'dev';
  if (groups.length === 0) return null;
  return groups.every((group) => group === 'test') ? 'test' : 'dev';
}
