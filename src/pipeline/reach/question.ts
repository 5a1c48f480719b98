import { type Address, type Cidr, type Family, formatAddress, holds, single } from '../../model/address.ts';
import type { Destination, Source } from '../../model/exposure.ts';
import type { Interface, Listener } from '../../model/network.ts';
import { blocksMap } from './compile-acl.ts';
import type { Compiled } from './compiled.ts';
import { allPorts, noPorts } from './port-set.ts';
import { representativesOf } from './representatives.ts';
import type { SourceMap } from './source-map.ts';
import { frontsOf, leadsOf, portsLedTo } from './targets.ts';
import {
  enterInternet,
  enterPeering,
  enterTransit,
  enterVpn,
  sendFrom,
  sendFromSubnet,
} from './walk/enter.ts';
import type { Flow, Goal, Origin, Result, Spot, Walk } from './walk/flow.ts';
import { toRouter } from './walk/routing.ts';
import { enterZone, originOf, type Zone, zonesOf } from './zones.ts';

/** A place where a packet may start, as one address or as every client of a mask. */
export type Start = {
  readonly family: Family;
  readonly source: Spot;
  /** The address that the number stands for; null for every client. */
  readonly address: Address | null;
  /** For `client`: which clients. */
  readonly mask: SourceMap | null;
  /** For `client`: one of them to show, where not just anybody comes from there. */
  readonly sample: Address | null;
  readonly origin: Origin;
  readonly groupVpc: string | null;
  /** Whether the destination has to be addressed by its public address. */
  readonly isOutside: boolean;
  /** Only for destinations in this VPC. */
  readonly vpc: string | null;
  readonly enter: (walk: Walk, flow: Flow) => Result;
};

/** A place where a packet may end. */
export type End = {
  readonly family: Family;
  readonly at: number;
  readonly address: Address;
  readonly isPublic: boolean;
  readonly vpc: string | null;
  readonly goal: Goal;
  readonly owner: string | null;
  /** The listener that leads there, and where; null: the address is the destination's own. */
  readonly front: {
    readonly balancer: string;
    readonly listener: Listener;
    readonly device: Interface;
  } | null;
};

/** Every place that a source stands for. `isWhole` is false where it has more parts than are looked at. */
export function startsOf(
  compiled: Compiled,
  from: Source,
  to: Destination,
): { readonly starts: readonly Start[]; readonly isWhole: boolean } {
  const { index } = compiled;
  tellApart(compiled, from, to);
  switch (from.kind) {
    case 'internet':
      return whole(familiesOf(from.address).map((family) => internetStart(compiled, family, from.address)));
    case 'address':
      return whole(
        devicesAt(index, from.address).flatMap((device) => deviceStarts(compiled, device, from.address)),
      );
    case 'instance':
      return whole(
        index
          .find('interface', `interfaces:${from.id}`)
          .flatMap((device) => deviceStarts(compiled, device, null)),
      );
    case 'interface': {
      const device = index.get('interface', from.id);
      return whole(device === null ? [] : deviceStarts(compiled, device, null));
    }
    case 'subnet':
      return subnetStarts(compiled, from.id, from.address);
    case 'vpc':
      return vpcStarts(compiled, from.id, from.address);
    case 'cidr':
      return blockStarts(compiled, from.cidr, to);
    default:
      return whole(
        familiesOf(from.address).flatMap((family) => edgeStarts(compiled, from, family, from.address)),
      );
  }
}

/** Every place that a destination stands for. */
export function endsOf(compiled: Compiled, to: Destination): End[] {
  const { index } = compiled;
  if (to.kind === 'address') {
    const { family } = to.address;
    const at = index.space(family).at(to.address);
    const device = devicesAt(index, to.address)[0] ?? null;
    const goal = { kind: 'any' } as const;
    const place = { family, at, address: to.address, goal, front: null, owner: null };
    const own = { ...place, isPublic: false, vpc: device?.vpc ?? null };
    return [own, { ...own, isPublic: true }];
  }
  const devices =
    to.kind === 'instance'
      ? index.find('interface', `interfaces:${to.id}`)
      : [index.get('interface', to.id)].filter((device) => device !== null);
  return devices.flatMap((device) => [...ownEnds(compiled, device), ...frontEnds(compiled, device)]);
}

function ownEnds(compiled: Compiled, device: Interface): End[] {
  return addressEnds(compiled, device, { kind: 'any' }, null);
}

// Every listener of every load balancer: what it leads to depends on the protocol, and is looked at with it.
function frontEnds(compiled: Compiled, device: Interface): End[] {
  const { index } = compiled;
  const goal: Goal = { kind: 'target', interface: device.id, ports: allPorts };
  const ends: End[] = [];
  for (const balancer of index.all('loadBalancer')) {
    const leading = balancer.listeners.filter((listener) =>
      listener.protocols.some((protocol) =>
        ([4, 6] as const).some(
          (family) =>
            portsLedTo(leadsOf(compiled, balancer.id, listener, protocol, family), device) !== noPorts,
        ),
      ),
    );
    if (leading.length === 0) continue;
    for (const front of frontsOf(compiled, balancer.id))
      for (const listener of leading)
        ends.push(...addressEnds(compiled, front, goal, { balancer: balancer.id, listener, device }));
  }
  return ends;
}

function addressEnds(compiled: Compiled, device: Interface, goal: Goal, front: End['front']): End[] {
  const { index } = compiled;
  return device.addresses.flatMap((address) => {
    const { family } = address.private;
    const space = index.space(family);
    const own = {
      family,
      at: space.at(address.private),
      address: address.private,
      isPublic: false,
      vpc: device.vpc,
      goal,
      front,
      owner: device.id,
    };
    if (family === 6) return [own, { ...own, isPublic: true }];
    const { public: outside } = address;
    return outside === null
      ? [own]
      : [own, { ...own, at: space.at(outside), address: outside, isPublic: true }];
  });
}

function internetStart(compiled: Compiled, family: Family, address: Address | null): Start {
  return {
    family,
    source: address === null ? 'client' : compiled.index.space(family).at(address),
    mask: null,
    sample: null,
    address,
    origin: { kind: 'internet', gateway: null },
    groupVpc: null,
    isOutside: true,
    vpc: null,
    enter: enterInternet,
  };
}

function deviceStarts({ index }: Compiled, device: Interface, only: Address | null): Start[] {
  return device.addresses
    .map((one) => one.private)
    .filter((address) => only === null || formatAddress(address) === formatAddress(only))
    .map((address) => ({
      family: address.family,
      source: index.space(address.family).at(address),
      mask: null,
      sample: null,
      address,
      origin: { kind: 'interface', id: device.id },
      groupVpc: device.vpc,
      isOutside: false,
      vpc: null,
      enter: (walk, flow) => sendFrom(walk, flow, device),
    }));
}

function subnetStarts(compiled: Compiled, id: string, address: Address | null) {
  const { index } = compiled;
  const subnet = index.get('subnet', id);
  if (subnet === null) return whole([]);
  const startAt = (family: Family, source: number): Start => ({
    family,
    source,
    mask: null,
    sample: null,
    address,
    origin: { kind: 'subnet', id },
    groupVpc: subnet.vpc,
    isOutside: false,
    vpc: null,
    enter: (walk, flow) => sendFromSubnet(walk, flow, subnet),
  });
  if (address !== null) return whole([startAt(address.family, index.space(address.family).at(address))]);
  const parts = subnet.cidrs.map((cidr) => ({ cidr, ...representativesOf(index, cidr) }));
  return {
    starts: parts.flatMap(({ cidr, spots }) => spots.map((spot) => startAt(cidr.family, spot))),
    isWhole: parts.every(({ isWhole }) => isWhole),
  };
}

function vpcStarts(compiled: Compiled, id: string, address: Address | null) {
  const { index } = compiled;
  if (address !== null) {
    const start: Start = {
      family: address.family,
      source: index.space(address.family).at(address),
      mask: null,
      sample: null,
      address,
      origin: { kind: 'vpc', id },
      groupVpc: id,
      isOutside: false,
      vpc: null,
      enter: (walk, flow) => toRouter(walk, flow, id),
    };
    return whole([start]);
  }
  const parts = index
    .find('subnet', `subnets:${id}`)
    .map((subnet) => subnetStarts(compiled, subnet.id, null));
  return { starts: parts.flatMap(({ starts }) => starts), isWhole: parts.every(({ isWhole }) => isWhole) };
}

function edgeStarts(
  compiled: Compiled,
  from: Extract<Source, { kind: 'vpnGateway' | 'peering' | 'transitAttachment' }>,
  family: Family,
  address: Address | null,
): Start[] {
  const { index } = compiled;
  const source = address === null ? 'client' : index.space(family).at(address);
  const sample = sampleOf(compiled, from, family);
  const base = {
    family,
    source,
    address,
    mask: null,
    sample,
    groupVpc: null,
    isOutside: false,
    vpc: null,
  } as const;
  if (from.kind === 'vpnGateway') {
    const { vpc } = index.get('vpnGateway', from.id) ?? {};
    const origin = { kind: 'vpnGateway', id: from.id } as const;
    return vpc ? [{ ...base, origin, enter: (walk, flow) => enterVpn(walk, flow, from.id, vpc) }] : [];
  }
  if (from.kind === 'peering') {
    const origin = { kind: 'peering', id: from.id } as const;
    return (index.get('peering', from.id)?.sides ?? []).flatMap(({ vpc }) =>
      vpc === null || index.get('vpc', vpc) === null
        ? []
        : [{ ...base, origin, vpc, enter: (walk, flow) => enterPeering(walk, flow, from.id, vpc) }],
    );
  }
  const named = index.find('transitAttachment', `attachment:${from.id}`);
  const vpns = index.find('transitAttachment', `attachments:${from.id}`).filter(({ type }) => type === 'vpn');
  return [...named, ...vpns].map(({ gateway, attachment, type, resource }) => ({
    ...base,
    groupVpc: type === 'vpc' ? resource : null,
    origin: { kind: 'transit', gateway, attachment },
    enter: (walk, flow) => enterTransit(walk, flow, gateway, attachment),
  }));
}

// Somebody who may come by an edge: in the peer's blocks, on premises, in the attached VPC.
function sampleOf(
  { index }: Compiled,
  { kind, id }: Source & { readonly id: string },
  family: Family,
): Address | null {
  const attached = index.find('transitAttachment', `attachment:${id}`)[0]?.resource ?? '';
  const blocks =
    kind === 'peering'
      ? (index.get('peering', id)?.sides ?? []).flatMap(({ vpc, cidrs }) =>
          vpc !== null && index.get('vpc', vpc) !== null && cidrs ? [] : (cidrs ?? []),
        )
      : kind === 'vpnGateway'
        ? (index.get('vpnGateway', id)?.connections ?? []).flatMap(({ prefixes }) => prefixes)
        : (index.get('vpc', attached)?.cidrs ?? []);
  const block = blocks.find((one) => one.family === family);
  return block === undefined ? null : ({ family, value: block.first } as Address);
}

// A block of clients may stand outside, behind any edge of the destination's VPC, or in its subnets.
function blockStarts(compiled: Compiled, block: Cidr, to: Destination) {
  const { index } = compiled;
  const { family } = block;
  const mask = blocksMap([block], allPorts, index.space(family));
  const vpcs = [...new Set(endsOf(compiled, to).flatMap(({ vpc }) => (vpc === null ? [] : [vpc])))];
  const edges = vpcs.flatMap((vpc) => zonesOf(compiled, vpc).filter(({ kind }) => kind !== 'internet'));
  const inside = vpcs
    .flatMap((vpc) => index.find('subnet', `subnets:${vpc}`))
    .map((subnet) => subnetStarts(compiled, subnet.id, null));
  const isIn = (start: Start) =>
    start.family === family &&
    start.source !== 'client' &&
    holds(block, index.space(family).addressOf(start.source));
  return {
    starts: [
      { ...internetStart(compiled, family, null), mask },
      ...edges.map((zone) => zoneStart(zone, family, mask)),
      ...inside.flatMap(({ starts }) => starts.filter(isIn)),
    ],
    isWhole: inside.every(({ isWhole }) => isWhole),
  };
}

function zoneStart(zone: Zone, family: Family, mask: SourceMap): Start {
  return {
    family,
    source: 'client',
    address: null,
    mask,
    sample: null,
    origin: originOf(zone),
    groupVpc: zone.groupVpc,
    isOutside: false,
    vpc: zone.vpc,
    enter: (walk, flow) => enterZone(walk, flow, zone),
  };
}

// A number of IPv6 stands for every address up to the next boundary. Rules that are compiled on the way may set
// boundaries: an address that is asked for gets its own first, so that its number stays what it is.
function tellApart({ index }: Compiled, from: Source, to: Destination): void {
  const asked = [
    'address' in from && from.address ? single(from.address) : null,
    'cidr' in from ? from.cidr : null,
    to.kind === 'address' ? single(to.address) : null,
  ];
  for (const block of asked) if (block?.family === 6) index.space(6).range(block);
}

export function devicesAt(index: Compiled['index'], address: Address): Interface[] {
  const text = formatAddress(address);
  const found = [...index.find('interface', `public:${text}`)];
  for (const subnet of index.all('subnet'))
    found.push(...index.find('interface', `address:${subnet.id}/${text}`));
  return [...new Set(found)];
}

function familiesOf(address: Address | null): Family[] {
  return address === null ? [4, 6] : [address.family];
}

function whole(starts: readonly Start[]) {
  return { starts, isWhole: true };
}
