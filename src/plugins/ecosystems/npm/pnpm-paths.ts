import { type JsonObject, objectOf, stringOf } from '../json-with-lines.ts';

export type PnpmCoordinates = {
  readonly name: string;
  readonly version: string;
  readonly commit: string | null;
};

/**
 * Name and version of an entry. Its path holds them: `/@scope/name/1.0.0_peers` in version 5, `/@scope/name@1.0.0(peers)`
 * in version 6, without the slash in version 9. Sources other than a registry name themselves in fields.
 */
export function coordinatesOf(path: string, entry: JsonObject, lockVersion: number): PnpmCoordinates | null {
  const read = readPath(path, lockVersion);
  const name = stringOf(entry.name) ?? read?.name ?? null;
  const version = stringOf(entry.version) ?? read?.version ?? null;
  if (name === null || version === null) return null;
  const resolution = objectOf(entry.resolution);
  const tarball = stringOf(resolution?.tarball) ?? path;
  const commit = stringOf(resolution?.commit) ?? /[/#]([0-9a-f]{40})$/.exec(tarball)?.[1] ?? null;
  return { name, version, commit };
}

export type PnpmPath = { readonly name: string; readonly version: string | null };

/** Name and version of a path alone; the version is null where an address stands in its place. */
export function readPath(path: string, lockVersion: number): PnpmPath | null {
  const bare = path.replace(/^\//, '').replace(/\(.*$/, '');
  return lockVersion >= 6 ? splitAtSign(bare) : (splitSlash(bare) ?? splitAtSign(bare));
}

function splitAtSign(bare: string): PnpmPath | null {
  const at = bare.indexOf('@', 1);
  if (at < 1) return null;
  const version = bare.slice(at + 1);
  return { name: withoutHost(bare.slice(0, at)), version: /^\d/.test(version) ? version : null };
}

function splitSlash(bare: string): PnpmPath | null {
  const slash = bare.lastIndexOf('/');
  if (slash < 1) return null;
  // The peers of a version stand behind an underscore.
  const version = bare.slice(slash + 1).replace(/_.*$/, '');
  return /^\d/.test(version) ? { name: withoutHost(bare.slice(0, slash)), version } : null;
}

// Registries other than the default stand in front: `registry.example.org/name`.
function withoutHost(name: string): string {
  const parts = name.split('/');
  if (parts.length > 1 && /[.:]/.test(parts[0] ?? '') && !name.startsWith('@')) parts.shift();
  return parts.join('/');
}
