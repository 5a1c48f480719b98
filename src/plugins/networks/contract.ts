import type { Network } from '../../model/network.ts';
import type { Problem } from '../../model/problem.ts';

/** A vendor's way of describing a network. It translates documents that somebody has fetched; it fetches nothing. */
export type NetworkSource = {
  /** The folder's name. */
  readonly id: string;
  readonly title: string;
  /** Specifications of the documents. */
  readonly sources: readonly string[];
  /** Whether any of the documents is of this kind. */
  recognises(documents: readonly NetworkDocument[]): boolean;
  /**
   * All documents of one network, several accounts and Regions together, to the neutral model. Whatever they hold it
   * returns problems and never throws: a document that is missing, an id that leads nowhere, a value that makes no
   * sense.
   */
  translate(documents: readonly NetworkDocument[]): Translation;
};

/** One parsed JSON file. */
export type NetworkDocument = {
  /** The file's name, which may tell account, Region or the object that it belongs to. */
  readonly name: string;
  readonly content: unknown;
};

export type Translation = { readonly network: Network; readonly problems: readonly Problem[] };
