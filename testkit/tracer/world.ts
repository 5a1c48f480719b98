import type { Address, Cidr } from '../../src/model/address.ts';
import type { Interface, Network, Subnet } from '../../src/model/network.ts';

/** 0 no, 1 perhaps, 2 yes. */
export type Truth = 0 | 1 | 2;

/** A single packet. For ICMP the ports are type × 256 + code, of the request and of what answers it. */
export type Packet = {
  readonly src: Address;
  readonly dst: Address;
  readonly protocol: number;
  readonly srcPort: number;
  readonly dstPort: number;
};

export type Origin =
  | { readonly kind: 'internet' }
  | { readonly kind: 'interface' | 'subnet' | 'vpc' | 'vpnGateway'; readonly id: string }
  | { readonly kind: 'peering'; readonly id: string; readonly into: string }
  | { readonly kind: 'transit'; readonly gateway: string; readonly attachment: string };

/** Everything that travels with a packet. */
export type Trip = {
  readonly packet: Packet;
  readonly isReply: boolean;
  readonly origin: Origin;
  /** The gateway that let it in from the internet. */
  readonly gateway: string | null;
  /** Only this interface, behind a load balancer, at this port. */
  readonly target: { readonly interface: string; readonly port: number } | null;
  /** The interface that the destination address has to be of; null: of any. */
  readonly owner: string | null;
  readonly groupVpc: string | null;
  readonly viaGroups: readonly string[];
  readonly sessions: readonly Session[];
  readonly boxes: readonly string[];
  readonly replyBoxes: readonly string[];
  readonly kept: Readonly<Record<string, string>>;
  readonly hops: number;
  readonly chain: number;
  readonly isProxied: boolean;
  readonly isClassic: boolean;
};

export type Session = { readonly interface: string; readonly src: Address; readonly srcPort: number };

export type World = {
  readonly network: Network;
  readonly isOneWay: boolean;
  /** Ports worth trying where any of 1024 to 65535 will do. */
  readonly somePorts: readonly number[];
};

export const and = (...truths: readonly Truth[]): Truth => Math.min(2, ...truths) as Truth;
export const or = (truths: readonly Truth[]): Truth => Math.max(0, ...truths) as Truth;

/** One of several things happens and nobody knows which. */
export function unknownChoice(truths: readonly Truth[]): Truth {
  if (truths.length === 0) return 0;
  return truths.every((one) => one === truths[0]) ? (truths[0] as Truth) : 1;
}

export function within(cidrs: readonly Cidr[], address: Address): boolean {
  return cidrs.some(
    (cidr) =>
      cidr.family === address.family &&
      BigInt(address.value) >= BigInt(cidr.first) &&
      BigInt(address.value) <= BigInt(cidr.last),
  );
}

export function equal(a: Address | null | undefined, b: Address): boolean {
  return !!a && a.family === b.family && BigInt(a.value) === BigInt(b.value);
}

export function subnetHolding(world: World, vpc: string, address: Address): Subnet | null {
  const all = [...world.network.subnet.values()].filter(
    (subnet) => subnet.vpc === vpc && within(subnet.cidrs, address),
  );
  return all.sort(byId)[0] ?? null;
}

export function interfaceIn(world: World, subnet: string, address: Address): Interface | null {
  const all = [...world.network.interface.values()].filter(
    (device) => device.subnet === subnet && device.addresses.some((one) => equal(one.private, address)),
  );
  return all.sort(byId)[0] ?? null;
}

/** The interface that has an address anywhere in a VPC. */
export function ownerIn(world: World, vpc: string, address: Address): Interface | null {
  const subnet = subnetHolding(world, vpc, address);
  return subnet && interfaceIn(world, subnet.id, address);
}

export function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}

/** Ends of every range of ports that some rule has, inside 1024 to 65535, and one beyond each. */
export function portsWorthTrying(network: Network): number[] {
  const ports = new Set<number>([1024]);
  const add = (range: { readonly from: number; readonly to: number } | null) => {
    for (const port of range ? [range.from, range.to + 1] : [])
      if (port >= 1024 && port <= 65535) ports.add(port);
  };
  for (const { entries } of network.networkAcl.values()) for (const entry of entries) add(entry.ports);
  for (const { rules } of network.firewall.values())
    for (const rule of rules ?? [])
      for (const range of [...rule.sourcePorts, ...rule.destinationPorts]) add(range);
  return [...ports];
}

export function truthOfState(state: 'up' | 'down' | 'unknown'): Truth {
  return state === 'up' ? 2 : state === 'down' ? 0 : 1;
}
