import type { Interface, LoadBalancer, TargetGroup } from '../../src/model/network.ts';
import { aclAllows, groupsAllow, works } from './doors.ts';
import { leaveSubnet, sendFromInterface, sendReply } from './hops.ts';
import { reversed, startTrip } from './trace.ts';
import { and, byId, equal, or, type Trip, type Truth, truthOfState, type World } from './world.ts';

type Home = (trip: Trip) => Truth;

/** At an interface of a load balancer. `home`: how the reply gets back, where another one stands in front. */
export function arriveAtBalancer(
  world: World,
  trip: Trip,
  device: Interface,
  home: Home | null = null,
): Truth {
  const balancer = world.network.loadBalancer.get(device.owner ?? '');
  if (!balancer) return 1;
  if (balancer.type === 'gateway') return 0;
  const groups = groupsOf(balancer, device);
  const admitted =
    groups.length === 0 && balancer.type === 'network' ? 2 : groupsAllow(world, trip, groups, 'in');
  const before = and(truthOfState(balancer.state), admitted);
  if (before === 0) return 0;
  const back: Home = home ?? ((met) => sendReply(world, met, device.subnet));
  return and(before, throughListeners(world, trip, balancer, [device], back));
}

/** At an interface endpoint: the end of the way, or on to the service's load balancer. */
export function arriveAtService(world: World, trip: Trip, device: Interface): Truth {
  const admitted = groupsAllow(world, trip, device.groups, 'in');
  if (admitted === 0) return 0;
  const home: Home = (met) => sendReply(world, met, device.subnet);
  if (trip.target === null) return and(admitted, home(trip));
  const endpoint = world.network.endpoint.get(device.owner ?? device.id);
  if (!endpoint?.loadBalancers) return and(admitted, 1);
  return and(
    admitted,
    or(
      endpoint.loadBalancers.map((id) => {
        const balancer = world.network.loadBalancer.get(id);
        if (!balancer) return 1;
        const nodes = [...world.network.interface.values()].filter(({ owner }) => owner === id);
        return throughListeners(world, { ...trip, isProxied: true }, balancer, nodes, home);
      }),
    ),
  );
}

function throughListeners(
  world: World,
  trip: Trip,
  balancer: LoadBalancer,
  nodes: readonly Interface[],
  home: Home,
): Truth {
  const found: Truth[] = [];
  for (const listener of balancer.listeners) {
    if (listener.port !== trip.packet.dstPort || !listener.protocols.includes(trip.packet.protocol)) continue;
    for (const id of listener.targetGroups) {
      const group = world.network.targetGroup.get(id);
      if (!group || group.targets === null) {
        const wanted = trip.target && world.network.interface.get(trip.target.interface);
        const isElsewhere = wanted && group?.targetType === 'instance' && wanted.vpc !== group.vpc;
        found.push(isElsewhere ? 0 : 1);
        continue;
      }
      const targets = group.targets.flatMap((target) => devicesOf(world, group, target, trip));
      if (targets.length < group.targets.length && trip.target === null) found.push(1);
      for (const target of targets)
        for (const node of nodes) found.push(toTarget(world, trip, balancer, group, target, node, home));
    }
  }
  return or(found);
}

type Found = {
  readonly device: Interface;
  readonly address: Interface['addresses'][number]['private'];
  readonly port: number;
};

function devicesOf(
  world: World,
  group: TargetGroup,
  target: NonNullable<TargetGroup['targets']>[number],
  trip: Trip,
): Found[] {
  const family = group.targetType === 'loadBalancer' ? trip.packet.dst.family : group.family;
  const all = [...world.network.interface.values()].sort(byId);
  if (group.targetType === 'ip') {
    const subnets = [...world.network.subnet.values()].sort(byId).filter(({ vpc }) => vpc === group.vpc);
    for (const subnet of subnets) {
      const device = all.find(
        (one) =>
          one.subnet === subnet.id &&
          one.addresses.some((own) => target.address && equal(own.private, target.address)),
      );
      if (device) return target.address ? [{ device, address: target.address, port: target.port }] : [];
    }
    return [];
  }
  const devices =
    group.targetType === 'loadBalancer'
      ? all.filter(({ owner }) => owner === target.id)
      : group.targetType === 'instance'
        ? all.filter((one) => one.instance === target.id && one.isPrimary).slice(0, 1)
        : [];
  return devices.flatMap((device) => {
    const own = device.addresses.find((one) => one.private.family === family);
    return own ? [{ device, address: own.private, port: target.port }] : [];
  });
}

function toTarget(
  world: World,
  trip: Trip,
  balancer: LoadBalancer,
  group: TargetGroup,
  found: Found,
  node: Interface,
  home: Home,
): Truth {
  const isBalancer = group.targetType === 'loadBalancer';
  if (trip.target !== null && !isBalancer) {
    if (found.device.id !== trip.target.interface || found.port !== trip.target.port) return 0;
  }
  const zone = world.network.subnet.get(found.device.subnet)?.zone ?? null;
  const own = world.network.subnet.get(node.subnet)?.zone ?? null;
  const isServed = balancer.zones.length === 0 || zone === null || balancer.zones.includes(zone);
  if (found.device.vpc === balancer.vpc && !isServed) return 0;
  const isCross = group.isCrossZone ?? balancer.isCrossZone;
  let zones: Truth = 2;
  if (isCross !== true && zone !== own) zones = isCross === null || zone === null || own === null ? 1 : 0;
  if (isCross !== true && zone === own) zones = 2;
  if (zones === 0) return 0;
  const keeps =
    balancer.type === 'network' &&
    group.preservesClient &&
    !trip.isProxied &&
    found.device.vpc === node.vpc &&
    found.address.family === trip.packet.dst.family;
  return and(
    zones,
    keeps
      ? handOver(world, trip, balancer, found, node, isBalancer)
      : openOwn(world, trip, balancer, found, node, isBalancer, home),
  );
}

// The target sees the client itself and answers through the load balancer.
function handOver(
  world: World,
  trip: Trip,
  balancer: LoadBalancer,
  found: Found,
  node: Interface,
  isBalancer: boolean,
): Truth {
  if (isBalancer && trip.chain >= 4) return 0;
  const groups = groupsOf(balancer, node);
  const onward: Trip = {
    ...trip,
    chain: trip.chain + 1,
    packet: { ...trip.packet, dst: found.address, dstPort: found.port },
    groupVpc: null,
    viaGroups: groups,
  };
  const isNear = found.device.subnet === node.subnet;
  const there = and(
    groups.length === 0 ? 2 : groupsAllow(world, onward, groups, 'out'),
    isNear ? 2 : aclAllows(world, onward, node.subnet, 'out'),
    isNear ? 2 : aclAllows(world, onward, found.device.subnet, 'in'),
  );
  if (there === 0) return 0;
  const back: Home = (met) => {
    if (world.isOneWay) return 2;
    const reply: Trip = { ...met, isReply: true, packet: reversed(onward.packet), hops: 0 };
    const home = and(
      isNear ? 2 : aclAllows(world, reply, found.device.subnet, 'out'),
      isNear ? 2 : aclAllows(world, reply, node.subnet, 'in'),
    );
    if (home === 0) return 0;
    const front = { ...reply.packet, src: trip.packet.dst, srcPort: trip.packet.dstPort };
    return and(home, leaveSubnet(world, { ...reply, packet: front }, node.subnet));
  };
  if (isBalancer)
    return and(there, works(world, found.device), arriveAtBalancer(world, onward, found.device, back));
  const admitted = and(works(world, found.device), groupsAllow(world, onward, found.device.groups, 'in'));
  return admitted === 0 ? 0 : and(there, admitted, back(onward));
}

// A connection of the load balancer's own, from any of its ports.
function openOwn(
  world: World,
  trip: Trip,
  balancer: LoadBalancer,
  found: Found,
  node: Interface,
  isBalancer: boolean,
  home: Home,
): Truth {
  if (trip.chain >= 4) return trip.target === null ? home(trip) && 1 : 0;
  const target = isBalancer ? trip.target : null;
  const inner = or(
    node.addresses
      .filter((one) => one.private.family === found.address.family)
      .flatMap((own) =>
        world.somePorts.map((srcPort) => {
          const packet = {
            src: own.private,
            dst: found.address,
            protocol: trip.packet.protocol,
            srcPort,
            dstPort: found.port,
          };
          const start = startTrip({ kind: 'interface', id: node.id }, packet, target, found.device.id);
          const next = {
            ...start,
            groupVpc: node.vpc,
            chain: trip.chain + 1,
            isClassic: balancer.type === 'classic',
          };
          return sendFromInterface(world, next, node);
        }),
      ),
  );
  return inner === 0 ? 0 : and(inner, home(trip));
}

function groupsOf(balancer: LoadBalancer, device: Interface): readonly string[] {
  return device.groups.length > 0 ? device.groups : balancer.groups;
}
