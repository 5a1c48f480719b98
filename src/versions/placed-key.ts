import type { Problem } from '../model/problem.ts';
import { compareBytes } from './key-bytes.ts';
import { versionScheme } from './registry.ts';
import { isProblem } from './scheme.ts';

// Keys of several schemes stand in one index: each behind the name of its scheme and the form of keys. What was
// written under another form, or another scheme, lies outside and is told from a version that is merely lower.

/** Raised whenever any scheme writes other keys than before: what is stored is then written anew. */
export const versionKeyForm = 1;

/** Half-open: low <= key < high, by bytes. */
export type KeyInterval = { readonly low: Uint8Array; readonly high: Uint8Array };

/** Everything that can be stored: no key begins with a byte that is not ASCII. */
export const everyKey: KeyInterval = { low: new Uint8Array(0), high: Uint8Array.of(255) };

/**
 * The key of a version behind its scheme, or null when it has none and must be judged one by one: the scheme is
 * unknown, or the version is not one that its specification allows or has no place in the order.
 */
export function placedKey(schemeId: string, version: string): Uint8Array | null {
  const scheme = versionScheme(schemeId);
  // What is ordered though invalid may count as something else against a bound.
  if (scheme === null || !scheme.isValid(version)) return null;
  const key = scheme.key(version);
  return isProblem(key) ? null : placed(schemeId, key);
}

/** All keys of a scheme. */
export function keysOfScheme(schemeId: string): KeyInterval {
  return { low: placed(schemeId, new Uint8Array(0)), high: head(schemeId, 1) };
}

/** An end of a range of versions: from the bound on, or behind all that counts as the bound. */
export function placedBound(
  schemeId: string,
  bound: string,
  side: 'at' | 'above',
): Uint8Array | Problem | null {
  const scheme = versionScheme(schemeId);
  const key = side === 'at' ? scheme?.key(bound) : scheme?.keyAbove(bound);
  if (key === undefined) return null;
  return isProblem(key) ? key : placed(schemeId, key);
}

/** A comparison with a version, as a question asks for it. */
export type VersionBound = { readonly op: '<' | '<=' | '>' | '>=' | '='; readonly version: string };

/**
 * Where versions within all bounds are stored, and whatever has no key of the scheme. A superset: a bound that cannot
 * be placed does not bound, so what is found there is still to be compared.
 */
export function intervalsWithin(schemeId: string, bounds: readonly VersionBound[]): readonly KeyInterval[] {
  const whole = keysOfScheme(schemeId);
  let { low, high } = whole;
  for (const { op, version } of bounds) {
    const at = placedBound(schemeId, version, 'at');
    const above = placedBound(schemeId, version, 'above');
    if (at === null || above === null || isProblem(at) || isProblem(above)) continue;
    if (op !== '<' && op !== '<=' && compareBytes(at, low) > 0) low = at;
    const end = op === '<' ? at : above;
    if (op !== '>' && op !== '>=' && compareBytes(end, high) < 0) high = end;
  }
  return withinScheme(schemeId, compareBytes(low, high) < 0 ? [{ low, high }] : []);
}

/** Intervals of a scheme's keys, with everything that has no key of the scheme. */
export function withinScheme(schemeId: string, intervals: readonly KeyInterval[]): readonly KeyInterval[] {
  const { low, high } = keysOfScheme(schemeId);
  return [{ low: everyKey.low, high: low }, ...intervals, { low: high, high: everyKey.high }];
}

/** The same keys in as few intervals as can be, from low to high, empty ones left out. */
export function joinIntervals(intervals: readonly KeyInterval[]): readonly KeyInterval[] {
  const sorted = intervals
    .filter(({ low, high }) => compareBytes(low, high) < 0)
    .sort((a, b) => compareBytes(a.low, b.low));
  const joined: KeyInterval[] = [];
  for (const next of sorted) {
    const last = joined.at(-1);
    if (last === undefined || compareBytes(last.high, next.low) < 0) joined.push(next);
    else if (compareBytes(last.high, next.high) < 0) joined[joined.length - 1] = { ...last, high: next.high };
  }
  return joined;
}

function placed(schemeId: string, key: Uint8Array): Uint8Array {
  const front = head(schemeId, 0);
  const bytes = new Uint8Array(front.length + key.length);
  bytes.set(front);
  bytes.set(key, front.length);
  return bytes;
}

function head(schemeId: string, end: 0 | 1): Uint8Array {
  return Uint8Array.from([...new TextEncoder().encode(`${schemeId}/${versionKeyForm}`), end]);
}
