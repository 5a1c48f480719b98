import { type Family, formatAddress } from '../../../model/address.ts';
import type { ComponentKind, PathStep, Stop, StopReason } from '../../../model/exposure.ts';
import { componentTypes } from '../../../model/exposure.ts';
import type { Compiled } from '../compiled.ts';
import { noPorts, type PortSetId } from '../port-set.ts';
import {
  constantMap,
  intersectMaps,
  isNobody,
  mapValues,
  nobody,
  type SourceMap,
  unionMaps,
  whereAny,
} from '../source-map.ts';
import { ownersBound } from './filters.ts';

/** An address of a packet: a number of its family's space, or every client at once. */
export type Spot = 'client' | number;

/** Where a flow came in, which is where its reply has to get out. */
export type Origin =
  | { readonly kind: 'internet'; readonly gateway: string | null }
  | { readonly kind: 'peering' | 'vpnGateway'; readonly id: string }
  | { readonly kind: 'transit'; readonly gateway: string; readonly attachment: string }
  | { readonly kind: 'interface' | 'subnet' | 'vpc'; readonly id: string };

/** What counts as arriving. */
export type Goal =
  /** Whatever owns the destination address, or the world outside. */
  | { readonly kind: 'any' }
  /** The subnet, before any interface in it is looked at. */
  | { readonly kind: 'subnet'; readonly subnet: string }
  /** One interface behind a load balancer or endpoint, at one of these ports. */
  | { readonly kind: 'target'; readonly interface: string; readonly ports: PortSetId };

/**
 * A packet under way, for every client and port at once. `lower` and `upper` map clients to the destination ports
 * that are still possible, surely and perhaps; the reply maps do the same for the client's own port, which is what
 * the way back is filtered by.
 */
export type Flow = {
  readonly family: Family;
  readonly protocol: number;
  readonly phase: 'forward' | 'reply';
  readonly source: Spot;
  readonly destination: Spot;
  readonly lower: SourceMap;
  readonly upper: SourceMap;
  readonly replyLower: SourceMap;
  readonly replyUpper: SourceMap;
  readonly origin: Origin;
  readonly goal: Goal;
  /** The interface that is meant by the destination address: several may have it. Null: whichever does. */
  readonly owner: string | null;
  /** VPC in which the sender is still known by its security groups. */
  readonly groupVpc: string | null;
  /** Groups of the load balancer that passed it on. */
  readonly viaGroups: readonly string[];
  /** Address translations to undo on the way back, the last in front. */
  readonly sessions: Link<Session>;
  readonly boxes: readonly string[];
  readonly replyBoxes: readonly string[];
  /** Attachments in appliance mode keep the zone that they chose. */
  readonly kept: readonly { readonly attachment: string; readonly subnet: string }[];
  readonly hops: number;
  /** Ways into transit gateways already taken: taking one again leads in a circle. */
  readonly passed: readonly string[];
  /** Load balancers that opened a connection of their own before this one. */
  readonly chain: number;
  /** Came out of an endpoint: no load balancer behind it can keep the client's address. */
  readonly isProxied: boolean;
  /** Sent by a classic load balancer, which meets the network ACL even on the way to a neighbour. */
  readonly isClassic: boolean;
  /** Explaining only: what was passed, and what stood in the way. */
  readonly notes: Link<Note>;
  /** Explaining only: the ports to go on with behind an obstacle. */
  readonly asked: PortSetId;
  readonly askedReply: PortSetId;
};

export type Session = { readonly interface: string; readonly inner: Spot };
export type Link<T> = { readonly head: T; readonly tail: Link<T> } | null;

export type Note =
  | { readonly kind: 'step'; readonly step: PathStep }
  | { readonly kind: 'stop'; readonly stop: Obstruction }
  | { readonly kind: 'unknown'; readonly what: string };

/** A stop with what would remove it, where configuration can. */
export type Obstruction = Stop & { readonly fix?: Fix };

/** A change in the terms of the walk; `edits-of-fix.ts` makes an edit of it. */
export type Fix =
  | (Door & { readonly kind: 'group'; readonly group: string })
  | (Door & { readonly kind: 'acl'; readonly acl: string })
  /** A route for the destination in a table, to where it should go. */
  | {
      readonly kind: 'route';
      readonly table: string;
      readonly vpc: string;
      readonly family: Family;
      readonly to: string;
      readonly gateway: string | null;
    }
  | { readonly kind: 'public'; readonly interface: string; readonly at: string }
  | { readonly kind: 'start'; readonly instance: string };

type Door = {
  readonly direction: 'in' | 'out';
  readonly family: Family;
  /** An address, or words where there is none. */
  readonly remote: string;
  readonly protocol: number;
  readonly ports: PortSetId;
};

/** How one walk is done. */
export type Walk = {
  readonly compiled: Compiled;
  readonly isExplaining: boolean;
  readonly isOneWay: boolean;
  /** Bulk only: the destination whose choices are watched, and the range in which none of them differs. */
  readonly watched: { readonly at: number; start: number; end: number } | null;
  /** Bulk only: whether ways through what is not seen are left out. */
  readonly unseen: 'follow' | 'skip';
  /** Bulk only: count only arrivals whose senders are known in this VPC by their groups; undefined: all. */
  readonly arrivalVpc: string | null | undefined;
  /** Bulk only: how senders are known by their groups where the goal's subnet is reached. */
  readonly arrivals: Set<string | null> | null;
  /** Explaining only: addresses that were asked for, by their numbers; IPv6 numbers stand for more than one. */
  readonly names: ReadonlyMap<number, string>;
  readonly budget: Budget;
};

export type Budget = {
  /** Ways that may still be tried; a network that branches without end is cut off as unknown. */
  left: number;
  /** What came of the connections of load balancers, where many ways lead over the same. */
  readonly legs: Map<string, Result>;
};

export type Result = {
  readonly lower: SourceMap;
  readonly upper: SourceMap;
  readonly trail: Trail | null;
};

export type Trail = {
  readonly notes: Link<Note>;
  readonly boxes: readonly string[];
  readonly hasArrived: boolean;
};

export const hopsMax = 24;
export const waysMax = 4096;

export function newBudget(left = waysMax): Budget {
  return { left, legs: new Map() };
}

export const nothing: Result = { lower: nobody, upper: nobody, trail: null };

/** A stop, built from what is known at the place. */
export function stopAt(
  kind: ComponentKind,
  id: string,
  reason: StopReason,
  code: string,
  explanation: string,
  places: readonly string[] = [],
): Stop {
  return {
    code,
    reason,
    componentId: id,
    componentType: componentTypes[kind],
    explanation,
    places: [id, ...places],
  };
}

/** Writes a component down, when explaining. */
export function step(
  walk: Walk,
  flow: Flow,
  kind: ComponentKind,
  id: string,
  rule: PathStep['rule'] = null,
): Flow {
  if (!walk.isExplaining) return flow;
  const made = { componentId: id, componentType: componentTypes[kind], rule, direction: flow.phase };
  return { ...flow, notes: { head: { kind: 'step', step: made }, tail: flow.notes } };
}

/** An address of a flow, for people. */
export function nameOf(walk: Walk, flow: Flow, spot: Spot): string {
  if (spot === 'client') return 'any client';
  return walk.names.get(spot) ?? formatAddress(walk.compiled.index.space(flow.family).addressOf(spot));
}

/** Ends a walk at a place that nothing leads on from. */
export function dead(walk: Walk, flow: Flow, stop: () => Obstruction): Result {
  if (!walk.isExplaining) return nothing;
  const made = stop();
  const isAstray = made.reason === 'return-route';
  const [table] = isAstray ? lastTable(flow.notes) : [];
  const places = table === undefined ? made.places : [...made.places, table];
  const fix = made.fix ?? (table === undefined ? null : routeFix(walk, flow, table));
  const noted: Obstruction = fix === null ? { ...made, places } : { ...made, places, fix };
  const notes: Link<Note> = { head: { kind: 'stop', stop: noted }, tail: flow.notes };
  return { ...nothing, trail: { notes, boxes: flow.boxes, hasArrived: false } };
}

/** A route in a table to where the flow has to go: on the way back, to the edge that it came in by. */
export function routeFix(walk: Walk, flow: Flow, table: string): Fix | null {
  const vpc = walk.compiled.index.get('routeTable', table)?.vpc;
  if (vpc === undefined) return null;
  const { origin } = flow;
  const gateway = origin.kind === 'internet' || origin.kind === 'transit' ? origin.gateway : origin.id;
  const isEdge = ['internet', 'transit', 'peering', 'vpnGateway'].includes(origin.kind);
  return {
    kind: 'route',
    table,
    vpc,
    family: flow.family,
    to: nameOf(walk, flow, flow.destination),
    gateway: isEdge && flow.phase === 'reply' ? gateway : null,
  };
}

// The table that sent a reply astray is where somebody has to look.
function lastTable(notes: Link<Note>): string[] {
  for (let link = notes; link !== null; link = link.tail) {
    if (link.head.kind === 'step' && link.head.step.componentType === componentTypes.routeTable)
      return [link.head.step.componentId];
  }
  return [];
}

/**
 * Ends a walk at a place where nobody can tell how it goes on. Perhaps the packet is handed on as it is to whoever has
 * the destination address; so that owner has to let it in. `isRewritten`: its source becomes one that is not known.
 */
export function untold(walk: Walk, flow: Flow, what: string, isRewritten = false): Result {
  if (walk.unseen === 'skip' && flow.phase === 'forward') return nothing;
  const isOpen = isRewritten || flow.phase === 'reply' || flow.goal.kind === 'subnet';
  const passed = isOpen ? flow : throughOwners(walk, flow);
  if (passed === null) return nothing;
  const result = arrived(walk, unsure(walk, passed, what));
  // Before a load balancer the ports are the listener's; what may be reached are the target's.
  return flow.goal.kind === 'target' ? { ...result, upper: atPorts(result.upper, flow.goal.ports) } : result;
}

function throughOwners(walk: Walk, flow: Flow): Flow | null {
  const open = ownersBound(walk, flow);
  return pass(walk, flow, {
    lower: open,
    upper: open,
    unknown: () => 'who lets it in',
    stop: () =>
      stopAt(
        'other',
        'destination',
        'sg-ingress',
        'ENI_SG_RULES_MISMATCH',
        'However the packet is passed on, no security group of the destination lets it in.',
      ),
  });
}

/** Goes on, no longer sure. */
export function unsure(walk: Walk, flow: Flow, what: string): Flow {
  if (!walk.isExplaining) return { ...flow, lower: nobody };
  return { ...flow, lower: nobody, notes: { head: { kind: 'unknown', what }, tail: flow.notes } };
}

/** The flow has come through. What no reply gets back from counts as closed. */
export function arrived(walk: Walk, flow: Flow): Result {
  const isBlocked = walk.isExplaining && hasStop(flow.notes);
  const trail = walk.isExplaining ? { notes: flow.notes, boxes: flow.boxes, hasArrived: true } : null;
  if (isBlocked) return { ...nothing, trail };
  if (walk.isOneWay) return { lower: flow.lower, upper: flow.upper, trail };
  const lower = whereAny(flow.lower, flow.replyLower);
  return {
    lower,
    upper:
      flow.lower === flow.upper && flow.replyLower === flow.replyUpper
        ? lower
        : whereAny(flow.upper, flow.replyUpper),
    trail,
  };
}

export type Obstacle = {
  /** What is let through, surely and perhaps. */
  readonly lower: SourceMap;
  readonly upper: SourceMap;
  readonly stop: () => Obstruction;
  readonly unknown: () => string;
};

/**
 * Lets a flow through an obstacle. Returns null when nothing is left of it; when explaining, writes down what stood
 * in the way and goes on behind it, so that every obstacle of a path is found.
 */
export function pass(walk: Walk, flow: Flow, obstacle: Obstacle): Flow | null {
  const { sets } = walk.compiled.index;
  const isReply = flow.phase === 'reply';
  const lower = intersectMaps(isReply ? flow.replyLower : flow.lower, obstacle.lower, sets);
  const upper = intersectMaps(isReply ? flow.replyUpper : flow.upper, obstacle.upper, sets);
  if (!walk.isExplaining) {
    if (isNobody(upper)) return null;
    return isReply ? { ...flow, replyLower: lower, replyUpper: upper } : { ...flow, lower, upper };
  }
  let { notes } = flow;
  if (isNobody(upper)) {
    notes = { head: { kind: 'stop', stop: obstacle.stop() }, tail: notes };
    const again = constantMap(isReply ? flow.askedReply : flow.asked);
    return isReply
      ? { ...flow, notes, replyLower: again, replyUpper: again }
      : { ...flow, notes, lower: again, upper: again };
  }
  if (isNobody(lower) && !isNobody(isReply ? flow.replyLower : flow.lower))
    notes = { head: { kind: 'unknown', what: obstacle.unknown() }, tail: notes };
  return isReply
    ? { ...flow, notes, replyLower: lower, replyUpper: upper }
    : { ...flow, notes, lower, upper };
}

/** Keeps only the clients of a mask. Returns null when none is left. */
export function only(walk: Walk, flow: Flow, mask: SourceMap): Flow | null {
  const { sets } = walk.compiled.index;
  const upper = intersectMaps(flow.upper, mask, sets);
  if (isNobody(upper)) return null;
  const lower = flow.lower === flow.upper ? upper : intersectMaps(flow.lower, mask, sets);
  return { ...flow, lower, upper };
}

/** Any of these ways will do: we, or the client, may choose. */
export function anyOf(walk: Walk, results: readonly Result[]): Result {
  return results.reduce((one, two) => joinAny(walk, one, two), nothing);
}

/** One of these ways is taken and nobody knows which: sure is only what all of them let through. */
export function allOf(walk: Walk, results: readonly Result[]): Result {
  const { sets } = walk.compiled.index;
  const [first, ...rest] = results;
  if (!first) return nothing;
  let { lower, upper, trail } = first;
  for (const result of rest) {
    lower = intersectMaps(lower, result.lower, sets);
    upper = unionMaps(upper, result.upper, sets);
    trail = better(trail, result.trail);
  }
  return { lower, upper, trail };
}

function joinAny(walk: Walk, one: Result, two: Result): Result {
  const { sets } = walk.compiled.index;
  const lower = unionMaps(one.lower, two.lower, sets);
  const isSame = one.lower === one.upper && two.lower === two.upper;
  return {
    lower,
    upper: isSame ? lower : unionMaps(one.upper, two.upper, sets),
    trail: better(one.trail, two.trail),
  };
}

/**
 * The more telling of two trails: the one with less in its way, then the one that is surer; then, of two that arrive,
 * the shorter, and of two that do not, the one that gets further.
 */
export function better(one: Trail | null, two: Trail | null): Trail | null {
  if (one === null) return two;
  if (two === null) return one;
  const rank = (trail: Trail) => {
    let stops = trail.hasArrived ? 0 : 100;
    let unknowns = 0;
    let steps = 0;
    for (let link = trail.notes; link !== null; link = link.tail) {
      if (link.head.kind === 'stop') stops++;
      else if (link.head.kind === 'unknown') unknowns++;
      else steps++;
    }
    return stops * 1e6 + unknowns * 1e3 + (stops === 0 ? steps : -steps);
  };
  return rank(two) < rank(one) ? two : one;
}

/** The filter `map` as seen for one spot: itself for every client, or what it says of one address. */
export function mapFor(walk: Walk, map: SourceMap, spot: Spot): SourceMap {
  if (spot === 'client') return map;
  let piece = 0;
  let high = map.starts.length - 1;
  while (piece < high) {
    const middle = (piece + high + 1) >> 1;
    if ((map.starts[middle] as number) <= spot) piece = middle;
    else high = middle - 1;
  }
  watch(walk, spot, map.starts[piece] as number, map.starts[piece + 1] ?? Number.POSITIVE_INFINITY);
  return constantMap(map.values[piece] ?? noPorts);
}

/** Writes down that a decision about the watched destination holds between two numbers. */
export function watch(walk: Walk, spot: Spot, start: number, end: number): void {
  const { watched } = walk;
  if (watched === null || spot !== watched.at) return;
  if (start > watched.start) watched.start = start;
  if (end < watched.end) watched.end = end;
}

/** Turns every open client to one set of ports. */
export function atPorts(map: SourceMap, ports: PortSetId): SourceMap {
  return mapValues(map, (value) => (value === noPorts ? noPorts : ports));
}

/** Notes from the first to the last. */
export function inOrder(notes: Link<Note>): Note[] {
  const all: Note[] = [];
  for (let link = notes; link !== null; link = link.tail) all.push(link.head);
  return all.reverse();
}

function hasStop(notes: Link<Note>): boolean {
  for (let link = notes; link !== null; link = link.tail) if (link.head.kind === 'stop') return true;
  return false;
}
