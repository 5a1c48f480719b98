import type { Purl } from './purl.ts';

/** Where a package was seen. A package has at least one piece of evidence. */
export type Evidence = {
  /** Path from the root of the resource, `/` between parts and none in front: `var/lib/dpkg/status`. */
  readonly path: string;
  /** Digest of the image layer (its uncompressed form, the diff id) that brought it, or null outside images. */
  readonly layer: string | null;
  /** Line, from 1, where the record starts, when the file is text. */
  readonly line: number | null;
};

/** One installed or declared package, as an inventory lists it. */
export type Package = {
  readonly purl: Purl;
  /** The ecosystem plugin that read it, which is the purl type: `deb`, `npm`. */
  readonly ecosystem: string;
  /** The full coordinate in the ecosystem's own form: `openssl`, `@scope/name`, `group:artifact`. */
  readonly name: string;
  /** The full version in the ecosystem's own form: `1:2.3-4` for deb, `1:2.3-4.el9` for rpm. */
  readonly version: string;
  readonly arch: string | null;
  /** The source package that a distribution built it from, with the source's own version. */
  readonly source: { readonly name: string; readonly version: string } | null;
  readonly evidence: readonly Evidence[];
  /** What it is installed for, when the file says so. */
  readonly scope: PackageScope | null;
  /** `direct` when the project names it itself; `null` when the file does not tell. */
  readonly relation: 'direct' | 'transitive' | null;
  /** From the direct dependency down to the parent, when the file tells. */
  readonly introducedBy: readonly string[];
  /** The distribution package that owns its files, `name version`; filled by the overlap rule. */
  readonly owner: string | null;
  /** SPDX expressions or, where none is known, the text of the licence field. */
  readonly licences: readonly string[];
  /** What only one ecosystem has: rpm `modularity`, `vendor`; deb `status`; npm `integrity`. */
  readonly attributes: Readonly<Record<string, string>>;
};

export type PackageScope = 'runtime' | 'dev' | 'test' | 'optional';
