import type { Interface, Route, RouteTable, Subnet } from '../../../model/network.ts';
import { type Choice, choiceAt, pieceAround, type RouteMap } from '../compile-routes.ts';
import { addressKey, type NetworkIndex } from '../network-index.ts';
import { allPorts, noPorts } from '../port-set.ts';
import { append, everybody, type SourceMap, subtractMaps } from '../source-map.ts';
import { routeText } from '../words.ts';
import { arrive } from './arrive.ts';
import { throughAcl } from './filters.ts';
import {
  allOf,
  anyOf,
  dead,
  type Flow,
  hopsMax,
  nameOf,
  nothing,
  type Obstruction,
  only,
  type Result,
  routeFix,
  step,
  stopAt,
  unsure,
  untold,
  type Walk,
  watch,
  waysMax,
} from './flow.ts';
import { viaEgressOnly, viaInternet, viaNat, viaPeering, viaVpn } from './gateways.ts';
import { throughBox, throughEndpoint } from './middlebox.ts';
import { finishReply, startReply } from './reply.ts';
import { viaTransit } from './transit.ts';

/**
 * A packet in a subnet, on its way to its destination: to a neighbour directly, past router and network ACL, or out
 * through both.
 */
export function fromSubnet(walk: Walk, flow: Flow, subnetId: string): Result {
  const subnet = walk.compiled.index.get('subnet', subnetId);
  if (subnet === null) return untold(walk, flow, `subnet ${subnetId}`);
  if (flow.hops >= hopsMax) return dead(walk, flow, () => loopStop(subnetId));
  if (--walk.budget.left < 0) return untold(walk, flow, `which of more than ${waysMax} ways is taken`);
  const next = { ...flow, hops: flow.hops + 1 };
  const inside = walk.compiled.inside('subnet', subnetId, flow.family);
  if (flow.destination !== 'client') {
    const piece = pieceOf(inside, flow.destination);
    watch(walk, flow.destination, piece.start, piece.end);
    return piece.isIn ? toNeighbour(walk, next, subnet) : leaveSubnet(walk, next, subnet);
  }
  const { sets } = walk.compiled.index;
  const near = only(walk, next, inside);
  const far = only(walk, next, subtractMaps(everybody, inside, sets));
  return anyOf(walk, [
    near === null ? nothing : inSubnet(walk, near, subnet),
    far === null ? nothing : leaveSubnet(walk, far, subnet),
  ]);
}

// Source: https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html, ELB_ACL_RESTRICTION
function toNeighbour(walk: Walk, flow: Flow, subnet: Subnet): Result {
  if (!flow.isClassic || flow.phase === 'reply') return inSubnet(walk, flow, subnet);
  const passed = throughAcl(walk, flow, subnet.id, 'out');
  return passed === null ? nothing : inSubnet(walk, { ...passed, isClassic: false }, subnet);
}

function leaveSubnet(walk: Walk, flow: Flow, subnet: Subnet): Result {
  const passed = throughAcl(walk, flow, subnet.id, 'out');
  if (passed === null) return nothing;
  const table = tableOf(walk.compiled.index, subnet);
  if (table === null) return untold(walk, passed, `the route table of ${subnet.id}`);
  return follow(walk, { ...passed, isClassic: false }, table, (next, route) =>
    followRoute(walk, next, subnet, table, route),
  );
}

/** The table of a subnet, or its VPC's main one. */
export function tableOf(index: NetworkIndex, subnet: Subnet): RouteTable | null {
  return (
    index.find('routeTable', `table:${subnet.id}`)[0] ??
    index.find('routeTable', `main:${subnet.vpc}`)[0] ??
    null
  );
}

/** Takes every route that a table may choose for a flow, and joins what they come to. */
export function follow(
  walk: Walk,
  flow: Flow,
  table: RouteTable,
  take: (flow: Flow, route: Route | null) => Result,
): Result {
  const map = walk.compiled.routes(table.id, flow.family);
  if (map === null) return untold(walk, flow, `route table ${table.id}`);
  return followMap(walk, flow, map, `which route of ${table.id} is taken`, take);
}

export function followMap<R>(
  walk: Walk,
  flow: Flow,
  map: RouteMap<R>,
  unknown: string,
  take: (flow: Flow, route: R | null) => Result,
): Result {
  const { destination } = flow;
  if (destination !== 'client') {
    const piece = pieceAround(map, destination, Number.POSITIVE_INFINITY);
    watch(walk, destination, piece.start, piece.end);
    return takeChoice(walk, flow, choiceAt(map, destination), unknown, take);
  }
  const results: Result[] = [];
  for (const [choice, mask] of masksOf(map)) {
    const part = only(walk, flow, mask);
    if (part !== null) results.push(takeChoice(walk, part, choice, unknown, take));
  }
  return anyOf(walk, results);
}

function takeChoice<R>(
  walk: Walk,
  flow: Flow,
  choice: Choice<R>,
  unknown: string,
  take: (flow: Flow, route: R | null) => Result,
): Result {
  const [first, ...rest] = choice.candidates;
  if (rest.length === 0) return take(flow, first ?? null);
  return allOf(
    walk,
    choice.candidates.map((route) => {
      const noted = unsure(walk, flow, unknown);
      return take({ ...noted, lower: flow.lower }, route);
    }),
  );
}

// A map's pieces gathered by what is chosen there, each as a mask of destinations. Kept with the map.
const masks = new WeakMap<RouteMap<unknown>, Map<Choice<unknown>, SourceMap>>();

function masksOf<R>(map: RouteMap<R>): Map<Choice<R>, SourceMap> {
  const known = masks.get(map);
  if (known) return known as Map<Choice<R>, SourceMap>;
  const made = new Map<Choice<R>, SourceMap>();
  const byRoutes: { readonly choice: Choice<R>; readonly pieces: Set<number> }[] = [];
  map.choices.forEach((choice, piece) => {
    const same = byRoutes.find((one) => sameCandidates(one.choice, choice));
    if (same) same.pieces.add(piece);
    else byRoutes.push({ choice, pieces: new Set([piece]) });
  });
  for (const { choice, pieces } of byRoutes) {
    const starts: number[] = [];
    const values: number[] = [];
    map.starts.forEach((start, piece) => {
      append(starts, values, start, pieces.has(piece) ? allPorts : noPorts);
    });
    made.set(choice, { starts, values });
  }
  masks.set(map, made as Map<Choice<unknown>, SourceMap>);
  return made;
}

// Routes that lead to the same place are one: only where a packet goes matters to a mask.
function sameCandidates<R>(one: Choice<R>, two: Choice<R>): boolean {
  if (one.candidates.length !== two.candidates.length) return false;
  return one.candidates.every((route, at) => placeOf(route) === placeOf(two.candidates[at] ?? null));
}

function placeOf(route: unknown): string {
  if (route === null || typeof route !== 'object') return 'none';
  const { target, attachments, isBlackhole } = route as {
    readonly target?: { readonly kind: string; readonly id: string };
    readonly attachments?: readonly string[];
    readonly isBlackhole: boolean;
  };
  return `${isBlackhole} ${target ? `${target.kind} ${target.id}` : (attachments ?? []).join()}`;
}

function followRoute(walk: Walk, flow: Flow, subnet: Subnet, table: RouteTable, route: Route | null): Result {
  if (route === null) return dead(walk, flow, () => noRoute(walk, flow, subnet, table));
  const rule = walk.isExplaining
    ? { id: routeText(route).split(' ')[0] ?? null, text: routeText(route) }
    : null;
  const next = step(walk, flow, 'routeTable', table.id, rule);
  if (route.isBlackhole) return dead(walk, next, () => blackhole(walk, flow, subnet, table, route));
  const { id } = route.target;
  switch (route.target.kind) {
    case 'local':
      return toRouter(walk, next, subnet.vpc);
    case 'internetGateway':
      return viaInternet(walk, next, subnet, id);
    case 'egressOnlyGateway':
      return viaEgressOnly(walk, next, subnet, id);
    case 'natGateway':
      return viaNat(walk, next, subnet, id);
    case 'peering':
      return viaPeering(walk, next, subnet.vpc, id);
    case 'transitGateway':
      return viaTransit(walk, next, subnet, id);
    case 'vpnGateway':
      return viaVpn(walk, next, subnet.vpc, id);
    case 'interface':
      return throughBox(walk, next, id, subnet.id);
    case 'endpoint':
      return throughEndpoint(walk, next, id, subnet.vpc, subnet.id);
    default:
      return untold(walk, next, `what lies behind ${id}`);
  }
}

/** A packet at the router of a VPC, for an address inside it. */
export function toRouter(walk: Walk, flow: Flow, vpc: string): Result {
  if (flow.phase === 'reply' && flow.origin.kind === 'vpc' && flow.origin.id === vpc)
    return finishReply(walk, flow);
  const { destination } = flow;
  if (destination === 'client') return dead(walk, flow, () => strayReply(vpc));
  const subnet = subnetAt(walk, flow, vpc, destination);
  if (subnet === null) {
    return dead(walk, flow, () =>
      stopAt(
        'vpc',
        vpc,
        flow.phase === 'reply' ? 'return-route' : 'no-subnet',
        'NO_POSSIBLE_DESTINATION',
        `No subnet of ${vpc} holds ${nameOf(walk, flow, destination)}.`,
      ),
    );
  }
  return intoSubnet(walk, flow, subnet, null);
}

/** The subnet of a VPC that holds an address. */
export function subnetAt(walk: Walk, flow: Flow, vpc: string, at: number): Subnet | null {
  for (const subnet of walk.compiled.index.find('subnet', `subnets:${vpc}`)) {
    const piece = pieceOf(walk.compiled.inside('subnet', subnet.id, flow.family), at);
    if (!piece.isIn) continue;
    watch(walk, at, piece.start, piece.end);
    return subnet;
  }
  return null;
}

/** Into a subnet and to whoever has the address there. From the same subnet no network ACL is met. */
export function intoSubnet(walk: Walk, flow: Flow, subnet: Subnet, from: string | null): Result {
  if (from === subnet.id) return inSubnet(walk, flow, subnet);
  const passed = throughAcl(walk, flow, subnet.id, 'in');
  return passed === null ? nothing : inSubnet(walk, passed, subnet);
}

function inSubnet(walk: Walk, flow: Flow, subnet: Subnet): Result {
  const { goal, origin, phase, destination } = flow;
  if (phase === 'forward' && goal.kind === 'subnet' && goal.subnet === subnet.id) {
    if (walk.arrivalVpc !== undefined && walk.arrivalVpc !== flow.groupVpc) return nothing;
    walk.arrivals?.add(flow.groupVpc);
    return startReply(walk, flow, subnet.id);
  }
  if (phase === 'reply' && origin.kind === 'subnet' && origin.id === subnet.id)
    return finishReply(walk, flow);
  if (destination === 'client') return dead(walk, flow, () => strayReply(subnet.vpc));
  const device = interfaceAt(walk, flow, subnet.id, destination);
  if (device === null) return dead(walk, flow, () => unusedAddress(walk, flow, subnet, destination));
  return arrive(walk, flow, device);
}

/** The interface in a subnet that has an address. */
export function interfaceAt(walk: Walk, flow: Flow, subnet: string, at: number): Interface | null {
  const { index } = walk.compiled;
  const key = addressKey(subnet, index.space(flow.family).addressOf(at));
  return index.find('interface', key)[0] ?? null;
}

function pieceOf(map: SourceMap, at: number) {
  let piece = 0;
  while (piece + 1 < map.starts.length && (map.starts[piece + 1] as number) <= at) piece++;
  return {
    isIn: map.values[piece] !== noPorts,
    start: map.starts[piece] as number,
    end: map.starts[piece + 1] ?? Number.POSITIVE_INFINITY,
  };
}

function noRoute(walk: Walk, flow: Flow, subnet: Subnet, table: RouteTable): Obstruction {
  const to = nameOf(walk, flow, flow.destination);
  const isReply = flow.phase === 'reply';
  const stop = stopAt(
    'routeTable',
    table.id,
    isReply ? 'return-route' : 'no-route',
    'NO_ROUTE_TO_DESTINATION',
    `${table.id} of ${subnet.id} has no route ${isReply ? 'for the reply ' : ''}to ${to}.`,
    [subnet.id, subnet.vpc],
  );
  return withRoute(walk, flow, table, stop);
}

function withRoute(walk: Walk, flow: Flow, table: RouteTable, stop: Obstruction): Obstruction {
  const fix = routeFix(walk, flow, table.id);
  return fix === null ? stop : { ...stop, fix };
}

function blackhole(walk: Walk, flow: Flow, subnet: Subnet, table: RouteTable, route: Route): Obstruction {
  const stop = stopAt(
    'routeTable',
    table.id,
    flow.phase === 'reply' ? 'return-route' : 'blackhole',
    'BAD_STATE_ROUTE',
    `The route ${routeText(route)} of ${table.id} leads to nothing that works.`,
    [subnet.id, route.target.id],
  );
  return withRoute(walk, flow, table, stop);
}

function unusedAddress(walk: Walk, flow: Flow, subnet: Subnet, at: number) {
  const address = nameOf(walk, flow, at);
  return stopAt(
    'subnet',
    subnet.id,
    flow.phase === 'reply' ? 'return-route' : 'unused-ip',
    'NO_POSSIBLE_DESTINATION',
    `No interface in ${subnet.id} has the address ${address}.`,
    [subnet.vpc],
  );
}

function strayReply(vpc: string) {
  return stopAt(
    'vpc',
    vpc,
    'return-route',
    'NO_ROUTE_TO_DESTINATION',
    `The reply stays in ${vpc} instead of going back where the request came from.`,
  );
}

function loopStop(subnet: string) {
  return stopAt(
    'subnet',
    subnet,
    'loop',
    'NO_POSSIBLE_DESTINATION',
    `The routes lead in a circle at ${subnet}.`,
  );
}
