import type { Address } from '../../src/model/address.ts';
import type { Endpoint, Interface, NetworkAcl, PortRange } from '../../src/model/network.ts';
import { and, byId, equal, type Trip, type Truth, truthOfState, type World, within } from './world.ts';

/** Whether the network ACL of a subnet lets a packet through. The reply's port is the one it is sent to. */
export function aclAllows(world: World, trip: Trip, subnet: string, direction: 'in' | 'out'): Truth {
  const acl = [...world.network.networkAcl.values()]
    .filter(({ subnets }) => subnets.includes(subnet))
    .sort(byId)[0];
  if (!acl) return 1;
  return aclPermits(acl, trip, direction) ? 2 : 0;
}

function aclPermits(acl: NetworkAcl, { packet }: Trip, direction: 'in' | 'out'): boolean {
  const remote = direction === 'in' ? packet.src : packet.dst;
  const inOrder = [...acl.entries].sort((a, b) => a.number - b.number);
  for (const entry of inOrder) {
    if (entry.direction !== direction) continue;
    if (entry.protocol !== null && entry.protocol !== packet.protocol) continue;
    if (!within([entry.cidr], remote) || !inRange(entry.ports, packet.dstPort)) continue;
    return entry.isAllow;
  }
  return false;
}

/** Whether the groups of an interface admit a packet, or let it out. Replies are never asked. */
export function groupsAllow(
  world: World,
  trip: Trip,
  groups: readonly string[],
  direction: 'in' | 'out',
): Truth {
  if (groups.length === 0) return 1;
  let best: Truth = 0;
  for (const id of groups) {
    const group = world.network.securityGroup.get(id);
    if (!group) best = Math.max(best, 1) as Truth;
    for (const rule of group?.rules ?? []) {
      if (rule.direction !== direction) continue;
      if (rule.protocol !== null && rule.protocol !== trip.packet.protocol) continue;
      // A rule for all protocols has no ports.
      if (rule.protocol !== null && !inRange(rule.ports, trip.packet.dstPort)) continue;
      best = Math.max(best, peerMatches(world, trip, rule.peer, direction)) as Truth;
    }
  }
  return best;
}

type PeerOf = NonNullable<ReturnType<World['network']['securityGroup']['get']>>['rules'][number]['peer'];

function peerMatches(world: World, trip: Trip, peer: PeerOf, direction: 'in' | 'out'): Truth {
  const remote = direction === 'in' ? trip.packet.src : trip.packet.dst;
  if (peer.kind === 'cidr') return within([peer.cidr], remote) ? 2 : 0;
  if (peer.kind === 'prefixList') {
    const entries = world.network.prefixList.get(peer.id)?.entries ?? null;
    return entries === null ? 1 : within(entries, remote) ? 2 : 0;
  }
  const members = [...world.network.interface.values()].filter(({ groups }) => groups.includes(peer.id));
  if (direction === 'out') return members.some((one) => has(one, remote)) ? 2 : 0;
  if (trip.viaGroups.includes(peer.id)) return 2;
  if (trip.groupVpc === null) return 0;
  if (trip.groupVpc === unseen) return 1;
  if (members.some((one) => one.vpc === trip.groupVpc && has(one, remote))) return 2;
  return world.network.vpc.has(trip.groupVpc) ? 0 : 1;
}

/** In place of a VPC: the packet came by a way that is not seen. */
const unseen = 'unseen';

/**
 * A packet that something unseen may hand on as it is, to whoever has the address. `isRewritten`: its source is
 * another by then.
 */
export function perhapsDelivered(world: World, trip: Trip, isRewritten = false): Truth {
  if (trip.isReply || isRewritten) return 1;
  const owners = [...world.network.interface.values()].filter(
    ({ id, addresses }) =>
      (trip.owner === null || trip.owner === id) &&
      addresses.some((one) => equal(one.private, trip.packet.dst) || equal(one.public, trip.packet.dst)),
  );
  if (owners.length === 0) return 1;
  const isLetIn = owners.some((device) => {
    if (!['interface', 'load-balancer', 'interface-endpoint'].includes(device.type)) return false;
    if (works(world, device) === 0) return false;
    const balancer = world.network.loadBalancer.get(device.owner ?? '');
    const groups = device.groups.length > 0 ? device.groups : (balancer?.groups ?? []);
    return groups.length === 0 || groupsAllow(world, { ...trip, groupVpc: unseen }, groups, 'in') > 0;
  });
  return isLetIn ? 1 : 0;
}

/** Whether an interface, and the instance that it belongs to, works. */
export function works(world: World, device: Interface): Truth {
  const own = truthOfState(device.state);
  if (device.instance === null) return own;
  return and(own, truthOfState(world.network.instance.get(device.instance)?.state ?? 'unknown'));
}

/** Whether the firewall behind an endpoint passes a packet: the first stateless rule that matches decides. */
export function firewallAllows(world: World, trip: Trip, endpoint: Endpoint): Truth {
  if (endpoint.firewall === null) return 2;
  const firewall = world.network.firewall.get(endpoint.firewall);
  if (!firewall?.rules) return 1;
  const { packet } = trip;
  const rule = firewall.rules.find(
    (one) =>
      (one.protocols.length === 0 || one.protocols.includes(packet.protocol)) &&
      (one.sources.length === 0 || within(one.sources, packet.src)) &&
      (one.destinations.length === 0 || within(one.destinations, packet.dst)) &&
      (one.sourcePorts.length === 0 || one.sourcePorts.some((range) => inRange(range, packet.srcPort))) &&
      (one.destinationPorts.length === 0 ||
        one.destinationPorts.some((range) => inRange(range, packet.dstPort))),
  );
  const action = rule?.action ?? firewall.defaultAction;
  if (action === 'pass') return 2;
  return action === 'drop' ? 0 : firewall.stateful === 'pass' ? 2 : 1;
}

function has(device: Interface, address: Address): boolean {
  return device.addresses.some((one) => equal(one.private, address));
}

function inRange(range: PortRange | null, port: number): boolean {
  return range === null || (port >= range.from && port <= range.to);
}
