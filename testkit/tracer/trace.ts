import type { Network } from '../../src/model/network.ts';
import { fromInternet, intoPeering, intoTransit, intoVpn } from './edges.ts';
import { atRouter, leaveSubnet, sendFromInterface } from './hops.ts';
import { type Origin, type Packet, portsWorthTrying, type Trip, type Truth, type World } from './world.ts';

export type { Origin, Packet } from './world.ts';

export type TraceQuestion = {
  readonly origin: Origin;
  readonly packet: Packet;
  readonly isOneWay: boolean;
  /** Through the load balancer that has the packet's destination, to this interface and port. */
  readonly target: Trip['target'];
  /** The interface that is meant by the packet's destination; null: whichever has the address. */
  readonly owner: string | null;
};

/**
 * Follows one packet, hop by hop, to where it is going and its reply back, straight from the rules of the vendor. It
 * is slow, knows no sets, and shares no code with the engine that it checks.
 */
export function trace(network: Network, question: TraceQuestion): 'reachable' | 'unreachable' | 'may' {
  const world: World = { network, isOneWay: question.isOneWay, somePorts: portsWorthTrying(network) };
  const trip = startTrip(question.origin, question.packet, question.target, question.owner);
  const truth = begin(world, trip);
  return truth === 2 ? 'reachable' : truth === 1 ? 'may' : 'unreachable';
}

export function startTrip(
  origin: Origin,
  packet: Packet,
  target: Trip['target'],
  owner: string | null,
): Trip {
  return {
    packet,
    origin,
    target,
    owner,
    isReply: false,
    gateway: null,
    groupVpc: null,
    viaGroups: [],
    sessions: [],
    boxes: [],
    replyBoxes: [],
    kept: {},
    hops: 0,
    chain: 0,
    isProxied: false,
    isClassic: false,
  };
}

function begin(world: World, trip: Trip): Truth {
  const { origin } = trip;
  switch (origin.kind) {
    case 'internet':
      return fromInternet(world, trip);
    case 'interface': {
      const device = world.network.interface.get(origin.id);
      return device ? sendFromInterface(world, { ...trip, groupVpc: device.vpc }, device) : 1;
    }
    case 'subnet': {
      const subnet = world.network.subnet.get(origin.id);
      return subnet ? leaveSubnet(world, { ...trip, groupVpc: subnet.vpc }, subnet.id) : 1;
    }
    case 'vpc':
      return atRouter(world, { ...trip, groupVpc: origin.id }, origin.id);
    case 'vpnGateway': {
      const vpc = world.network.vpnGateway.get(origin.id)?.vpc ?? null;
      return vpc === null ? 0 : intoVpn(world, trip, origin.id, vpc);
    }
    case 'peering':
      return intoPeering(world, trip, origin.id, origin.into);
    case 'transit': {
      const ends = [...world.network.transitAttachment.values()];
      const from = ends.find((one) => one.attachment === origin.attachment && one.gateway === origin.gateway);
      const groupVpc = from?.type === 'vpc' ? from.resource : null;
      return intoTransit(world, { ...trip, groupVpc }, origin.gateway, origin.attachment, null);
    }
  }
}

/** A packet the other way round. */
export function reversed(packet: Packet): Packet {
  return { ...packet, src: packet.dst, dst: packet.src, srcPort: packet.dstPort, dstPort: packet.srcPort };
}
