import type { Package, PackageScope } from '../../../model/package.ts';
import { isNameLike, packageOf } from '../package-of.ts';

export type NugetFound = {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly line?: number | null;
  readonly scope?: PackageScope | null;
  readonly relation?: 'direct' | 'transitive' | null;
  readonly attributes?: Readonly<Record<string, string | null>>;
};

export function nugetPackage(found: NugetFound): Package {
  return packageOf({ ...found, ecosystem: 'nuget', namespace: null, purlName: found.name });
}

/** Whether a text can be the id of a package: no properties that were not put in. */
export function isNugetId(text: string | null | undefined): text is string {
  return isNameLike(text) && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(text);
}

/** A version that is one, and no range or property: `1.0`, and `[1.0]`, which asks for exactly that. */
export function exactNugetVersion(text: string | null | undefined): string | null {
  const version = /^\[([^,[\]()]+)\]$/.exec(text?.trim() ?? '')?.[1] ?? text?.trim() ?? '';
  return /^\d[0-9A-Za-z.+-]*$/.test(version) && version.length <= 256 ? version : null;
}
