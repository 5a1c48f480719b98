/** A finding as an element of a set: what is compared between what a case expects and what we report. */
export type Finding = {
  readonly package: string;
  readonly installed: string;
  readonly vulnerability: string;
  /** The fix that we name, or null when we know none. */
  readonly fixed: string | null;
};

/** A finding that must be there. */
export type Expected = Omit<Finding, 'fixed'> & {
  /** Versions of which one must be named as the fix; null: no fix may be named; undefined: not told. */
  readonly fixed?: readonly string[] | null | undefined;
};

export type Kind = 'distribution' | 'language';

/** One comparison: an inventory, what must be found in it and what must not. */
export type Case = {
  readonly id: string;
  /** Distribution or ecosystem that it counts for. */
  readonly group: string;
  readonly kind: Kind;
  readonly expected: readonly Expected[];
  /** Which of our findings beyond those expected are wrong; the others are not judged. */
  readonly isWrong: (finding: Finding) => boolean;
  run(): Promise<readonly Finding[]>;
  /** What we make of an expected finding that we do not report, for the list of disagreements. */
  readonly whyNot?: (missing: Expected) => string;
};

/** A set of cases, or the reason why it cannot be compared here. */
export type CaseSet = {
  readonly id: string;
  readonly cases: readonly Case[];
  /** Cases that cannot be run, with the reason. */
  readonly skipped: readonly { readonly id: string; readonly why: string }[];
};

/** Everything beyond what is expected is wrong: the case knows the whole truth. */
export function everythingElse(): boolean {
  return true;
}
