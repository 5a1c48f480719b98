import type { Package } from '../../../model/package.ts';
import { isNameLike, packageOf } from '../package-of.ts';

export type GemFound = {
  readonly name: string;
  readonly version: string;
  /** What it was built for, when not for Ruby alone: `java`, `x86_64-linux`. */
  readonly platform: string | null;
  readonly path: string;
  readonly line?: number | null;
  readonly relation?: 'direct' | 'transitive' | null;
  readonly licences?: readonly string[];
  readonly attributes?: Readonly<Record<string, string | null>>;
};

/** A Ruby gem. Its platform is a qualifier of the purl, as it is no part of the version. */
export function gemPackage(found: GemFound): Package {
  return packageOf({
    ecosystem: 'gem',
    namespace: null,
    purlName: found.name,
    version: found.version,
    qualifiers: { platform: found.platform },
    path: found.path,
    line: found.line ?? null,
    relation: found.relation ?? null,
    licences: found.licences ?? [],
    attributes: { platform: found.platform, ...found.attributes },
  });
}

/** Whether a text can be the name of a gem. */
export function isGemName(text: string | undefined): text is string {
  return isNameLike(text) && /^[A-Za-z0-9._-]+$/.test(text);
}
