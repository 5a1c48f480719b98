import type { Address } from '../../src/model/address.ts';
import type { Subnet, TransitAttachment, TransitRoute } from '../../src/model/network.ts';
import { aclAllows, perhapsDelivered } from './doors.ts';
import {
  answerFromOutside,
  atRouter,
  backHome,
  isInside,
  leaveSubnet,
  routesFor,
  throughAppliance,
  throughEndpoint,
  throughTranslator,
} from './hops.ts';
import {
  and,
  byId,
  equal,
  or,
  ownerIn,
  subnetHolding,
  type Trip,
  type Truth,
  truthOfState,
  unknownChoice,
  type World,
  within,
} from './world.ts';

/** A packet on the internet, to a public address. */
export function fromInternet(world: World, trip: Trip): Truth {
  const { dst } = trip.packet;
  const found: Truth[] = [];
  for (const device of world.network.interface.values()) {
    for (const address of device.addresses) {
      const outside = address.private.family === 6 ? address.private : address.public;
      if (!equal(outside, dst)) continue;
      const packet = { ...trip.packet, dst: address.private };
      for (const id of internetGatewaysOf(world, device.vpc))
        found.push(throughInternetGateway(world, { ...trip, packet }, id, device.vpc));
    }
  }
  return or(found);
}

// Attached ones, and ones that only routes tell of.
function internetGatewaysOf(world: World, vpc: string): string[] {
  const ids = [...world.network.internetGateway.values()]
    .filter((one) => one.vpc === vpc)
    .map(({ id }) => id);
  for (const table of world.network.routeTable.values()) {
    if (table.vpc !== vpc) continue;
    for (const { target, isBlackhole } of table.routes)
      if (target.kind === 'internetGateway' && !isBlackhole && !world.network.internetGateway.has(target.id))
        ids.push(target.id);
  }
  return [...new Set(ids)];
}

/** In through the internet gateway; the destination is private already. */
export function throughInternetGateway(world: World, trip: Trip, id: string, vpc: string): Truth {
  const state = gatewayState(world.network.internetGateway.get(id), vpc);
  if (state === 0) return 0;
  if (!trip.isReply) {
    if (isPrivate(trip.packet.src)) return 0;
    const subnet = subnetHolding(world, vpc, trip.packet.dst);
    if (subnet && isBlocked(world, subnet, 'in')) return 0;
  }
  const gateway = trip.isReply || trip.origin.kind !== 'internet' ? trip.gateway : id;
  return and(state, edgeRoute(world, { ...trip, gateway }, id, vpc, true));
}

function gatewayState(
  gateway: { readonly vpc: string | null; readonly state: 'up' | 'down' | 'unknown' } | undefined,
  vpc: string,
): Truth {
  if (!gateway) return 1;
  if (gateway.vpc !== null && gateway.vpc !== vpc) return 0;
  return and(truthOfState(gateway.state), gateway.vpc === null ? 1 : 2);
}

// A gateway's own route table.
function edgeRoute(world: World, trip: Trip, id: string, vpc: string, isPublic: boolean): Truth {
  const table = [...world.network.routeTable.values()]
    .filter(({ gateways }) => gateways.includes(id))
    .sort(byId)[0];
  if (!table) return atRouter(world, trip, vpc);
  return unknownChoice(
    routesFor(world, table, trip).map((route): Truth => {
      if (route === null || route.isBlackhole) return 0;
      if (route.target.kind === 'local') return atRouter(world, trip, vpc);
      if (route.target.kind === 'endpoint') return throughEndpoint(world, trip, route.target.id, vpc, null);
      if (route.target.kind !== 'interface') return 0;
      const box = world.network.interface.get(route.target.id);
      const isHidden =
        isPublic && trip.packet.dst.family === 4 && box?.addresses.every((one) => one.public === null);
      return isHidden ? 0 : throughAppliance(world, trip, route.target.id, null);
    }),
  );
}

/** Out to the internet gateway. */
export function viaInternet(world: World, trip: Trip, subnet: Subnet, id: string): Truth {
  const state = gatewayState(world.network.internetGateway.get(id), subnet.vpc);
  if (state === 0) return 0;
  if (!isInside(trip))
    return trip.isReply && trip.origin.kind === 'internet' && trip.gateway === id
      ? and(state, backHome(trip))
      : 0;
  const { src, dst } = trip.packet;
  const device = ownerIn(world, subnet.vpc, src);
  if (isBlocked(world, subnet, device?.type === 'nat-gateway' ? 'nat' : 'out')) return 0;
  if (isPrivate(dst)) return 0;
  const address = device?.addresses.find((one) => equal(one.private, src));
  const outside = address && (src.family === 6 ? src : address.public);
  if (!outside) return 0;
  const sent: Trip = { ...trip, packet: { ...trip.packet, src: outside }, groupVpc: null, viaGroups: [] };
  if (isOurs(world, dst)) return and(state, fromInternet(world, sent));
  if (trip.isReply) return 0;
  return and(
    state,
    answerFromOutside(world, sent, (back) => fromInternet(world, back)),
  );
}

function isOurs(world: World, address: Address): boolean {
  return [...world.network.interface.values()].some(({ addresses }) =>
    addresses.some((one) => equal(one.private.family === 6 ? one.private : one.public, address)),
  );
}

export function viaEgressOnly(world: World, trip: Trip, subnet: Subnet, id: string): Truth {
  const state = gatewayState(world.network.egressOnlyGateway.get(id), subnet.vpc);
  if (state === 0 || trip.isReply || !isInside(trip)) return 0;
  if (isBlocked(world, subnet, 'egress-only') || !ownerIn(world, subnet.vpc, trip.packet.src)) return 0;
  if (isOurs(world, trip.packet.dst)) return and(state, perhapsDelivered(world, trip));
  const sent: Trip = { ...trip, groupVpc: null };
  return and(
    state,
    answerFromOutside(world, sent, (back) => atRouter(world, back, subnet.vpc)),
  );
}

export function viaNat(world: World, trip: Trip, from: Subnet, id: string): Truth {
  const nat = world.network.natGateway.get(id);
  if (!nat) return trip.isReply || !isInside(trip) ? 0 : perhapsDelivered(world, trip, true);
  const state = truthOfState(nat.state);
  if (state === 0 || trip.isReply || !isInside(trip)) return 0;
  if (![1, 6, 17].includes(trip.packet.protocol)) return 0;
  const device = nat.interfaces
    .map((one) => world.network.interface.get(one))
    .find((one) => one !== undefined);
  const own = device?.addresses.find((one) => one.private.family === trip.packet.src.family)?.private;
  if (nat.subnet === null || !device || !own) return and(state, perhapsDelivered(world, trip, true));
  if (trip.sessions.some((session) => session.interface === device.id)) return 0;
  const door = from.id === nat.subnet ? 2 : aclAllows(world, trip, nat.subnet, 'in');
  if (door === 0) return 0;
  const sent: Trip = { ...trip, groupVpc: null, viaGroups: [] };
  return and(state, door, throughTranslator(world, sent, { ...device, subnet: nat.subnet }, own));
}

export function viaPeering(world: World, trip: Trip, vpc: string, id: string): Truth {
  const peering = world.network.peering.get(id);
  if (!peering) return perhapsDelivered(world, trip);
  const state = truthOfState(peering.state);
  if (state === 0) return 0;
  if (trip.isReply && !isInside(trip))
    return trip.origin.kind === 'peering' && trip.origin.id === id ? and(state, backHome(trip)) : 0;
  const near = peering.sides.find((side) => side.vpc === vpc);
  const far = peering.sides.find((side) => side !== near);
  if (!near || !far) return 0;
  if (near.cidrs !== null && !within(near.cidrs, trip.packet.src)) return 0;
  if (far.vpc !== null && world.network.vpc.has(far.vpc)) return and(state, atRouter(world, trip, far.vpc));
  return far.cidrs !== null && !within(far.cidrs, trip.packet.dst)
    ? 0
    : and(state, perhapsDelivered(world, trip));
}

/** Out of a peering connection into one of its VPCs. */
export function intoPeering(world: World, trip: Trip, id: string, vpc: string): Truth {
  const peering = world.network.peering.get(id);
  if (!peering) return and(1, atRouter(world, { ...trip, groupVpc: `unseen ${id}` }, vpc));
  const far = peering.sides.find((side) => side.vpc !== vpc);
  const state = truthOfState(peering.state);
  if (state === 0) return 0;
  const known: Truth = !far?.cidrs ? 1 : within(far.cidrs, trip.packet.src) ? 2 : 0;
  if (known === 0) return 0;
  return and(state, known, atRouter(world, { ...trip, groupVpc: far?.vpc ?? `unseen ${id}` }, vpc));
}

export function viaVpn(world: World, trip: Trip, vpc: string, id: string): Truth {
  const gateway = world.network.vpnGateway.get(id);
  if (!gateway) return perhapsDelivered(world, trip);
  const state = gatewayState(gateway, vpc);
  if (state === 0) return 0;
  const isBack = trip.origin.kind === 'vpnGateway' && trip.origin.id === id;
  if (!isInside(trip) && !(trip.isReply && isBack)) return 0;
  const known = isOnPremises(world, vpc, id, trip.packet.dst);
  if (known === 0) return 0;
  if (trip.isReply) return isBack ? and(state, known, backHome(trip)) : 0;
  const sent = { ...trip, groupVpc: null };
  return and(
    state,
    known,
    answerFromOutside(world, sent, (back) => intoVpn(world, back, id, vpc)),
  );
}

function isOnPremises(world: World, vpc: string, id: string, address: Address): Truth {
  const lines = (world.network.vpnGateway.get(id)?.connections ?? []).filter(({ state }) => state !== 'down');
  const propagated = [...world.network.routeTable.values()]
    .filter((table) => table.vpc === vpc)
    .flatMap(({ routes }) => routes)
    .filter((route) => route.isPropagated && !route.isBlackhole && route.target.id === id)
    .flatMap(({ destination }) => (destination.kind === 'cidr' ? [destination.cidr] : []));
  if (lines.length === 0) return 0;
  if (within(propagated, address)) return 2;
  if (lines.some((line) => line.state === 'up' && within(line.prefixes, address))) return 2;
  return lines.some((line) => !line.isComplete || within(line.prefixes, address)) ? 1 : 0;
}

/** From premises into the VPC. */
export function intoVpn(world: World, trip: Trip, id: string, vpc: string): Truth {
  const state = gatewayState(world.network.vpnGateway.get(id), vpc);
  if (state === 0) return 0;
  const known = world.network.vpc.get(vpc);
  if (known && !within(known.cidrs, trip.packet.dst)) return 0;
  return and(state, edgeRoute(world, { ...trip, groupVpc: null }, id, vpc, false));
}

export function viaTransit(world: World, trip: Trip, from: Subnet, gateway: string): Truth {
  const ends = [...world.network.transitAttachment.values()].sort(byId);
  const own = ends.find((one) => one.gateway === gateway && one.type === 'vpc' && one.resource === from.vpc);
  if (!own) {
    const isUnseen =
      !world.network.transitGateway.has(gateway) || !ends.some((one) => one.gateway === gateway);
    return isUnseen ? perhapsDelivered(world, trip) : 0;
  }
  const subnets = own.subnets.map((id) => world.network.subnet.get(id));
  const entry = own.subnets.includes(from.id)
    ? from
    : subnets.find((subnet) => subnet?.zone && subnet.zone === from.zone);
  if (!entry) {
    const isUnknown = subnets.length === 0 || from.zone === null || subnets.some((subnet) => !subnet?.zone);
    return isUnknown ? perhapsDelivered(world, trip) : 0;
  }
  const door = aclAllows(world, trip, entry.id, 'in');
  return door === 0 ? 0 : and(door, intoTransit(world, trip, gateway, own.attachment, from.zone));
}

/** In a transit gateway, out of one of its attachments. */
export function intoTransit(
  world: World,
  trip: Trip,
  gateway: string,
  attachment: string,
  zone: string | null,
): Truth {
  if (trip.hops >= 24) return 0;
  const ends = [...world.network.transitAttachment.values()].sort(byId);
  const from = ends.find((one) => one.attachment === attachment && one.gateway === gateway);
  if (!from) return perhapsDelivered(world, trip);
  const state = truthOfState(from.state);
  if (state === 0 || from.table === null) return 0;
  const table = world.network.transitTable.get(from.table);
  if (!table) return and(state, perhapsDelivered(world, trip));
  const next = { ...trip, hops: trip.hops + 1 };
  const matches = table.routes.filter(({ destination }) => within([destination], trip.packet.dst));
  const longest = Math.max(-1, ...matches.map(({ destination }) => destination.prefix));
  const long = matches.filter(({ destination }) => destination.prefix === longest);
  const rankOf = (route: TransitRoute) => {
    if (!route.isPropagated) return 9;
    const type = ends.find((one) => one.attachment === route.attachments[0])?.type ?? 'other';
    return { vpc: 5, directConnect: 4, other: 3, vpn: 2, peering: 1 }[type];
  };
  const best = long.filter((route) => rankOf(route) === Math.max(...long.map(rankOf)));
  const seen = new Set<string>();
  const ways: Truth[] = [];
  for (const route of best) {
    const key = `${route.isBlackhole} ${route.attachments}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const outs = route.attachments.map((one) => outOfTransit(world, next, from, one, zone));
    ways.push(
      route.isBlackhole ? 0 : outs.length === 0 ? perhapsDelivered(world, trip) : unknownChoice(outs),
    );
  }
  if (best.length === 0) ways.push(0);
  if (table.untold === 'anywhere' || (table.untold === 'gaps' && best.length === 0))
    ways.push(perhapsDelivered(world, trip));
  return and(state, unknownChoice(ways));
}

function outOfTransit(
  world: World,
  trip: Trip,
  from: TransitAttachment,
  attachment: string,
  zone: string | null,
): Truth {
  const ends = [...world.network.transitAttachment.values()]
    .sort(byId)
    .filter((one) => one.attachment === attachment);
  const to = ends.find((one) => one.gateway === from.gateway);
  if (!to) return perhapsDelivered(world, trip);
  const state = truthOfState(to.state);
  if (state === 0) return 0;
  const { origin } = trip;
  if (trip.isReply && !isInside(trip)) {
    const isBack =
      origin.kind === 'transit' && origin.gateway === from.gateway && origin.attachment === attachment;
    return isBack ? and(state, backHome(trip)) : 0;
  }
  if (to.type === 'vpc') return and(state, intoVpc(world, trip, from, to, zone));
  if (to.type === 'peering') {
    const far = ends.find((one) => one.gateway !== from.gateway);
    if (!far) return and(state, perhapsDelivered(world, { ...trip, groupVpc: null }));
    return and(state, intoTransit(world, { ...trip, groupVpc: null }, far.gateway, attachment, null));
  }
  if (trip.isReply || !isInside(trip)) return 0;
  const sent = { ...trip, groupVpc: null };
  return and(
    state,
    answerFromOutside(world, sent, (back) => intoTransit(world, back, from.gateway, attachment, null)),
  );
}

function intoVpc(
  world: World,
  trip: Trip,
  from: TransitAttachment,
  to: TransitAttachment,
  zone: string | null,
): Truth {
  if (!world.network.vpc.has(to.resource)) return perhapsDelivered(world, trip);
  const subnets = to.subnets.map((id) => world.network.subnet.get(id));
  if (subnets.length === 0 || subnets.includes(undefined)) return perhapsDelivered(world, trip);
  const gateway = world.network.transitGateway.get(to.gateway);
  const isKnown = gateway?.hasGroupReferencing && from.hasGroupReferencing && to.hasGroupReferencing;
  const next = isKnown ? trip : { ...trip, groupVpc: null };
  const kept = trip.kept[to.id];
  const near = subnets.find((subnet) => zone !== null && subnet?.zone === zone)?.id;
  const chosen = to.hasApplianceMode
    ? kept !== undefined && to.subnets.includes(kept)
      ? [kept]
      : to.subnets
    : near === undefined
      ? to.subnets
      : [near];
  return unknownChoice(
    chosen.map((subnet) => {
      const memory =
        to.hasApplianceMode && kept === undefined ? { ...next.kept, [to.id]: subnet } : next.kept;
      return leaveSubnet(world, { ...next, kept: memory }, subnet);
    }),
  );
}

// RFC 1918, RFC 6598, and for IPv6 everything but global unicast.
function isPrivate(address: Address): boolean {
  if (address.family === 6) return address.value >> 125n !== 1n;
  const [a, b] = [address.value >>> 24, (address.value >>> 16) & 255];
  return (
    a === 10 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b < 128)
  );
}

function isBlocked(world: World, subnet: Subnet, way: 'in' | 'out' | 'nat' | 'egress-only'): boolean {
  const vpc = world.network.vpc.get(subnet.vpc);
  return [...world.network.publicAccessBlock.values()].some((block) => {
    if (block.mode === 'off') return false;
    if (block.account && vpc?.account && block.account !== vpc.account) return false;
    if (block.region && vpc?.region && block.region !== vpc.region) return false;
    const exclusion = block.exclusions.find(({ resource }) =>
      [subnet.id, subnet.vpc].includes(resource),
    )?.mode;
    if (exclusion === 'bidirectional') return false;
    if (block.mode === 'ingress') return way === 'in' || way === 'out';
    return exclusion !== 'egress' || way === 'in';
  });
}
