import type { Package } from '../../../model/package.ts';
import { packageOf } from '../package-of.ts';

export type GenericFound = {
  /** What kind of package it is (`flatpak`, `snap`) or who makes it (`nodejs`); parts divided by `/`. */
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly line?: number | null;
  readonly arch?: string | null;
  readonly source?: { readonly name: string; readonly version: string } | null;
  readonly qualifiers?: Readonly<Record<string, string | null>>;
  readonly licences?: readonly string[];
  readonly attributes?: Readonly<Record<string, string | null>>;
};

/**
 * A package for which the package URL specification has no type of its own. Its namespace is a part of its name, so
 * that a snap and a program of one name are two packages.
 * Source: https://github.com/package-url/purl-spec/blob/main/types-doc/generic-definition.md
 */
export function genericPackage(found: GenericFound): Package {
  return packageOf({
    ...found,
    ecosystem: 'generic',
    purlName: found.name,
    name: `${found.namespace}/${found.name}`,
  });
}
