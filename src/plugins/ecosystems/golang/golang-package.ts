import type { Package } from '../../../model/package.ts';
import { isNameLike, packageOf } from '../package-of.ts';

export type GolangFound = {
  /** Module path, with its major version suffix. */
  readonly module: string;
  /** `v1.2.3`, as Go writes it. */
  readonly version: string;
  readonly path: string;
  readonly line?: number | null;
  readonly relation?: 'direct' | 'transitive' | null;
  readonly attributes?: Readonly<Record<string, string | null>>;
};

export function golangPackage(found: GolangFound): Package {
  const slash = found.module.lastIndexOf('/');
  return packageOf({
    ecosystem: 'golang',
    namespace: slash < 0 ? null : found.module.slice(0, slash),
    purlName: found.module.slice(slash + 1),
    name: found.module,
    version: found.version,
    path: found.path,
    line: found.line ?? null,
    relation: found.relation ?? null,
    attributes: found.attributes ?? {},
  });
}

/** Whether a text can be the path of a module and not a folder of the project. */
export function isModulePath(text: string | undefined): text is string {
  return isNameLike(text) && !/^(?:\.\.?(?:\/|$)|\/|[A-Za-z]:\\)/.test(text) && !text.includes('//');
}

/**
 * The version of the standard library that a Go release brings, as advisories write it: `go1.21rc2` is
 * `v1.21.0-rc.2`. Null for builds in between releases.
 * Source: https://go.dev/doc/toolchain#version
 */
export function standardLibraryVersion(release: string): string | null {
  const found = /^(?:go)?(1)\.(\d{1,4})(?:\.(\d{1,4}))?(?:(rc|beta)(\d{1,3}))?(?:[-+\s].*)?$/.exec(release);
  if (found === null) return null;
  const [, major, minor, patch, phase, number] = found;
  return `v${major}.${minor}.${patch ?? '0'}${phase === undefined ? '' : `-${phase}.${number}`}`;
}
