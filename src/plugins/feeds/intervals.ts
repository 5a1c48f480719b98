import type { AffectedRange } from '../../model/advisory.ts';
import { type Problem, problem } from '../../model/problem.ts';
import type { VersionScheme } from '../../versions/contract.ts';

/** A run of versions. A null end has no bound; an open end leaves its version out. */
export type Interval = {
  readonly low: string | null;
  readonly lowOpen: boolean;
  readonly high: string | null;
  readonly highOpen: boolean;
};

export const everything: Interval = { low: null, lowOpen: false, high: null, highOpen: false };

/** Most intervals of one constraint. */
export const intervalsMax = 500;

/**
 * Set algebra on versions, in the order of one scheme. Operations give a problem when a bound cannot be compared or
 * there are too many intervals.
 */
export type IntervalAlgebra = {
  intersect(left: readonly Interval[], right: readonly Interval[]): readonly Interval[] | Problem;
  /** What lies in none of the intervals. */
  complement(intervals: readonly Interval[]): readonly Interval[] | Problem;
};

export function intervalAlgebra(scheme: VersionScheme, where: string): IntervalAlgebra {
  return {
    intersect: (left, right) => guarded(where, [left, right], () => intersectAll(left, right, scheme)),
    complement: (intervals) => guarded(where, [intervals], () => complementOf(intervals, scheme)),
  };
}

/**
 * Intervals as affected ranges. Ranges begin at a version that belongs to them; where an interval leaves its first
 * version out, the range begins at the nearest version above that the scheme can write.
 */
export function rangesOf(intervals: readonly Interval[], schemeId: string): readonly AffectedRange[] {
  return intervals.map(({ low, lowOpen, high, highOpen }) => {
    const introduced = low !== null && lowOpen ? nextAbove(low, schemeId) : low;
    const lastOfSeries = highOpen ? endOfSeries(high, schemeId) : null;
    if (lastOfSeries !== null) return { introduced, fixed: null, lastAffected: lastOfSeries };
    return { introduced, fixed: highOpen ? high : null, lastAffected: highOpen ? null : high };
  });
}

/**
 * `5.x` ends below `6.0.0-0`. That is where the series ends, not where the flaw is fixed, so it must not look like a
 * fix: the last version that the series could have stands for the end.
 */
function endOfSeries(high: string | null, schemeId: string): string | null {
  const match = schemeId === 'semver' ? /^(\d+)\.(\d+)\.0-0$/.exec(high ?? '') : null;
  if (match === null) return null;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  if (minor > 0) return `${major}.${minor - 1}.999999999`;
  return major > 0 ? `${major - 1}.999999999.999999999` : null;
}

function guarded(
  where: string,
  inputs: readonly (readonly Interval[])[],
  run: () => readonly Interval[] | null,
): readonly Interval[] | Problem {
  if (inputs.some((input) => input.length > intervalsMax)) {
    return problem('limit', where, 'version constraint has too many parts', 'intervalsMax');
  }
  return run() ?? problem('malformed', where, 'a bound of the version constraint cannot be compared');
}

type Order = -1 | 0 | 1 | null;

function order(left: string, right: string, scheme: VersionScheme): Order {
  const result = scheme.compare(left, right);
  return typeof result === 'number' ? result : null;
}

/** The later of two lower ends (or, mirrored, the earlier of two upper ends); null when not comparable. */
function tighter(
  a: { readonly version: string | null; readonly open: boolean },
  b: { readonly version: string | null; readonly open: boolean },
  direction: { readonly sign: 1 | -1; readonly scheme: VersionScheme },
): { readonly version: string | null; readonly open: boolean } | null {
  if (a.version === null) return b;
  if (b.version === null) return a;
  const compared = order(a.version, b.version, direction.scheme);
  if (compared === null) return null;
  if (compared === 0) return { version: a.version, open: a.open || b.open };
  return compared === direction.sign ? a : b;
}

function intersectAll(
  left: readonly Interval[],
  right: readonly Interval[],
  scheme: VersionScheme,
): readonly Interval[] | null {
  const result: Interval[] = [];
  for (const a of left) {
    for (const b of right) {
      const low = tighter(lowOf(a), lowOf(b), { sign: 1, scheme });
      const high = tighter(highOf(a), highOf(b), { sign: -1, scheme });
      if (low === null || high === null) return null;
      const both = { low: low.version, lowOpen: low.open, high: high.version, highOpen: high.open };
      const isEmpty = isEmptyInterval(both, scheme);
      if (isEmpty === null) return null;
      if (!isEmpty) result.push(both);
    }
  }
  return result;
}

function lowOf({ low, lowOpen }: Interval): { readonly version: string | null; readonly open: boolean } {
  return { version: low, open: lowOpen };
}

function highOf({ high, highOpen }: Interval): { readonly version: string | null; readonly open: boolean } {
  return { version: high, open: highOpen };
}

function isEmptyInterval({ low, lowOpen, high, highOpen }: Interval, scheme: VersionScheme): boolean | null {
  if (low === null || high === null) return false;
  const compared = order(low, high, scheme);
  if (compared === null) return null;
  return compared === 1 || (compared === 0 && (lowOpen || highOpen));
}

function complementOf(intervals: readonly Interval[], scheme: VersionScheme): readonly Interval[] | null {
  let rest: readonly Interval[] | null = [everything];
  for (const { low, lowOpen, high, highOpen } of intervals) {
    const outside: Interval[] = [];
    if (low !== null) outside.push({ ...everything, high: low, highOpen: !lowOpen });
    if (high !== null) outside.push({ ...everything, low: high, lowOpen: !highOpen });
    rest = rest === null ? null : intersectAll(rest, outside, scheme);
  }
  return rest;
}

/**
 * A version directly above. Exact for semantic versions, where nothing lies between; for gems and Composer one step
 * so small that no release is known to fall into it.
 */
function nextAbove(version: string, schemeId: string): string {
  const release = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  if (schemeId === 'semver') {
    if (release !== null) return `${release[1]}.${release[2]}.${Number(release[3]) + 1}-0`;
    return version.includes('-') ? `${version}.0` : version;
  }
  if (schemeId === 'composer') return release === null ? version : `${version}.1`;
  return /^\d+(\.\d+)*$/.test(version) ? `${version}.0.0.0.1` : version;
}
