import type { Inventory, InventoryFacts } from '../../model/inventory.ts';
import type { Problem } from '../../model/problem.ts';
import type { Resource } from '../../model/resource.ts';

/** A kind of place where resources are found. It says what is there and where the bytes lie; collecting reads them. */
export type Target = {
  /** Folder's name, and the prefix on the command line: `oci-layout:DIR`. */
  readonly id: string;
  readonly title: string;
  readonly sources: readonly string[];
  /** False where a location is not a path of this machine (`host`, a registry reference). Default: a path. */
  readonly locationIsPath?: boolean;
  /** Whether a bare path or reference is of this kind. Looks, never reads whole. */
  recognises(location: string): Promise<boolean>;
  /** The resources at the location. Cheap: identity and fingerprint only. Resolves with problems, never rejects. */
  discover(location: string, options?: DiscoverOptions): Promise<Discovery>;
  /** Where the bytes of one discovered resource lie. Rejects with a plain error that says what to do. */
  open(resource: Resource, options: OpenOptions): Promise<Content>;
  /** Files and directories whose change means that `discover` may answer differently. None: only asking again tells. */
  watchPaths(location: string): readonly string[];
};

export type DiscoverOptions = {
  /**
   * Whether fingerprints are compared with earlier ones; they are where this is not given. Where not, a fingerprint that
   * costs a walk of everything is left empty.
   */
  readonly isFingerprintCompared?: boolean;
};

export type Discovery = { readonly resources: readonly Resource[]; readonly problems: readonly Problem[] };

export type OpenOptions = {
  /** A directory that this scan may fill and that is removed after it. */
  readonly scratchDirectory: string;
  /**
   * Whether what a layer of this digest holds is known already. Such a layer need not be fetched: its blob may name a
   * path where nothing lies. Nothing is known where this is not given.
   */
  readonly isLayerKnown?: (digest: string) => Promise<boolean>;
  /** Called while bytes are fetched from elsewhere. */
  readonly onProgress?: (progress: { readonly doneBytes: number; readonly totalBytes: number }) => void;
};

/** Bytes to read, as plain data: it crosses a process boundary. */
export type Content =
  | {
      readonly kind: 'tree';
      /** Absolute path of the root. Nothing outside it is read, whatever a link says. */
      readonly root: string;
      /** Root-relative directories that are not entered (`proc`, other machines' file systems). */
      readonly skip: readonly string[];
      /** Names of directories that are not entered wherever they are (`.cache`). */
      readonly skipNames?: readonly string[];
      /** Only what is installed counts, not what lock files ask for: machines have source trees that nobody runs. */
      readonly installedOnly?: boolean;
      readonly facts: InventoryFacts;
      readonly problems: readonly Problem[];
    }
  | {
      readonly kind: 'layers';
      /** From the base up. */
      readonly layers: readonly LayerBlob[];
      readonly facts: InventoryFacts;
      readonly problems: readonly Problem[];
    }
  | {
      readonly kind: 'disk';
      /** A raw image of a disk, a partition or a volume. */
      readonly path: string;
      /** As for a tree, within the root file system that is found in the image. */
      readonly skip: readonly string[];
      readonly installedOnly: boolean;
      readonly facts: InventoryFacts;
      readonly problems: readonly Problem[];
    }
  | {
      readonly kind: 'zip';
      readonly path: string;
      readonly facts: InventoryFacts;
      readonly problems: readonly Problem[];
    }
  /** Somebody else already took the inventory. */
  | { readonly kind: 'inventory'; readonly inventory: Inventory };

/** One layer: a tar, perhaps compressed, that is a whole file or a part of one. */
export type LayerBlob = {
  /** Nothing may lie here when `OpenOptions.isLayerKnown` answered that the layer is known. */
  readonly path: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** What the manifest says the stored bytes hash to (`sha256:…`); checked while reading. Null: not stated. */
  readonly digest: string | null;
  /** What the image configuration says the uncompressed tar hashes to: the layer's name in evidence. */
  readonly diffId: string | null;
};
