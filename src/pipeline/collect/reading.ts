import type { OsRelease } from '../../model/os-release.ts';
import type { Package } from '../../model/package.ts';
import type { Problem } from '../../model/problem.ts';
import type { OwnedFiles } from '../../plugins/ecosystems/contract.ts';
import type { ReadFacts } from './facts/gather.ts';
import type { TreeWitness } from './tree-witness.ts';

/**
 * What was read from one body of bytes: a layer, a directory tree, a zip. Plain data, independent of what lies above
 * or below it, so that it can be kept under the body's digest for ever.
 */
export type Reading = {
  readonly files: readonly ReadFile[];
  readonly releases: readonly { readonly path: string; readonly os: OsRelease }[];
  /** Paths that this layer takes away from the layers below, with everything under them. */
  readonly removed: readonly string[];
  /** Directories of which this layer hides what the layers below have. */
  readonly opaque: readonly string[];
  /** Symbolic links near the root, which layers above may write through (`lib` to `usr/lib`). */
  readonly links: readonly { readonly path: string; readonly to: string }[];
  readonly problems: readonly Problem[];
  /** What it says of the configuration; absent where that was not looked at, as in a source tree. */
  readonly facts?: ReadFacts;
  /** False when an error or a limit ended the reading early: what it has is true, and not all. */
  readonly isComplete: boolean;
  /** Of a directory tree only: what the reading rests on. */
  readonly witness?: TreeWitness | null;
  readonly entryCount: number;
  readonly byteCount: number;
};

/** One file that an extractor read. */
export type ReadFile = {
  readonly path: string;
  readonly extractor: string;
  /** A lock file: what a project asks for. */
  readonly isDeclaration: boolean;
  readonly packages: readonly Package[];
  readonly problems: readonly Problem[];
  /** Only files that could be evidence of a language package are kept. */
  readonly owned: readonly OwnedFiles[];
};
