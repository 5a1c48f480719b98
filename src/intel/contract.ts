import type { PackageKey, Statement } from '../model/advisory.ts';
import type { Vulnerability } from '../model/vulnerability.ts';

/** Read-only view of one revision of the intelligence database. Look-ups are synchronous and do not block for long. */
export type Intelligence = {
  readonly meta: IntelligenceMeta;
  /** Everything that is said of a package key; empty when nothing is. */
  statements(key: PackageKey): readonly Statement[];
  /** By any of its ids; null when no source speaks of it. */
  vulnerability(id: string): Vulnerability | null;
  /** The display id of any id: the CVE when an alias is one. An unknown id is its own. */
  displayId(id: string): string;
  /** Every package key with a statement about a vulnerability, by any of its ids. */
  keysOf(id: string): readonly PackageKey[];
  /** Null: no feed assesses this stream, so nothing can be said of its packages. */
  stream(stream: string): StreamCoverage | null;
  close(): void;
};

export type IntelligenceMeta = {
  /** Hash of the whole content: equal feeds give equal revisions. 16 hex digits. */
  readonly revision: string;
  /** ISO 8601. */
  readonly builtAt: string;
  /** True for the small set that ships with the program. */
  readonly isStarter: boolean;
  readonly statementCount: number;
  readonly keyCount: number;
  readonly vulnerabilityCount: number;
  readonly feeds: readonly FeedSummary[];
};

export type FeedSummary = {
  readonly id: string;
  readonly statements: number;
  readonly vulnerabilities: number;
  readonly problems: number;
  /** The newest date that its streams or records give, ISO 8601, or null. */
  readonly asOf: string | null;
};

export type StreamCoverage = {
  readonly stream: string;
  readonly feeds: readonly string[];
  readonly complete: boolean;
  readonly asOf: string | null;
};

/** What changed between two revisions: package keys to judge again, and vulnerabilities whose facts changed. */
export type RevisionDiff = {
  readonly from: string;
  readonly to: string;
  readonly keys: readonly PackageKey[];
  readonly vulnerabilities: readonly string[];
  /** Streams that began or ceased to be assessed. */
  readonly streams: readonly string[];
};
