import type { SubjectKey } from '../../model/match.ts';
import type { OsRelease } from '../../model/os-release.ts';
import type { Package } from '../../model/package.ts';

// How the distributions name a package in their advisories.

/** The key of the source package in a stream, at the source's own version. Used where advisories name sources. */
export function sourceKey(pkg: Package, stream: string): SubjectKey {
  return { stream, name: pkg.source?.name ?? pkg.name, version: pkg.source?.version ?? pkg.version };
}

/** The key of the binary package in a stream. Used where advisories list binaries. */
export function binaryKey(pkg: Package, stream: string): SubjectKey {
  return { stream, name: pkg.name, version: pkg.version };
}

/**
 * The key of the binary package where advisories name sources, for the few that are about a binary alone: it only
 * takes statements that say so, since a source package of that name may be another one. Null where both names agree.
 */
export function namedKey(pkg: Package, stream: string): SubjectKey | null {
  return sourceKey(pkg, stream).name === pkg.name ? null : { ...binaryKey(pkg, stream), takes: 'named' };
}

/**
 * Both keys of an rpm package. The name of a source rpm has no epoch; where the package has the source's version, it
 * has its epoch too.
 */
export function rpmKeys(pkg: Package, stream: string): readonly SubjectKey[] {
  const source = pkg.source;
  if (source === null || source.name === pkg.name) return [binaryKey(pkg, stream)];
  const plain = pkg.version.slice(pkg.version.indexOf(':') + 1);
  const version = source.version === plain ? pkg.version : source.version;
  return [binaryKey(pkg, stream), { stream, name: source.name, version }];
}

/**
 * Keys under the distribution that a package was rebuilt from, for flaws that the rebuilder does not list because
 * nothing is fixed yet.
 */
export function upstreamKeys(pkg: Package, stream: string): readonly SubjectKey[] {
  return rpmKeys(pkg, stream).map((key) => ({ ...key, takes: 'open' }));
}

/** Both, the binary first, where advisories are not of one kind. */
export function bothKeys(pkg: Package, stream: string): readonly SubjectKey[] {
  const source = sourceKey(pkg, stream);
  return source.name === pkg.name ? [binaryKey(pkg, stream)] : [binaryKey(pkg, stream), source];
}

/** The first number of `VERSION_ID` (`9` of `9.4`), or null. */
export function majorOf(os: OsRelease): string | null {
  return /^(\d{1,8})(?:[.\-_]|$)/.exec(os.versionId ?? '')?.[1] ?? null;
}

/** The first two numbers of `VERSION_ID` (`3.19` of `3.19.1`), or null. */
export function majorMinorOf(os: OsRelease): string | null {
  return /^(\d{1,8}\.\d{1,8})(?:[.\-_]|$)/.exec(os.versionId ?? '')?.[1] ?? null;
}

/** The service pack of a SUSE release: `15.5`, and `15.0` of a bare `15`. */
export function serviceOf(os: OsRelease): string | null {
  return majorMinorOf(os) ?? (/^\d{1,8}$/.test(os.versionId ?? '') ? `${os.versionId}.0` : null);
}
