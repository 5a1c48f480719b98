import type { Package, PackageScope } from '../../../model/package.ts';
import { packageOf } from '../package-of.ts';

export type PypiFound = {
  /** As the file writes it. */
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly line?: number | null;
  readonly scope?: PackageScope | null;
  readonly relation?: 'direct' | 'transitive' | null;
  readonly licences?: readonly string[];
  readonly attributes?: Readonly<Record<string, string | null>>;
};

export function pypiPackage(found: PypiFound): Package {
  return packageOf({
    ...found,
    ecosystem: 'pypi',
    namespace: null,
    purlName: normalisePypi(found.name),
    name: found.name,
  });
}

/**
 * The one form of a name: lower case, runs of `-`, `_` and `.` as one hyphen.
 * Source: https://packaging.python.org/en/latest/specifications/name-normalization/
 */
export function normalisePypi(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** Whether a text can be the name of a project. */
export function isPypiName(name: string): boolean {
  return name.length <= 200 && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name);
}
