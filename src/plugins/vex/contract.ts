import type { Problem } from '../../model/problem.ts';
import type { PurlParts } from '../../model/purl.ts';

/**
 * A form of VEX document: what somebody says of vulnerabilities in products. It translates a parsed document; reading
 * files and choosing the format is shared code. Whatever the document holds it yields problems and never throws.
 */
export type VexFormat = {
  /** The folder's name. */
  readonly id: string;
  readonly title: string;
  /** Specifications of the documents. */
  readonly sources: readonly string[];
  /** Whether a parsed file is of this format. */
  recognises(document: unknown): boolean;
  /** Everything that the document says. `where` is the file's name, for problems. */
  read(document: unknown, where: string): Iterable<VexStatement | Problem>;
};

/** What a document says of one vulnerability in some products. */
export type VexStatement = {
  /** Id of the format plugin. */
  readonly format: string;
  /** The document's own id, or its file name. */
  readonly document: string;
  readonly author: string | null;
  /** The statement's own id, or its place in the document as a JSON pointer. */
  readonly record: string;
  /** When it was last changed, ISO 8601; null where the document does not tell. */
  readonly issuedAt: string | null;
  /** The vulnerability by every name that the document gives it. */
  readonly vulnerabilities: readonly string[];
  readonly status: VexStatus;
  /** The format's own word for why it is not affected. */
  readonly justification: string | null;
  /** What the author says of it in words: the impact, or what to do. */
  readonly detail: string | null;
  readonly products: readonly VexProduct[];
};

export type VexStatus = 'not_affected' | 'affected' | 'fixed' | 'under_investigation';

/**
 * What a statement is about. `component` is the package inside the product; null: the product as a whole, which may be
 * the package itself or what ships it.
 */
export type VexProduct = {
  readonly product: VexIdentity;
  readonly component: VexIdentity | null;
};

/** How a document names a thing; a thing may have several names. Nothing that is empty can be recognised. */
export type VexIdentity = {
  readonly purls: readonly PurlParts[];
  readonly cpes: readonly string[];
  /** Names of other kinds: addresses, digests, titles. They only count where they are equal to the letter. */
  readonly names: readonly string[];
};
