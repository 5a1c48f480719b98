import type { Severity } from './severity.ts';

export const findingStatuses = ['ACTIVE', 'SUPPRESSED', 'CLOSED'] as const;
export type FindingStatus = (typeof findingStatuses)[number];

/** The kinds of finding, in the order of their stored numbers. */
export const findingTypes = ['PACKAGE_VULNERABILITY', 'NETWORK_REACHABILITY'] as const;
export type FindingType = (typeof findingTypes)[number];

/** How a score came to differ from the base score, metric by metric, and the vector that gives it. */
export type ScoreAdjustment = {
  readonly vector: string;
  readonly adjustments: readonly { readonly metric: string; readonly reason: string }[];
};

/** Why a finding closed. */
export type CloseReason =
  | 'FIXED'
  | 'PACKAGE_GONE'
  | 'WITHDRAWN'
  | 'NOT_AFFECTED'
  | 'RESOURCE_GONE'
  | 'INELIGIBLE';

/** What happened to a finding; history is the list of these. */
export type FindingEventKind =
  | 'OPENED'
  | 'CLOSED'
  | 'REOPENED'
  | 'UPDATED'
  | 'SUPPRESSED'
  | 'UNSUPPRESSED'
  | 'DELETED';

/** One (account, resource, vulnerability) that is lived with. Times are milliseconds since the epoch. */
export type Finding = {
  readonly vulnerabilityId: string;
  readonly status: FindingStatus;
  readonly severity: Severity;
  /** CVSS 3 score after adjustment, 0 to 10; null when no source gave one. */
  readonly score: number | null;
  readonly fixAvailable: 'YES' | 'NO' | 'PARTIAL';
  readonly exploitAvailable: boolean;
  readonly firstObservedAt: number;
  readonly lastObservedAt: number;
  readonly updatedAt: number;
  readonly closedAt: number | null;
  readonly closeReason: CloseReason | null;
};
