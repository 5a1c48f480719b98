import type { Cidr, Family } from '../../model/address.ts';
import type {
  PrefixList,
  Route,
  RouteTable,
  TransitAttachment,
  TransitRoute,
  TransitTable,
} from '../../model/network.ts';
import type { AddressSpace } from './address-space.ts';
import { boundariesOf } from './compile-acl.ts';
import { pieceAt } from './source-map.ts';

/**
 * A route table as a partition of the destinations: for each piece the route that is taken. A piece has several
 * candidates where the configuration does not decide between them (prefix lists that overlap, entries that were not
 * told); a candidate of null is "no route". Nature takes one; which one is not known.
 */
export type RouteMap<R> = { readonly starts: readonly number[]; readonly choices: readonly Choice<R>[] };
export type Choice<R> = { readonly candidates: readonly (R | null)[]; readonly isUnknown: boolean };

type Entry<R> = {
  readonly start: number;
  readonly end: number;
  readonly prefix: number;
  /** Among equal prefixes the higher wins. */
  readonly rank: number;
  readonly route: R;
};

/**
 * Longest prefix first; among equals a static route before one of a prefix list, and that before a propagated one.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
 */
export function compileRoutes(
  table: RouteTable,
  space: AddressSpace,
  prefixList: (id: string) => PrefixList | null,
): RouteMap<Route> {
  const entries: Entry<Route>[] = [];
  const unknown: Route[] = [];
  for (const route of table.routes) {
    const { destination } = route;
    if (destination.kind === 'cidr') {
      addEntry(entries, destination.cidr, route.isPropagated ? 0 : 2, route, space);
      continue;
    }
    const blocks = prefixList(destination.id)?.entries ?? null;
    if (blocks === null) unknown.push(route);
    else for (const cidr of blocks) addEntry(entries, cidr, 1, route, space);
  }
  return partition(entries, unknown, false, space.end, sameTarget);
}

/**
 * As `compileRoutes`, for a transit gateway's table: static before propagated, and among those the kinds of attachment
 * in the vendor's order. What was not told is a candidate without attachments: a routing
 * protocol may fill gaps; a listing that was cut off may hold anything.
 * Source: https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html#tgw-route-evaluation-overview
 */
export function compileTransitRoutes(
  table: TransitTable,
  space: AddressSpace,
  attachmentType: (attachment: string) => TransitAttachment['type'] | null,
): RouteMap<TransitRoute> {
  const entries: Entry<TransitRoute>[] = [];
  for (const route of table.routes) {
    const type = attachmentType(route.attachments[0] ?? '');
    const rank = route.isPropagated ? propagatedRank[type ?? 'other'] : 9;
    addEntry(entries, route.destination, rank, route, space);
  }
  return partition(
    entries,
    table.untold === 'none' ? [] : [untold],
    table.untold === 'gaps',
    space.end,
    (a, b) => a.isBlackhole === b.isBlackhole && a.attachments.join() === b.attachments.join(),
  );
}

const propagatedRank = { vpc: 5, directConnect: 4, other: 3, vpn: 2, peering: 1 } as const;

const untold: TransitRoute = {
  destination: { family: 4, first: 0, last: 2 ** 32 - 1, prefix: 0 },
  attachments: [],
  isBlackhole: false,
  isPropagated: true,
};

export function choiceAt<R>(map: RouteMap<R>, at: number): Choice<R> {
  return map.choices[pieceAt(map.starts, at)] as Choice<R>;
}

/** The half-open piece of destinations around one that are all routed alike. */
export function pieceAround<R>(
  map: RouteMap<R>,
  at: number,
  spaceEnd: number,
): { readonly start: number; readonly end: number } {
  const piece = pieceAt(map.starts, at);
  return { start: map.starts[piece] as number, end: map.starts[piece + 1] ?? spaceEnd };
}

/** What a route leads to, as one text: routes of the same key are one for a packet. */
export function targetKey(route: Route | null): string {
  if (route === null) return 'none';
  return `${route.target.kind}:${route.target.id}${route.isBlackhole ? ':blackhole' : ''}`;
}

function sameTarget(a: Route, b: Route): boolean {
  return targetKey(a) === targetKey(b);
}

function addEntry<R>(entries: Entry<R>[], cidr: Cidr, rank: number, route: R, space: AddressSpace): void {
  if (cidr.family !== (space.family as Family)) return;
  entries.push({ ...space.range(cidr), prefix: cidr.prefix, rank, route });
}

function partition<R>(
  entries: Entry<R>[],
  unknown: readonly R[],
  isOnlyInGaps: boolean,
  spaceEnd: number,
  isSame: (a: R, b: R) => boolean,
): RouteMap<R> {
  entries.sort((a, b) => b.prefix - a.prefix || b.rank - a.rank);
  const starts: number[] = [];
  const choices: Choice<R>[] = [];
  for (const start of boundariesOf(entries, spaceEnd)) {
    const choice = chooseAt(entries, unknown, isOnlyInGaps, start, isSame);
    const last = choices.at(-1);
    if (last && sameChoice(last, choice)) continue;
    starts.push(start);
    choices.push(choice);
  }
  return { starts, choices };
}

function chooseAt<R>(
  entries: readonly Entry<R>[],
  unknown: readonly R[],
  isOnlyInGaps: boolean,
  at: number,
  isSame: (a: R, b: R) => boolean,
): Choice<R> {
  const best = entries.find((entry) => at >= entry.start && at < entry.end);
  const candidates: (R | null)[] = [best?.route ?? null];
  if (best) {
    for (const entry of entries) {
      if (entry.prefix < best.prefix) break;
      const ties = entry.prefix === best.prefix && entry.rank === best.rank;
      if (
        ties &&
        at >= entry.start &&
        at < entry.end &&
        !candidates.some((one) => one && isSame(one, entry.route))
      )
        candidates.push(entry.route);
    }
  }
  if (best && isOnlyInGaps) return { candidates, isUnknown: candidates.length > 1 };
  for (const route of unknown)
    if (!candidates.some((one) => one && isSame(one, route))) candidates.push(route);
  return { candidates, isUnknown: candidates.length > 1 };
}

function sameChoice<R>(a: Choice<R>, b: Choice<R>): boolean {
  return (
    a.candidates.length === b.candidates.length &&
    a.candidates.every((route, at) => route === b.candidates[at])
  );
}
