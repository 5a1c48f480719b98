import type { Intelligence, RevisionDiff } from '../intel/contract.ts';
import { changedIntervals } from '../intel/intervals.ts';
import type { Db } from '../store/database.ts';
import { versionIdsOfMatches, versionsOutside } from '../store/matches.ts';
import { storedKeys, versionIdsIn } from '../store/version-keys.ts';

// Few at once: what is compared between two queries holds up everything else in the process.
const keysAtOnce = 500;
const vulnerabilitiesAtOnce = 5000;

/** Ids of stored package versions. */
export type ChangedVersions = {
  readonly all: ReadonlySet<number>;
  /** Those whose matches may have changed without anything being recorded since. */
  readonly unsure: ReadonlySet<number>;
};

/**
 * The stored package versions that a revision may judge otherwise than the one before: those in a range that the diff
 * touches, those with a match on a vulnerability whose facts changed (a rating, an exploit), and those that were not
 * judged under the revision before: never, or by a scan that still worked with an older one, which records only its
 * own resource. All others keep their matches as they are.
 */
export async function changedVersions(
  db: Db,
  views: { readonly from: Intelligence; readonly to: Intelligence },
  diff: RevisionDiff,
): Promise<ChangedVersions> {
  const outside = await versionsOutside(db, diff.from);
  const all = new Set(outside.map(({ id }) => id));
  for (let from = 0; from < diff.keys.length; from += keysAtOnce) {
    const stored = await storedKeys(db, diff.keys.slice(from, from + keysAtOnce));
    const places = stored.flatMap(({ key, others }) => changedIntervals(views, key, others));
    for (const id of await versionIdsIn(db, places)) all.add(id);
  }
  for (let from = 0; from < diff.vulnerabilities.length; from += vulnerabilitiesAtOnce) {
    const slice = diff.vulnerabilities.slice(from, from + vulnerabilitiesAtOnce);
    for (const id of await versionIdsOfMatches(db, slice)) all.add(id);
  }
  return { all, unsure: new Set(outside.flatMap(({ id, wasJudged }) => (wasJudged ? [id] : []))) };
}

/**
 * Changed vulnerabilities of which a finding itself carries something: the chance of exploitation, and whether an
 * exploit is known. A text that changed is joined when a finding is read.
 */
export function changedFacts(
  { from, to }: { readonly from: Intelligence; readonly to: Intelligence },
  diff: RevisionDiff,
): readonly string[] {
  return diff.vulnerabilities.filter((id) => carriedFacts(from, id) !== carriedFacts(to, id));
}

function carriedFacts(view: Intelligence, id: string): string {
  const known = view.vulnerability(id);
  const isExploited = known !== null && (known.kev !== null || known.exploits.length > 0);
  return `${known?.epss?.score ?? null} ${isExploited}`;
}
