import type { AffectedRange, Statement } from '../model/advisory.ts';
import { compareBytes } from '../versions/key-bytes.ts';
import { type KeyInterval, keysOfScheme, placedBound } from '../versions/placed-key.ts';
import { versionScheme } from '../versions/registry.ts';
import { isProblem } from '../versions/scheme.ts';

/** Keys of versions of the statement's scheme; `every`: of whatever version, in whatever scheme it is stored. */
export type Reach = 'every' | readonly KeyInterval[];

/**
 * Where a statement can make a package version anything but unaffected: a superset of the versions that judging it
 * calls affected or undetermined. A bound that cannot be placed does not bound.
 */
export function reachOf(statement: Statement): Reach {
  const { status, ranges, versions, scheme } = statement;
  if (status === 'under-investigation' || status === 'unknown') return 'every';
  // Outside its ranges a negative statement leaves the version open.
  if (status === 'not-affected') return ranges.length === 0 ? [] : 'every';
  if ((ranges.length === 0 && versions.length === 0) || versionScheme(scheme) === null) return 'every';
  const intervals = ranges.map((range) => intervalOf(range, scheme));
  for (const version of versions) {
    const listed = listedInterval(version, scheme);
    if (listed === 'every') return 'every';
    if (listed !== null) intervals.push(listed);
  }
  return intervals;
}

function intervalOf({ introduced, fixed, lastAffected }: AffectedRange, scheme: string): KeyInterval {
  const whole = keysOfScheme(scheme);
  const low = endOf(introduced, scheme, 'at') ?? whole.low;
  const ends = [endOf(fixed, scheme, 'at'), endOf(lastAffected, scheme, 'above'), whole.high];
  return { low, high: lowest(ends.filter((end) => end !== null)) };
}

function endOf(bound: string | null, scheme: string, side: 'at' | 'above'): Uint8Array | null {
  const end = bound === null ? null : placedBound(scheme, bound, side);
  return isProblem(end) ? null : end;
}

function lowest(ends: readonly Uint8Array[]): Uint8Array {
  return ends.reduce((low, end) => (compareBytes(end, low) < 0 ? end : low));
}

// A text that is no version only equals itself, and then the stored version has no key and is always judged.
function listedInterval(version: string, scheme: string): KeyInterval | 'every' | null {
  const low = placedBound(scheme, version, 'at');
  const high = placedBound(scheme, version, 'above');
  if (low === null || high === null) return 'every';
  if (isProblem(low) || isProblem(high)) return isProblem(low) && low.kind === 'malformed' ? null : 'every';
  return { low, high };
}
