import type { Finding } from '@aws-sdk/client-inspector2';
import type { Logger } from 'pino';
import type { Intelligence } from '../intel/contract.ts';
import type { ScanLimits } from '../lib/limits.ts';
import type { LayerCache } from '../pipeline/collect/layer-cache.ts';
import type { Readers } from '../pipeline/collect/readers.ts';
import type { LifecycleRules } from '../pipeline/record/reconcile.ts';
import type { Db } from '../store/database.ts';
import type { FindingRow } from '../store/finding-list.ts';
import type { KeptNetwork } from './reach-network.ts';
import type { ReportSettings } from './report-destination.ts';

/** What every job works with. Wired in `main.ts`. */
export type JobContext = {
  readonly db: Db;
  readonly intelligence: IntelligenceHolder;
  readonly readers: Readers;
  readonly cache: LayerCache;
  readonly limits: ScanLimits;
  readonly rules: LifecycleRules;
  readonly scratchDirectory: string;
  /** Watched networks that were read, by watch. */
  readonly networks: Map<number, KeptNetwork>;
  readonly region: string;
  /** Where reports are put. */
  readonly reports: ReportSettings;
  /** A stored finding in the shape of the API. */
  readonly findingDocument: (row: FindingRow) => Finding;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onProgress: (subject: string, text: string) => void;
};

/** The opened revision, which changes under running jobs; each job takes it once and keeps it to its end. */
export type IntelligenceHolder = {
  /** Null while no revision was ever built. */
  current(): Intelligence | null;
  /** Opens a newer revision when there is one; answers whether it did. */
  refresh(): Promise<boolean>;
  /** A revision that is kept on disk, opened apart, or null when it was pruned. */
  openRevision(revision: string): Intelligence | null;
};
