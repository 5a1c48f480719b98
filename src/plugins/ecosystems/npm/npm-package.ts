import type { Package, PackageScope } from '../../../model/package.ts';
import { commitVersion, packageOf } from '../package-of.ts';

export type NpmFound = {
  /** `name` or `@scope/name`. */
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly line?: number | null;
  readonly scope?: PackageScope | null;
  readonly relation?: 'direct' | 'transitive' | null;
  readonly introducedBy?: readonly string[];
  readonly licences?: readonly string[];
  readonly attributes?: Readonly<Record<string, string | null>>;
};

/** An npm package. The scope is the namespace of its purl. */
export function npmPackage(found: NpmFound): Package {
  const slash = found.name.startsWith('@') ? found.name.indexOf('/') : -1;
  return packageOf({
    ...found,
    ecosystem: 'npm',
    namespace: slash < 0 ? null : found.name.slice(0, slash),
    purlName: slash < 0 ? found.name : found.name.slice(slash + 1),
    name: found.name,
  });
}

/** Whether a text can be the name of a package, with or without a scope. */
export function isNpmName(name: string): boolean {
  return name.length <= 214 && /^(?:@[^\s/@]+\/)?[^\s/@][^\s/]*$/.test(name);
}

/**
 * The version that a lock file resolved to: a version, or the commit for sources from git. Null for folders on the
 * same disk, which are the project's own.
 */
export function resolvedVersion(version: string): string | null {
  if (/^(?:file|link|workspace|portal):/.test(version)) return null;
  const commit = /#(?:commit[=:])?([0-9a-f]{7,64})$/.exec(version)?.[1];
  if (commit !== undefined) return commitVersion(commit);
  return version;
}
