import type { Inventory } from '../../model/inventory.ts';
import type { Problem } from '../../model/problem.ts';
import type { Resource } from '../../model/resource.ts';

/** A kind of place where resources are found and read. */
export type Target = {
  /** Folder's name, and the prefix on the command line: `oci-layout:DIR`. */
  readonly id: string;
  readonly title: string;
  readonly sources: readonly string[];
  /** Whether a bare path or reference is of this kind. Looks, never reads whole. */
  recognises(location: string): Promise<boolean>;
  /** The resources at the location. Cheap: identity and fingerprint only, no inventory. */
  discover(location: string): Promise<Discovery>;
  /** The inventory of one resource found by `discover`. Resolves with problems rather than rejecting. */
  collect(resource: Resource, options: CollectOptions): Promise<Inventory>;
  /** Files and directories whose change means that `discover` may answer differently. */
  watchPaths(location: string): readonly string[];
};

export type Discovery = { readonly resources: readonly Resource[]; readonly problems: readonly Problem[] };

export type CollectOptions = {
  readonly limits: CollectLimits;
  readonly onProgress: (progress: CollectProgress) => void;
  readonly signal: AbortSignal | null;
  /** Where layer inventories are kept by digest, or null for no cache. */
  readonly cacheDirectory: string | null;
};

/** Done and, where known, whole amount, of bytes read; and what is being read now. */
export type CollectProgress = {
  readonly doneBytes: number;
  readonly totalBytes: number | null;
  readonly at: string;
};

/** Every limit has a name, which a problem of kind `limit` carries. */
export type CollectLimits = {
  readonly archiveBytesMax: number;
  readonly archiveEntriesMax: number;
  readonly archiveDepthMax: number;
  readonly expansionRatioMax: number;
  readonly pathLengthMax: number;
  readonly treeDepthMax: number;
  readonly bufferedBytesMax: number;
  readonly scanSecondsMax: number;
};
