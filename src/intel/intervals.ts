import type { PackageKey, Statement } from '../model/advisory.ts';
import { everyKey, joinIntervals, type KeyInterval, withinScheme } from '../versions/placed-key.ts';
import type { Intelligence } from './contract.ts';
import { reachOf } from './intervals-of-statement.ts';

/** How many intervals are told apart under one key; where there are more, one covers them all. */
export const intervalsMax = 64;

/** What of a key is to be judged again: the stored versions whose keys lie in an interval, and all without a key. */
export type ChangedIntervals = { readonly key: PackageKey; readonly intervals: readonly KeyInterval[] };

type Views = { readonly from: Intelligence; readonly to: Intelligence };

/**
 * Where verdicts can differ between two revisions because of what changed under one key. Only the flaws whose
 * statements changed count, and of those every statement of both revisions, changed or not: where all of them leave a
 * version unaffected it has no match before or after, elsewhere they may decide together. Versions that are looked up
 * under `others` too may have been overruled from there, so statements on the same flaws count under those keys. Keys
 * without an interval are left out.
 */
export function changedIntervals(
  views: Views,
  key: PackageKey,
  others: readonly PackageKey[],
): readonly ChangedIntervals[] {
  const flaws = changedFlaws(views, key);
  if (flaws.size === 0) return [];
  return [key, ...others].flatMap((one) => {
    const intervals = joinedReach(statementsOn(views, one, flaws));
    return intervals.length === 0 ? [] : [{ key: one, intervals }];
  });
}

// The display ids under which something else is said in one revision than in the other.
function changedFlaws({ from, to }: Views, key: PackageKey): ReadonlySet<string> {
  const before = statementsByFlaw(from, key);
  const after = statementsByFlaw(to, key);
  return new Set([...before.keys(), ...after.keys()].filter((id) => before.get(id) !== after.get(id)));
}

// Texts, since the order among the statements of a flaw counts too.
function statementsByFlaw(view: Intelligence, key: PackageKey): ReadonlyMap<string, string> {
  const byFlaw = new Map<string, string>();
  for (const statement of view.statements(key)) {
    const id = view.displayId(statement.vulnerability);
    byFlaw.set(id, `${byFlaw.get(id) ?? ''}${JSON.stringify(statement)}\n`);
  }
  return byFlaw;
}

function statementsOn({ from, to }: Views, key: PackageKey, flaws: ReadonlySet<string>): Statement[] {
  return [from, to].flatMap((view) =>
    view.statements(key).filter(({ vulnerability }) => flaws.has(view.displayId(vulnerability))),
  );
}

function joinedReach(statements: readonly Statement[]): readonly KeyInterval[] {
  const schemes = new Set<string>();
  const intervals: KeyInterval[] = [];
  for (const statement of statements) {
    const reach = reachOf(statement);
    if (reach === 'every') return [everyKey];
    if (reach.length > 0) schemes.add(statement.scheme);
    intervals.push(...reach);
  }
  const [scheme] = schemes;
  if (scheme === undefined) return [];
  // A stored version has the key of one scheme, which tells nothing about bounds of another. What has no key of the
  // scheme is always judged.
  return schemes.size > 1 ? [everyKey] : withinScheme(scheme, few(joinIntervals(intervals)));
}

function few(intervals: readonly KeyInterval[]): readonly KeyInterval[] {
  const [first, last] = [intervals[0], intervals.at(-1)];
  if (intervals.length <= intervalsMax || !first || !last) return intervals;
  return [{ low: first.low, high: last.high }];
}
