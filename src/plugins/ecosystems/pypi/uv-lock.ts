import type { PackageScope } from '../../../model/package.ts';
import type { Extractor } from '../contract.ts';
import { type Json, type JsonObject, listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { hasName, sibling } from '../read-text.ts';
import { extractLockedList } from './locked-list.ts';

/**
 * The lock file of uv. The members of the workspace are packages of it too, with what they need to run and for
 * development.
 * Source: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
 */
export const pypiUvLock = {
  id: 'pypi/uv-lock',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  names: ['uv.lock'],
  wants: (path) => hasName(path, 'uv.lock'),
  isDeclaration: () => true,
  companions: (path) => [sibling(path, 'pyproject.toml')],
  extract: (file) =>
    extractLockedList(file, {
      key: 'package',
      scopeOf,
      commitOf: (entry) =>
        /#([0-9a-f]{7,64})$/.exec(stringOf(objectOf(entry.source)?.git) ?? '')?.[1] ?? null,
      isLocal,
    }),
} satisfies Extractor;

function isLocal(entry: JsonObject): boolean {
  const source = objectOf(entry.source);
  return source !== null && ['editable', 'virtual', 'directory', 'path'].some((kind) => kind in source);
}

const runtimeNames = new WeakMap<JsonObject, ReadonlySet<string>>();

// What no member needs to run is only there for development.
function scopeOf(entry: JsonObject, top: JsonObject): PackageScope | null {
  let names = runtimeNames.get(top);
  if (names === undefined) {
    names = neededToRun(listOf(top.package).map((value) => objectOf(value) ?? {}));
    runtimeNames.set(top, names);
  }
  if (names.size === 0) return null;
  return names.has(stringOf(entry.name) ?? '') ? 'runtime' : 'dev';
}

function neededToRun(entries: readonly JsonObject[]): ReadonlySet<string> {
  const byName = new Map<string, JsonObject[]>();
  for (const entry of entries) {
    const name = stringOf(entry.name) ?? '';
    byName.set(name, [...(byName.get(name) ?? []).slice(-64), entry]);
  }
  const members = entries.filter(isLocal).map((entry) => stringOf(entry.name) ?? '');
  const seen = new Set(members);
  const queue = [...seen];
  for (let i = 0; i < queue.length; i++) {
    for (const entry of byName.get(queue[i] ?? '') ?? []) {
      for (const name of dependenciesOf(entry)) {
        if (seen.has(name)) continue;
        seen.add(name);
        queue.push(name);
      }
    }
  }
  return seen;
}

function dependenciesOf(entry: JsonObject): readonly string[] {
  const optional = Object.values(objectOf(entry['optional-dependencies']) ?? {}).flatMap((list: Json) =>
    listOf(list),
  );
  return [...listOf(entry.dependencies), ...optional].map(
    (dependency) => stringOf(objectOf(dependency)?.name) ?? '',
  );
}
