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
