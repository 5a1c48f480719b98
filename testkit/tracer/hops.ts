import type { Interface, Route, RouteTable, Subnet } from '../../src/model/network.ts';
import { arriveAtBalancer, arriveAtService } from './balancers.ts';
import { aclAllows, firewallAllows, groupsAllow, perhapsDelivered, works } from './doors.ts';
import { viaEgressOnly, viaInternet, viaNat, viaPeering, viaTransit, viaVpn } from './edges.ts';
import { reversed } from './trace.ts';
import {
  and,
  byId,
  equal,
  interfaceIn,
  or,
  subnetHolding,
  type Trip,
  type Truth,
  truthOfState,
  unknownChoice,
  type World,
  within,
} from './world.ts';

const hopsMax = 24;

/** An interface sends: its state, its groups' outbound rules, then its subnet. */
export function sendFromInterface(world: World, trip: Trip, device: Interface): Truth {
  const isFree = device.type !== 'interface' && device.groups.length === 0;
  const out = isFree ? 2 : groupsAllow(world, trip, device.groups, 'out');
  return and(works(world, device), out, leaveSubnet(world, trip, device.subnet));
}

/** A packet in a subnet: to a neighbour, or past the network ACL to where the route table says. */
export function leaveSubnet(world: World, given: Trip, id: string): Truth {
  const subnet = world.network.subnet.get(id);
  if (!subnet) return perhapsDelivered(world, given);
  if (given.hops >= hopsMax) return 0;
  const trip = { ...given, hops: given.hops + 1 };
  if (within(subnet.cidrs, trip.packet.dst)) {
    // Classic load balancers meet the ACL even on the way to a neighbour.
    const out = trip.isClassic && !trip.isReply ? aclAllows(world, trip, id, 'out') : 2;
    return and(out, landInSubnet(world, { ...trip, isClassic: false }, subnet));
  }
  const out = aclAllows(world, trip, id, 'out');
  if (out === 0) return 0;
  const tables = [...world.network.routeTable.values()].sort(byId);
  const table =
    tables.find(({ subnets }) => subnets.includes(id)) ??
    tables.find(({ isMain, vpc }) => isMain && vpc === subnet.vpc);
  if (!table) return and(out, perhapsDelivered(world, trip));
  const next = { ...trip, isClassic: false };
  const ways = routesFor(world, table, next).map((route) => takeRoute(world, next, subnet, route));
  return and(out, unknownChoice(ways));
}

/** Every route that may be the one: the longest prefix, and what unknown lists could add. Null stands for none. */
export function routesFor(world: World, table: RouteTable, { packet }: Trip): (Route | null)[] {
  type Match = { readonly route: Route; readonly prefix: number; readonly rank: number };
  const matches: Match[] = [];
  const unknown: Route[] = [];
  for (const route of table.routes) {
    const { destination } = route;
    if (destination.kind === 'cidr') {
      if (within([destination.cidr], packet.dst))
        matches.push({ route, prefix: destination.cidr.prefix, rank: route.isPropagated ? 0 : 2 });
      continue;
    }
    const entries = world.network.prefixList.get(destination.id)?.entries ?? null;
    if (entries === null) unknown.push(route);
    for (const entry of entries ?? [])
      if (within([entry], packet.dst)) matches.push({ route, prefix: entry.prefix, rank: 1 });
  }
  const longest = Math.max(-1, ...matches.map(({ prefix }) => prefix));
  const long = matches.filter(({ prefix }) => prefix === longest);
  const highest = Math.max(-1, ...long.map(({ rank }) => rank));
  const best = long.filter(({ rank }) => rank === highest).map(({ route }) => route);
  return distinct([...(best.length > 0 ? best : [null]), ...unknown]);
}

function distinct(routes: readonly (Route | null)[]): (Route | null)[] {
  const seen = new Set<string>();
  return routes.filter((route) => {
    const key = route === null ? 'none' : `${route.target.kind} ${route.target.id} ${route.isBlackhole}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function takeRoute(world: World, trip: Trip, subnet: Subnet, route: Route | null): Truth {
  if (route === null || route.isBlackhole) return 0;
  const { id } = route.target;
  switch (route.target.kind) {
    case 'local':
      return atRouter(world, trip, subnet.vpc);
    case 'internetGateway':
      return viaInternet(world, trip, subnet, id);
    case 'egressOnlyGateway':
      return viaEgressOnly(world, trip, subnet, id);
    case 'natGateway':
      return viaNat(world, trip, subnet, id);
    case 'peering':
      return viaPeering(world, trip, subnet.vpc, id);
    case 'transitGateway':
      return viaTransit(world, trip, subnet, id);
    case 'vpnGateway':
      return viaVpn(world, trip, subnet.vpc, id);
    case 'interface':
      return throughAppliance(world, trip, id, subnet.id);
    case 'endpoint':
      return throughEndpoint(world, trip, id, subnet.vpc, subnet.id);
    default:
      return perhapsDelivered(world, trip);
  }
}

/** At a VPC's router, for an address of the VPC. */
export function atRouter(world: World, trip: Trip, vpc: string): Truth {
  if (trip.isReply && trip.origin.kind === 'vpc' && trip.origin.id === vpc) return backHome(trip);
  const subnet = subnetHolding(world, vpc, trip.packet.dst);
  return subnet ? enterSubnet(world, trip, subnet, null) : 0;
}

export function enterSubnet(world: World, trip: Trip, subnet: Subnet, from: string | null): Truth {
  const door = from === subnet.id ? 2 : aclAllows(world, trip, subnet.id, 'in');
  return door === 0 ? 0 : and(door, landInSubnet(world, trip, subnet));
}

function landInSubnet(world: World, trip: Trip, subnet: Subnet): Truth {
  if (trip.isReply && trip.origin.kind === 'subnet' && trip.origin.id === subnet.id) return backHome(trip);
  const device = interfaceIn(world, subnet.id, trip.packet.dst);
  return device ? arrive(world, trip, device) : 0;
}

function arrive(world: World, trip: Trip, device: Interface): Truth {
  if (trip.isReply) {
    const session = trip.sessions.at(-1);
    if (session?.interface === device.id) {
      const packet = { ...trip.packet, dst: session.src, dstPort: session.srcPort };
      return leaveSubnet(world, { ...trip, packet, sessions: trip.sessions.slice(0, -1) }, device.subnet);
    }
    const isHome =
      trip.origin.kind === 'interface' && trip.origin.id === device.id && trip.sessions.length === 0;
    return isHome ? backHome(trip) : 0;
  }
  if (trip.owner !== null && trip.owner !== device.id) return 0;
  const state = works(world, device);
  if (state === 0) return 0;
  if (device.type === 'load-balancer') return and(state, arriveAtBalancer(world, trip, device));
  if (device.type === 'interface-endpoint') return and(state, arriveAtService(world, trip, device));
  if (device.type !== 'interface') return 0;
  if (trip.target !== null && trip.target.interface !== device.id) return 0;
  const admitted = groupsAllow(world, trip, device.groups, 'in');
  return admitted === 0 ? 0 : and(state, admitted, sendReply(world, trip, device.subnet));
}

/** The reply leaves from a subnet, past no security group. */
export function sendReply(world: World, trip: Trip, subnet: string): Truth {
  if (world.isOneWay) return 2;
  return leaveSubnet(world, { ...trip, isReply: true, packet: reversed(trip.packet), hops: 0 }, subnet);
}

/** Appliances have to see both directions, in turn. */
export function backHome(trip: Trip): Truth {
  return [...trip.boxes].reverse().join() === trip.replyBoxes.join() ? 2 : 0;
}

/** A route to an interface: something that forwards. */
export function throughAppliance(world: World, trip: Trip, id: string, from: string | null): Truth {
  const device = world.network.interface.get(id);
  const subnet = device && world.network.subnet.get(device.subnet);
  if (!device || !subnet) return perhapsDelivered(world, trip);
  if (device.addresses.some((one) => equal(one.private, trip.packet.dst)))
    return enterSubnet(world, trip, subnet, from);
  const name = device.instance ?? device.id;
  const seen = trip.isReply ? trip.replyBoxes : trip.boxes;
  if (seen.includes(name)) return 0;
  if (!trip.isReply && trip.sessions.some((session) => session.interface === id)) return 0;
  if (device.hasSourceDestCheck) return 0;
  const door = from === subnet.id ? 2 : aclAllows(world, trip, subnet.id, 'in');
  const before = and(door, works(world, device));
  if (before === 0) return 0;
  if (trip.isReply)
    return and(before, leaveSubnet(world, { ...trip, replyBoxes: [...trip.replyBoxes, name] }, subnet.id));
  const admitted = groupsAllow(world, trip, device.groups, 'in');
  const inside: Trip = { ...trip, groupVpc: null, viaGroups: [] };
  const sent = and(before, admitted, groupsAllow(world, inside, device.groups, 'out'));
  if (sent === 0) return 0;
  const plain = leaveSubnet(world, { ...inside, boxes: [...trip.boxes, name] }, subnet.id);
  return and(sent, or([plain, and(1, translated(world, inside, device))]));
}

// It may put its own address in front, if it is that kind of appliance.
function translated(world: World, trip: Trip, device: Interface): Truth {
  if (!['interface', 'subnet', 'vpc'].includes(trip.origin.kind)) return 0;
  const own = device.addresses.find((one) => one.private.family === trip.packet.src.family)?.private;
  if (!own) return 0;
  return throughTranslator(world, trip, device, own);
}

/** On with another source address and any port of the translator's. */
export function throughTranslator(
  world: World,
  trip: Trip,
  device: Interface,
  own: Interface['addresses'][number]['private'],
): Truth {
  const { packet } = trip;
  const session = { interface: device.id, src: packet.src, srcPort: packet.srcPort };
  const ports = packet.protocol === 6 || packet.protocol === 17 ? world.somePorts : [packet.srcPort];
  return or(
    ports.map((srcPort) =>
      leaveSubnet(
        world,
        { ...trip, packet: { ...packet, src: own, srcPort }, sessions: [...trip.sessions, session] },
        device.subnet,
      ),
    ),
  );
}

/** A route to an endpoint of a gateway load balancer or firewall, or of a service. */
export function throughEndpoint(
  world: World,
  trip: Trip,
  id: string,
  vpc: string,
  from: string | null,
): Truth {
  const endpoint = world.network.endpoint.get(id);
  if (!endpoint) return perhapsDelivered(world, trip);
  const state = truthOfState(endpoint.state);
  if (state === 0 || endpoint.type === 'interface') return 0;
  if (endpoint.type === 'gateway') {
    if (trip.isReply || ![1, 6].includes(trip.packet.protocol)) return 0;
    if (!isInside(trip)) return 0;
    return and(
      state,
      answerFromOutside(world, trip, (back) => atRouter(world, back, vpc)),
    );
  }
  const subnet = endpoint.subnets[0];
  if (subnet === undefined) return and(state, perhapsDelivered(world, trip));
  const seen = trip.isReply ? trip.replyBoxes : trip.boxes;
  if (seen.includes(id)) return 0;
  const door = from === subnet ? 2 : aclAllows(world, trip, subnet, 'in');
  const passed = and(state, door, firewallAllows(world, trip, endpoint));
  if (passed === 0) return 0;
  const plain: Trip = { ...trip, groupVpc: null, viaGroups: [] };
  const next = trip.isReply
    ? { ...plain, replyBoxes: [...trip.replyBoxes, id] }
    : { ...plain, boxes: [...trip.boxes, id] };
  return and(passed, leaveSubnet(world, next, subnet));
}

/** Whether a trip began inside the networks that are seen. */
export function isInside({ origin }: Trip): boolean {
  return origin.kind === 'interface' || origin.kind === 'subnet' || origin.kind === 'vpc';
}

/** Somebody outside got the packet and answers it. */
export function answerFromOutside(world: World, trip: Trip, home: (back: Trip) => Truth): Truth {
  if (world.isOneWay) return 2;
  return home({ ...trip, isReply: true, packet: reversed(trip.packet), hops: 0 });
}
