import { type Json, type JsonObject, objectOf, stringOf } from '../json-with-lines.ts';
import { readPath } from './pnpm-paths.ts';

/** What the project uses a package for; keys are `name@version`, or the path of an entry without its peers. */
export type PnpmUse = {
  isDirect(key: string): boolean;
  isOnlyDev(key: string): boolean;
};

/**
 * Follows the dependencies from each project of the workspace. Older versions mark entries that are only for
 * development themselves; since version 9 only the graph tells.
 */
export function pnpmUse(top: JsonObject, lockVersion: number): PnpmUse {
  const importers = objectOf(top.importers);
  const projects =
    importers === null ? [top] : Object.values(importers).map((value) => objectOf(value) ?? {});
  const snapshots = objectOf(top.snapshots);
  const start = (fields: readonly string[]) =>
    projects.flatMap((project) => edgesOf(project, fields, snapshots));
  const runtime = start(['dependencies', 'optionalDependencies']);
  const dev = start(['devDependencies']);
  const direct = new Set([...runtime, ...dev].map((path) => keyOf(path, lockVersion)));
  if (snapshots === null) return { isDirect: (key) => direct.has(key), isOnlyDev: () => false };
  const usedAtRuntime = keysOf(reach(runtime, snapshots), lockVersion);
  const usedForDev = keysOf(reach(dev, snapshots), lockVersion);
  return {
    isDirect: (key) => direct.has(key),
    isOnlyDev: (key) => usedForDev.has(key) && !usedAtRuntime.has(key),
  };
}

function reach(start: readonly string[], snapshots: JsonObject): ReadonlySet<string> {
  const seen = new Set(start);
  const queue = [...seen];
  for (let i = 0; i < queue.length; i++) {
    const entry = objectOf(snapshots[queue[i] ?? '']) ?? {};
    for (const next of edgesOf(entry, ['dependencies', 'optionalDependencies'], snapshots)) {
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return seen;
}

function edgesOf(
  owner: JsonObject,
  fields: readonly string[],
  snapshots: JsonObject | null,
): readonly string[] {
  const edges: string[] = [];
  for (const field of fields) {
    for (const [name, value] of Object.entries(objectOf(owner[field]) ?? {})) {
      const version = versionOf(value);
      if (version === null) continue;
      // An alias names the package that it stands for itself.
      const isWhole = snapshots !== null ? Object.hasOwn(snapshots, version) : /^\/|^[^/]+@\d/.test(version);
      edges.push(isWhole ? version : `${name}@${version}`);
    }
  }
  return edges;
}

function versionOf(value: Json): string | null {
  return stringOf(value) ?? stringOf(objectOf(value)?.version);
}

function keysOf(paths: ReadonlySet<string>, lockVersion: number): ReadonlySet<string> {
  return new Set([...paths].map((path) => keyOf(path, lockVersion)));
}

function keyOf(path: string, lockVersion: number): string {
  if (!path.startsWith('/')) return path.replace(/\(.*$/, '').replace(lockVersion < 6 ? /_.*$/ : /$/, '');
  const read = readPath(path, lockVersion);
  return read === null || read.version === null ? path : `${read.name}@${read.version}`;
}
