import { fields, list, textOf } from '../../lib/fields.ts';
import { type AffectedRange, everyVersion } from '../../model/advisory.ts';
import type { VersionScheme } from '../../versions/contract.ts';
import { versionScheme } from '../../versions/registry.ts';

/** Most events of one OSV range, and most listed versions of one affected entry, that are looked at. */
export const osvEventsMax = 10_000;

export type OsvBounds = {
  readonly ranges: readonly AffectedRange[];
  readonly versions: readonly string[];
  /** What the entry is about when it bounds nothing that we can compare. */
  readonly unknown: string | null;
};

/**
 * The bounds of one `affected` entry. Events of each version range are sorted and swept into half-open ranges; commit
 * ranges say nothing about versions and are passed over. An entry with neither versions nor version ranges is
 * unknown, never "every version".
 * Source: https://ossf.github.io/osv-schema/#evaluation
 */
export function osvBounds(affected: unknown, scheme: string): OsvBounds {
  const told = fields(affected);
  const ranges: AffectedRange[] = [];
  let hasCommits = false;
  for (const range of list(told.ranges).map(fields)) {
    if (range.type === 'GIT') hasCommits = true;
    else ranges.push(...sweep(eventsOf(range.events), scheme));
  }
  const listed = list(told.versions)
    .slice(0, osvEventsMax)
    .filter((item) => typeof item === 'string');
  if (ranges.length > 0) return { ranges, versions: kept(listed, ranges, scheme), unknown: null };
  if (listed.length > 0) return { ...oneByOne(listed, scheme), unknown: null };
  return { ranges, versions: [], unknown: hasCommits ? 'only commit ranges' : 'no versions given' };
}

type Event = { readonly kind: 'introduced' | 'fixed' | 'lastAffected'; readonly version: string };

function eventsOf(value: unknown): readonly Event[] {
  const events: Event[] = [];
  for (const item of list(value).slice(0, osvEventsMax).map(fields)) {
    const introduced = textOf(item.introduced);
    const fixed = textOf(item.fixed);
    const lastAffected = textOf(item.last_affected);
    if (introduced !== null) events.push({ kind: 'introduced', version: introduced });
    if (fixed !== null) events.push({ kind: 'fixed', version: fixed });
    if (lastAffected !== null) events.push({ kind: 'lastAffected', version: lastAffected });
  }
  return events;
}

function sweep(events: readonly Event[], schemeId: string): readonly AffectedRange[] {
  const ranges: AffectedRange[] = [];
  let open: string | null | undefined;
  for (const event of sorted(events, versionScheme(schemeId))) {
    if (event.kind === 'introduced') {
      if (open === undefined) open = isLowest(event.version) ? null : event.version;
    } else if (open !== undefined) {
      ranges.push({
        introduced: open,
        fixed: event.kind === 'fixed' ? event.version : null,
        lastAffected: event.kind === 'lastAffected' ? event.version : null,
      });
      open = undefined;
    }
  }
  if (open !== undefined) ranges.push(open === null ? everyVersion : { ...everyVersion, introduced: open });
  return ranges;
}

// At one version: an end closes what is open before the next range begins there.
const rank = { fixed: 0, introduced: 1, lastAffected: 2 };

function sorted(events: readonly Event[], scheme: VersionScheme | null): readonly Event[] {
  if (scheme === null || events.length < 2) return events;
  return events.toSorted((left, right) => {
    if (left.version === right.version) return rank[left.kind] - rank[right.kind];
    if (isZero(left)) return -1;
    if (isZero(right)) return 1;
    const order = scheme.compare(left.version, right.version);
    // A bound that cannot be compared keeps its place.
    if (typeof order !== 'number') return 0;
    return order === 0 ? rank[left.kind] - rank[right.kind] : order;
  });
}

/** `0` is how OSV writes "from the first version"; RustSec writes the lowest semantic version out. */
function isLowest(version: string): boolean {
  return version === '0' || version === '0.0.0-0';
}

function isZero(event: Event): boolean {
  return event.kind === 'introduced' && event.version === '0';
}

/** Versions that are listed alone become ranges of one version, so that none is ever read as "every version". */
function oneByOne(listed: readonly string[], schemeId: string): Omit<OsvBounds, 'unknown'> {
  const scheme = versionScheme(schemeId);
  const ranges: AffectedRange[] = [];
  const versions: string[] = [];
  for (const version of new Set(listed)) {
    if (scheme?.isValid(version)) ranges.push({ introduced: version, fixed: null, lastAffected: version });
    else versions.push(version);
  }
  return { ranges, versions };
}

/**
 * Listed versions beside ranges. Databases fill the list with every release inside the ranges; only what the ranges
 * do not already say is kept. The outcome is the same, because a version is left out only when its comparison with
 * the bounds of a range proves it affected.
 */
function kept(
  listed: readonly string[],
  ranges: readonly AffectedRange[],
  schemeId: string,
): readonly string[] {
  const scheme = versionScheme(schemeId);
  if (scheme === null) return listed;
  return listed.filter((version) => !ranges.some((range) => covers(range, version, scheme)));
}

function covers(range: AffectedRange, version: string, scheme: VersionScheme): boolean {
  if (!scheme.isValid(version)) return false;
  if (range.introduced !== null && !holds(scheme.compare(version, range.introduced), [0, 1])) return false;
  if (range.fixed !== null && !holds(scheme.compare(version, range.fixed), [-1])) return false;
  return range.lastAffected === null || holds(scheme.compare(version, range.lastAffected), [-1, 0]);
}

function holds(order: unknown, wanted: readonly number[]): boolean {
  return typeof order === 'number' && wanted.includes(order);
}
