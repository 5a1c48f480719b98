import type { NetworkState } from '../../model/exposure.ts';
import type { FindingEventKind } from '../../model/finding.ts';
import type { Desired, Recorded } from './reconcile.ts';

/** The storage that recording needs. Memory versions serve tests; `store/findings.ts` is the real one. */
export type FindingStore = {
  resources(ids: readonly number[]): Promise<readonly RecordingResource[]>;
  /** Per inventory and vulnerability; null vulnerabilities: all of them. Ratings only where asked for. */
  desired(
    inventoryIds: readonly number[],
    vulnerabilities: readonly string[] | null,
    withRatings: boolean,
  ): Promise<ReadonlyMap<number, ReadonlyMap<string, DesiredOfInventory>>>;
  /** What the network opens, per resource and key of the finding. */
  desiredOfNetwork(
    resourceIds: readonly number[],
    keys: readonly string[] | null,
  ): Promise<ReadonlyMap<number, ReadonlyMap<string, Desired>>>;
  /** Per resource and vulnerability. */
  recorded(
    resourceIds: readonly number[],
    vulnerabilities: readonly string[] | null,
  ): Promise<ReadonlyMap<number, ReadonlyMap<string, Recorded>>>;
  /** Findings and their events, together or not at all. */
  apply(changes: readonly FindingChange[], revision: string): Promise<void>;
};

export type DesiredOfInventory = Desired & {
  /** Scores of the packages with the vectors behind them; empty where they were not asked for. */
  readonly ratings: readonly { readonly score: number; readonly vector: string }[];
};

export type RecordingResource = {
  readonly resourceId: number;
  readonly accountId: string;
  readonly region: string;
  readonly id: string;
  readonly inventoryId: number | null;
  readonly isGone: boolean;
  /** What the network lets through to it; null where no network names it. */
  readonly network: NetworkState | null;
};

export type FindingChange = {
  readonly resource: RecordingResource;
  readonly vulnerability: string;
  readonly next: Recorded;
  readonly event: FindingEventKind | null;
  readonly before: {
    readonly status: number;
    readonly severity: number;
    readonly score: number | null;
  } | null;
};
