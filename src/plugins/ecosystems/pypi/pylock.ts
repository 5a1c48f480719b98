import type { Extractor } from '../contract.ts';
import { objectOf, stringOf } from '../json-with-lines.ts';
import { baseName, sibling } from '../read-text.ts';
import { extractLockedList } from './locked-list.ts';

/**
 * The lock file that all tools share.
 * Source: https://packaging.python.org/en/latest/specifications/pylock-toml/
 */
export const pypiPylock = {
  id: 'pypi/pylock',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  endings: ['.toml'],
  wants: (path) => path.endsWith('.toml') && /^pylock(?:\.[^.]+)?\.toml$/.test(baseName(path)),
  isDeclaration: () => true,
  companions: (path) => [sibling(path, 'pyproject.toml')],
  extract: (file) =>
    extractLockedList(file, {
      key: 'packages',
      scopeOf: () => null,
      commitOf: (entry) => stringOf(objectOf(entry.vcs)?.['commit-id']),
      isLocal: (entry) => 'directory' in entry,
    }),
} satisfies Extractor;
