import type { AffectedRange, PackageKey, StatementStatus } from './advisory.ts';

/**
 * A package version as matching sees it, apart from any resource: judged once, however many resources carry it.
 * Two packages with equal subjects get equal matches.
 */
export type Subject = {
  readonly ecosystem: string;
  /** The binary package's own name and version. */
  readonly name: string;
  readonly version: string;
  readonly arch: string | null;
  /** Every key that intelligence may know it under, most specific first, and the version to compare there. */
  readonly keys: readonly SubjectKey[];
  /** rpm module `name:stream`, or null. */
  readonly module: string | null;
  /** Id of the distribution whose package it is, or null for language packages. */
  readonly distro: string | null;
};

export type SubjectKey = PackageKey & {
  readonly version: string;
  /**
   * Which statements under the key count, where not all do. `named`: those that name the binary package, since others
   * of that name are about a source package. `open`: those without a fix, since the stream is another distribution's
   * whose flaws these packages share and whose versions they do not.
   */
  readonly takes?: 'named' | 'open';
};

/** A verdict on package version × vulnerability, with its proof. */
export type Verdict = {
  /** The id of the statement, joined to its display id. */
  readonly vulnerability: string;
  readonly result: VerdictResult;
  /** The lowest version that fixes it for this package, or null when none is known. */
  readonly fixedVersion: string | null;
  /** The vendor's status, for affected ones: no fix planned is not the same as not fixed yet. */
  readonly status: StatementStatus;
  readonly severityLabel: string | null;
  readonly advisory: string | null;
  readonly feed: string;
  readonly proof: Proof;
};

export type VerdictResult = 'affected' | 'unaffected' | 'undetermined';

/**
 * Why a verdict is what it is. Machine-checkable: replaying the comparisons on the statement gives the same result.
 */
export type Proof = {
  readonly key: PackageKey;
  readonly version: string;
  readonly scheme: string;
  readonly feed: string;
  readonly record: string;
  /** The range that decided, when one did. */
  readonly range: AffectedRange | null;
  readonly comparisons: readonly Comparison[];
  /** One sentence, from the same facts. */
  readonly reason: string;
};

/** One version comparison that was made: `left op right` holds or not, or could not be told. */
export type Comparison = {
  readonly left: string;
  readonly op: '<' | '<=' | '>=' | '=';
  readonly right: string;
  readonly holds: boolean | null;
};
