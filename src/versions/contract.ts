import type { Problem } from '../model/problem.ts';

/** How versions of one ecosystem are ordered. One file per scheme; pure, no I/O, linear time in the input. */
export type VersionScheme = {
  /** As statements name it: `deb`, `rpm`, `apk`, `semver`, `pep440`. */
  readonly id: string;
  /** Manual or specification that it follows. */
  readonly sources: readonly string[];
  /** Longest version that is looked at, in characters; longer ones are invalid. */
  readonly lengthMax: number;
  isValid(version: string): boolean;
  /** -1, 0 or 1 for valid versions (total and transitive); a problem when either cannot be parsed. */
  compare(left: string, right: string): -1 | 0 | 1 | Problem;
  /**
   * What of a version counts against a bound of an advisory, where that is less than the whole: a label that only says
   * who built it. The version itself for most schemes.
   */
  readonly against?: (version: string, bound: string) => string;
};
