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
   * Bytes whose order is that of `compare`: `compareBytes(key(a), key(b))` has its sign for all versions that have
   * keys. A problem when the version cannot be parsed, has no place in a total order, or its key would be longer than
   * `versionKeyBytesMax`: such a version is judged one by one.
   */
  key(version: string): Uint8Array | Problem;
  /**
   * The lowest bytes above the keys of all versions that count as equal to a bound (see `against`), or the same
   * problems. Only an end of a range, not a key.
   */
  keyAbove(bound: string): Uint8Array | Problem;
  /**
   * What of a version counts against a bound of an advisory, where that is less than the whole: a label that only says
   * who built it. The version itself for most schemes.
   */
  readonly against?: (version: string, bound: string) => string;
};
