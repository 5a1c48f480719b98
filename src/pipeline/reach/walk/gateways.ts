import { type Cidr, formatAddress } from '../../../model/address.ts';
import type { Interface, Subnet, VpnGateway } from '../../../model/network.ts';
import { blocksMap } from '../compile-acl.ts';
import type { Bounds } from '../compiled.ts';
import { allPorts } from '../port-set.ts';
import { everybody, nobody, subtractMaps, unionMaps, valueAt } from '../source-map.ts';
import { obstruct } from './arrive.ts';
import { enterInternet, enterVpn } from './enter.ts';
import { throughAcl } from './filters.ts';
import {
  arrived,
  dead,
  type Flow,
  nameOf,
  nothing,
  only,
  type Result,
  step,
  stopAt,
  unsure,
  untold,
  type Walk,
} from './flow.ts';
import { blocksPublicAccess } from './public-access.ts';
import { finishReply, turned } from './reply.ts';
import { fromSubnet, interfaceAt, subnetAt, toRouter } from './routing.ts';

/** A packet routed to the internet gateway of its VPC. */
export function viaInternet(walk: Walk, flow: Flow, subnet: Subnet, id: string): Result {
  const { index } = walk.compiled;
  const gateway = index.get('internetGateway', id);
  const ready = throughEdgeState(walk, flow, gateway, id, subnet.vpc);
  if (ready === null) return nothing;
  const { origin, source } = ready;
  if (flow.phase === 'reply' && isEdge(flow)) {
    const isBack = origin.kind === 'internet' && origin.gateway === id;
    return isBack ? finishReply(walk, ready) : dead(walk, ready, () => otherEdge(id));
  }
  if (isEdge(flow) || source === 'client') return dead(walk, ready, () => otherEdge(id));
  const device = ownerIn(walk, ready, subnet.vpc, source);
  const isNat = device?.type === 'nat-gateway';
  const open = blocksPublicAccess(index, subnet, isNat ? 'nat' : 'out')
    ? obstruct(walk, ready, () => blockedAccess(id))
    : ready;
  if (open === null) return nothing;
  return leaveByInternet(walk, open, subnet.vpc, id, device);
}

function leaveByInternet(walk: Walk, flow: Flow, vpc: string, id: string, device: Interface | null): Result {
  const space = walk.compiled.index.space(flow.family);
  const { source, destination } = flow;
  if (destination === 'client') return dead(walk, flow, () => otherEdge(id));
  let next: Flow | null = flow;
  if (valueAt(privateMap(walk, flow), destination) !== 0)
    next = obstruct(walk, next, () => privateDestination(id, nameOf(walk, flow, destination)));
  const address = device?.addresses.find(
    (one) => space.family === one.private.family && space.at(one.private) === source,
  );
  const outside = address && (address.private.family === 6 ? address.private : address.public);
  if (next === null) return nothing;
  if (!outside)
    return dead(walk, next, () => ({
      ...noPublicAddress(id, nameOf(walk, flow, source), vpc),
      ...(device === null
        ? {}
        : { fix: { kind: 'public', interface: device.id, at: nameOf(walk, flow, source) } as const }),
    }));
  const sent: Flow = { ...next, source: space.at(outside), groupVpc: null, viaGroups: [] };
  const key = `public:${formatAddress(space.addressOf(destination))}`;
  if (walk.compiled.index.find('interface', key).length > 0) return enterInternet(walk, sent);
  if (flow.phase === 'reply') return dead(walk, sent, () => otherEdge(id));
  const there = step(walk, sent, 'internet', 'internet');
  if (walk.isOneWay) return arrived(walk, there);
  return enterInternet(walk, turned(walk, there));
}

/** A packet routed to an egress-only gateway: IPv6, outward. */
export function viaEgressOnly(walk: Walk, flow: Flow, subnet: Subnet, id: string): Result {
  const { index } = walk.compiled;
  const ready = throughEdgeState(
    walk,
    flow,
    index.get('egressOnlyGateway', id),
    id,
    subnet.vpc,
    'egressOnlyGateway',
  );
  if (ready === null) return nothing;
  if (flow.phase === 'reply' || isEdge(flow) || flow.source === 'client')
    return dead(walk, ready, () => otherEdge(id, 'egressOnlyGateway'));
  const open = blocksPublicAccess(index, subnet, 'egress-only')
    ? obstruct(walk, ready, () => blockedAccess(id))
    : ready;
  if (open === null) return nothing;
  if (ownerIn(walk, open, subnet.vpc, flow.source) === null)
    return dead(walk, open, () => noPublicAddress(id, 'the source', subnet.vpc));
  const key =
    flow.destination === 'client'
      ? ''
      : `public:${formatAddress(index.space(flow.family).addressOf(flow.destination))}`;
  const sent: Flow = { ...open, groupVpc: null, viaGroups: [] };
  if (index.find('interface', key).length > 0)
    return untold(walk, sent, `the way from ${id} through the internet`);
  const there = step(walk, sent, 'internet', 'internet');
  return walk.isOneWay ? arrived(walk, there) : toRouter(walk, turned(walk, there), subnet.vpc);
}

/** A packet routed to a NAT gateway, which puts its own address in front and sends it on from its own subnet. */
export function viaNat(walk: Walk, flow: Flow, from: Subnet, id: string): Result {
  const { index } = walk.compiled;
  const nat = index.get('natGateway', id);
  const noted = step(walk, flow, 'natGateway', id);
  if (nat === null && !isEdge(flow) && flow.phase === 'forward')
    return untold(walk, noted, `NAT gateway ${id}`, true);
  if (nat === null || flow.phase === 'reply' || isEdge(flow) || flow.source === 'client')
    return dead(walk, noted, () => otherEdge(id, 'natGateway'));
  if (nat.state === 'down') return dead(walk, noted, () => badState('natGateway', id));
  const ready = nat.state === 'unknown' ? unsure(walk, noted, `the state of ${id}`) : noted;
  const known = [1, 6, 17].includes(flow.protocol) ? ready : obstruct(walk, ready, () => natProtocol(id));
  if (known === null) return nothing;
  const device = nat.interfaces.map((one) => index.get('interface', one)).find((one) => one !== null);
  const own = device?.addresses.find((one) => one.private.family === flow.family)?.private;
  if (nat.subnet === null || !device || !own) return untold(walk, known, `where ${id} sends from`, true);
  for (let link = flow.sessions; link !== null; link = link.tail)
    if (link.head.interface === device.id) return dead(walk, known, () => otherEdge(id, 'natGateway'));
  const there = from.id === nat.subnet ? known : throughAcl(walk, known, nat.subnet, 'in');
  if (there === null) return nothing;
  const sessions = { head: { interface: device.id, inner: flow.source }, tail: flow.sessions };
  const source = index.space(flow.family).at(own);
  return fromSubnet(walk, { ...there, source, sessions, groupVpc: null, viaGroups: [] }, nat.subnet);
}

/** A packet routed over a peering connection: to the other VPC's own addresses and no further. */
export function viaPeering(walk: Walk, flow: Flow, vpc: string, id: string): Result {
  const { index } = walk.compiled;
  const peering = index.get('peering', id);
  if (peering === null) return untold(walk, flow, `peering connection ${id}`);
  const noted = step(walk, flow, 'peering', id);
  if (peering.state === 'down') return dead(walk, noted, () => badState('peering', id));
  const ready = peering.state === 'unknown' ? unsure(walk, noted, `the state of ${id}`) : noted;
  if (flow.phase === 'reply' && isEdge(flow)) {
    const isBack = flow.origin.kind === 'peering' && flow.origin.id === id;
    return isBack ? finishReply(walk, ready) : dead(walk, ready, () => otherEdge(id, 'peering'));
  }
  const [one, two] = peering.sides;
  const [near, far] = one.vpc === vpc ? [one, two] : [two, one];
  if (near.vpc !== vpc) return dead(walk, ready, () => badAttachment('peering', id, vpc));
  const from = sourceWithin(walk, ready, near.cidrs, id);
  if (from === null) return nothing;
  if (far.vpc === null || index.get('vpc', far.vpc) === null)
    return intoUnseenPeer(walk, from, far.cidrs, id);
  return toRouter(walk, from, far.vpc);
}

// A VPC that is not among the documents: only its address blocks say whether the packet could arrive.
function intoUnseenPeer(walk: Walk, flow: Flow, cidrs: readonly Cidr[] | null, id: string): Result {
  const { destination } = flow;
  const space = walk.compiled.index.space(flow.family);
  if (cidrs === null || destination === 'client') return untold(walk, flow, `the VPC behind ${id}`);
  if (valueAt(blocksMap(cidrs, allPorts, space), destination) === 0)
    return dead(walk, flow, () => peerAddress(id, nameOf(walk, flow, destination)));
  return untold(walk, flow, `the VPC behind ${id}`);
}

function sourceWithin(walk: Walk, flow: Flow, cidrs: readonly Cidr[] | null, id: string): Flow | null {
  const space = walk.compiled.index.space(flow.family);
  if (cidrs === null) return flow;
  const mask = blocksMap(cidrs, allPorts, space);
  if (flow.source === 'client') return only(walk, flow, mask);
  if (valueAt(mask, flow.source) !== 0) return flow;
  const source = nameOf(walk, flow, flow.source);
  return obstruct(walk, flow, () => peerAddress(id, source));
}

/** A packet routed to a virtual private gateway: to what is known, or perhaps, to lie on premises. */
export function viaVpn(walk: Walk, flow: Flow, vpc: string, id: string): Result {
  const { index } = walk.compiled;
  const gateway = index.get('vpnGateway', id);
  const ready = throughEdgeState(walk, flow, gateway, id, vpc, 'vpnGateway');
  if (ready === null || gateway === null)
    return ready === null ? nothing : untold(walk, ready, `gateway ${id}`);
  if (flow.phase === 'reply' && isEdge(flow) && !(flow.origin.kind === 'vpnGateway' && flow.origin.id === id))
    return dead(walk, ready, () => otherEdge(id, 'vpnGateway'));
  const bounds = premisesBounds(walk, flow, gateway, vpc);
  if (flow.destination === 'client') {
    const sure = only(walk, ready, bounds.upper);
    if (sure === null) return nothing;
    const lower = only(walk, { ...ready, upper: ready.lower }, bounds.lower)?.lower ?? nobody;
    return finishReply(walk, { ...sure, lower });
  }
  const { destination } = flow;
  if (flow.phase === 'forward' && isEdge(flow)) return dead(walk, ready, () => otherEdge(id, 'vpnGateway'));
  if (valueAt(bounds.upper, destination) === 0)
    return dead(walk, ready, () => noPremisesRoute(id, nameOf(walk, flow, destination)));
  const known =
    valueAt(bounds.lower, destination) === 0 ? unsure(walk, ready, `what lies behind ${id}`) : ready;
  if (flow.phase === 'reply')
    return isEdge(flow) ? finishReply(walk, known) : dead(walk, known, () => otherEdge(id, 'vpnGateway'));
  const there = step(walk, { ...known, groupVpc: null }, 'premises', id);
  return walk.isOneWay ? arrived(walk, there) : enterVpn(walk, turned(walk, there), gateway, vpc);
}

/** What surely and perhaps lies behind a gateway: static routes and propagated ones, or anything a protocol tells. */
export function premisesBounds(walk: Walk, flow: Flow, gateway: VpnGateway, vpc: string): Bounds {
  const { index, memo } = walk.compiled;
  return memo.get(`premises ${gateway.id} ${flow.family}`, () => {
    const space = index.space(flow.family);
    const lines = (index.get('vpnGateway', gateway.id) ?? gateway).connections.filter(
      ({ state }) => state !== 'down',
    );
    const propagated = index
      .find('routeTable', `tables:${vpc}`)
      .flatMap(({ routes }) => routes)
      .filter((route) => route.isPropagated && route.target.id === gateway.id && !route.isBlackhole)
      .flatMap(({ destination }) => (destination.kind === 'cidr' ? [destination.cidr] : []));
    const sure = lines.filter(({ state }) => state === 'up').flatMap(({ prefixes }) => prefixes);
    const perhaps = lines.flatMap(({ prefixes }) => prefixes);
    const isOpen = lines.some(({ isComplete }) => !isComplete);
    const lower = blocksMap(lines.length > 0 ? [...sure, ...propagated] : [], allPorts, space);
    const upper = isOpen ? everybody : unionMaps(lower, blocksMap(perhaps, allPorts, space), index.sets);
    return { lower, upper };
  });
}

/** A packet routed to a gateway endpoint: to the service's own addresses, outward only. */
export function viaGatewayEndpoint(walk: Walk, flow: Flow, vpc: string, id: string): Result {
  if (flow.phase === 'reply' || isEdge(flow) || flow.source === 'client')
    return dead(walk, flow, () => otherEdge(id, 'endpoint'));
  const open = [1, 6].includes(flow.protocol) ? flow : obstruct(walk, flow, () => endpointProtocol(id));
  if (open === null) return nothing;
  const there = step(walk, open, 'service', id);
  return walk.isOneWay ? arrived(walk, there) : toRouter(walk, turned(walk, there), vpc);
}

/** Whether a flow came in from outside the networks that are seen. */
export function isEdge(flow: Flow): boolean {
  return !['interface', 'subnet', 'vpc'].includes(flow.origin.kind);
}

/** Past the state and attachment of a gateway that belongs to one VPC. */
export function throughEdgeState(
  walk: Walk,
  flow: Flow,
  gateway: { readonly vpc: string | null; readonly state: string } | null,
  id: string,
  vpc: string,
  kind: 'internetGateway' | 'egressOnlyGateway' | 'vpnGateway' = 'internetGateway',
): Flow | null {
  const noted = step(walk, flow, kind, id);
  if (gateway === null) return unsure(walk, noted, `gateway ${id}`);
  if (gateway.vpc !== null && gateway.vpc !== vpc)
    return obstruct(walk, noted, () => badAttachment(kind, id, vpc));
  if (gateway.state === 'down') return obstruct(walk, noted, () => badState(kind, id));
  if (gateway.state === 'up' && gateway.vpc !== null) return noted;
  return unsure(walk, noted, `the state of ${id}`);
}

/** The interface of a VPC that has a private address. */
export function ownerIn(walk: Walk, flow: Flow, vpc: string, at: number): Interface | null {
  const subnet = subnetAt(walk, flow, vpc, at);
  return subnet && interfaceAt(walk, flow, subnet.id, at);
}

const privateBlocks: readonly Cidr[] = [
  { family: 4, first: 0x0a000000, last: 0x0affffff, prefix: 8 },
  { family: 4, first: 0xac100000, last: 0xac1fffff, prefix: 12 },
  { family: 4, first: 0xc0a80000, last: 0xc0a8ffff, prefix: 16 },
  { family: 4, first: 0x64400000, last: 0x647fffff, prefix: 10 },
];
const globalBlock: Cidr = { family: 6, first: 0x2000n << 112n, last: (0x4000n << 112n) - 1n, prefix: 3 };

/**
 * Addresses that an internet gateway takes neither as source nor as destination. IPv4: RFC 1918 and RFC 6598; IPv6:
 * everything that is not global unicast.
 */
export function privateMap(walk: Walk, flow: Flow) {
  const { index, memo } = walk.compiled;
  return memo.get(`private ${flow.family}`, () => {
    const space = index.space(flow.family);
    if (flow.family === 4) return blocksMap(privateBlocks, allPorts, space);
    return subtractMaps(everybody, blocksMap([globalBlock], allPorts, space), index.sets);
  });
}

function otherEdge(
  id: string,
  kind:
    | 'internetGateway'
    | 'egressOnlyGateway'
    | 'natGateway'
    | 'peering'
    | 'vpnGateway'
    | 'endpoint' = 'internetGateway',
) {
  return stopAt(
    kind,
    id,
    'return-route',
    'NO_ROUTE_TO_DESTINATION',
    `The packet is routed to ${id}, which does not lead where it has to go.`,
  );
}

function badState(
  kind: 'internetGateway' | 'egressOnlyGateway' | 'natGateway' | 'peering' | 'vpnGateway',
  id: string,
) {
  return stopAt(kind, id, 'bad-state', 'BAD_STATE', `${id} does not work.`);
}

function badAttachment(
  kind: 'internetGateway' | 'egressOnlyGateway' | 'peering' | 'vpnGateway',
  id: string,
  vpc: string,
) {
  return stopAt(kind, id, 'bad-state', 'BAD_STATE_ATTACHMENT', `${id} is not attached to ${vpc}.`, [vpc]);
}

function blockedAccess(id: string) {
  return stopAt(
    'publicAccessBlock',
    id,
    'public-access-block',
    'VPC_BLOCK_PUBLIC_ACCESS_ENABLED',
    `The account blocks internet traffic through ${id}.`,
  );
}

function privateDestination(id: string, address: string) {
  return stopAt(
    'internetGateway',
    id,
    'igw-private-destination',
    'IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS',
    `${id} does not send to the private address ${address}.`,
  );
}

function noPublicAddress(id: string, address: string, vpc: string) {
  return stopAt(
    'internetGateway',
    id,
    'no-public-ip',
    'IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS',
    `${address} has no public address, so ${id} does not let it out.`,
    [vpc],
  );
}

function natProtocol(id: string) {
  return stopAt(
    'natGateway',
    id,
    'nat-protocol',
    'PROTOCOL_RESTRICTION',
    `${id} translates TCP, UDP and ICMP only.`,
  );
}

function peerAddress(id: string, address: string) {
  return stopAt(
    'peering',
    id,
    'peer-address',
    'PCX_REQUIRES_ADDRESS_IN_VPC_CIDR',
    `${id} only carries addresses of its two VPCs, and ${address} is none.`,
  );
}

function noPremisesRoute(id: string, address: string) {
  return stopAt(
    'vpnGateway',
    id,
    'no-route',
    'NO_ROUTE_TO_DESTINATION',
    `No connection of ${id} leads to ${address}.`,
  );
}

function endpointProtocol(id: string) {
  return stopAt(
    'endpoint',
    id,
    'endpoint-protocol',
    'VPCE_GATEWAY_PROTOCOL_RESTRICTION',
    `${id} carries TCP and ICMP only.`,
  );
}
