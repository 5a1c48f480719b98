import { type Address, formatAddress } from '../../model/address.ts';
import { componentTypes, type Exposure } from '../../model/exposure.ts';
import type { Interface } from '../../model/network.ts';
import type { AddressSpace } from './address-space.ts';
import type { BalancerCell } from './estate/balancers.ts';
import type { Cell, Estate } from './estate/estate.ts';
import type { Gate, View } from './estate/gate.ts';
import { explainExposure } from './evidence.ts';
import { noPorts, type PortSetId, type PortSets } from './port-set.ts';
import {
  constantMap,
  intersectMaps,
  isNobody,
  mapValues,
  nobody,
  type SourceMap,
  subtractMaps,
  unionMaps,
} from './source-map.ts';
import { edgeKind, type Zone } from './zones.ts';

/** Everything that stands open from outside on the instances of a network, with sources, ports and evidence. */
export function listExposures(estate: Estate): Exposure[] {
  const behind = balancerCells(estate);
  const ids = new Set([...estate.interfaces.keys(), ...behind.keys()]);
  return [...ids].sort().flatMap((id) => foundOn(estate, id, behind).flatMap((one) => describe(estate, one)));
}

/** What stands open on one interface. */
export function exposuresOf(estate: Estate, id: string): Exposure[] {
  return foundOn(estate, id).flatMap((one) => describe(estate, one));
}

/** What stands open on one interface, before it is put in words. */
export function foundOn(estate: Estate, id: string, behind = balancerCells(estate)): Found[] {
  const cells = estate.interfaces.get(id)?.cells ?? [];
  return [
    ...cells.flatMap((cell) => foundDirectly(estate, id, cell) ?? []),
    ...foundBehind(estate, behind.get(id) ?? []),
  ];
}

/** Load balancer cells by the interface that they lead to. */
export function balancerCells(estate: Estate): Map<string, BalancerCell[]> {
  const found = new Map<string, BalancerCell[]>();
  for (const { cells } of estate.balancers.values()) {
    for (const cell of cells) {
      const list = found.get(cell.target.id);
      if (list) list.push(cell);
      else found.set(cell.target.id, [cell]);
    }
  }
  return found;
}

function foundDirectly(estate: Estate, id: string, cell: Cell): Found | null {
  const entry = estate.interfaces.get(id);
  if (!entry || cell.upper === noPorts) return null;
  const { compiled } = estate;
  const { sets } = compiled.index;
  const { gate, address } = cell;
  const admitted = ({ protocol, family }: Gate, { union, groupVpc }: View, group: string) => {
    const bounds = compiled.groupMap(group, protocol, family, groupVpc);
    return {
      lower: intersectMaps(union.map, bounds.lower, sets),
      upper: intersectMaps(union.map, bounds.upper, sets),
    };
  };
  let lower = nobody;
  let upper = nobody;
  for (const group of entry.groups) {
    const sure = admitted(gate, gate.lower, group.id).lower;
    lower = unionMaps(lower, sure, sets);
    for (const view of gate.uppers) upper = unionMaps(upper, admitted(gate, view, group.id).upper, sets);
  }
  if (entry.groups.length === 0)
    for (const { union } of gate.uppers) upper = unionMaps(upper, union.map, sets);
  const sure = entry.isSure ? lower : nobody;
  const own = { device: entry.device, address, family: gate.family, protocol: gate.protocol };
  return { ...own, zone: gate.zone, via: [], lower: sure, upper };
}

// The fronts of a load balancer that open the same thing to the same clients are one exposure.
function foundBehind(estate: Estate, cells: readonly BalancerCell[]): Found[] {
  const { sets } = estate.compiled.index;
  const joined = new Map<string, Found>();
  for (const cell of cells) {
    const { target, zone, family, protocol, balancer } = cell;
    const key = `${target.id} ${zone.edge} ${family} ${protocol} ${balancer}`;
    const known = joined.get(key);
    joined.set(key, {
      device: target,
      address: cell.frontAddress,
      family,
      protocol,
      zone,
      via: [...(known?.via ?? []), cell],
      lower: known ? unionMaps(known.lower, cell.lower, sets) : cell.lower,
      upper: known ? unionMaps(known.upper, cell.upper, sets) : cell.upper,
    });
  }
  return [...joined.values()];
}

/** An open function on an interface, before it is put in words. */
export type Found = {
  readonly device: Interface;
  /** The address that clients send to: the interface's own, or that of a front. */
  readonly address: number;
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly zone: Zone;
  /** The load balancer cells that it comes from; empty where it is reached directly. */
  readonly via: readonly BalancerCell[];
  readonly lower: SourceMap;
  readonly upper: SourceMap;
};

/** An open function in words: ports that are open to the same clients together, the sure ones first. */
export function describe(estate: Estate, found: Found): Exposure[] {
  const { sets } = estate.compiled.index;
  const perhaps = subtractMaps(found.upper, found.lower, sets);
  return [
    ...groupsOfPorts(found.lower, sets).map(({ ports, clients }) =>
      inWords(estate, found, ports, clients, 'reachable'),
    ),
    ...groupsOfPorts(perhaps, sets).map(({ ports, clients }) =>
      inWords(estate, found, ports, clients, 'may'),
    ),
  ];
}

function inWords(
  estate: Estate,
  found: Found,
  ports: PortSetId,
  clients: SourceMap,
  verdict: Exposure['verdict'],
): Exposure {
  const { sets } = estate.compiled.index;
  const space = estate.compiled.index.space(found.family);
  const { device, zone } = found;
  const isBehind = found.via.length > 0;
  const own = device.addresses.find(
    (one) => isBehind || (one.private.family === found.family && space.at(one.private) === found.address),
  );
  const evidence = explainExposure(estate, found, ports, clients);
  return {
    instance: device.instance ?? '',
    interface: device.id,
    address: own ? formatAddress(own.private) : '',
    publicAddress: publicText(own?.private ?? null, own?.public ?? null, isBehind),
    edge: zone.edge,
    edgeType: componentTypes[edgeKind(zone)],
    via: found.via[0]?.balancer ?? null,
    protocol: found.protocol === 6 ? 'tcp' : 'udp',
    ports: sets.ranges(ports),
    sources: rangesOf(clients, space),
    verdict,
    path: evidence.path,
    inspectedBy: evidence.inspectedBy,
    unknown: verdict === 'may' ? evidence.unknown : [],
  };
}

function publicText(own: Address | null, outside: Address | null, isBehind: boolean): string | null {
  if (isBehind || own === null) return null;
  if (own.family === 6) return formatAddress(own);
  return outside === null ? null : formatAddress(outside);
}

/** The addresses of a mask as inclusive ranges of text, neighbours joined. */
export function rangesOf(mask: SourceMap, space: AddressSpace): (readonly [string, string])[] {
  const ranges: (readonly [string, string])[] = [];
  mask.values.forEach((value, at) => {
    if (value === noPorts) return;
    const first = formatAddress(space.addressOf(mask.starts[at] as number));
    const last = formatAddress(space.addressBefore(mask.starts[at + 1] ?? space.end));
    ranges.push([first, last]);
  });
  return ranges;
}

/** Splits an open function into sets of ports that are open to exactly the same clients. */
export function groupsOfPorts(
  map: SourceMap,
  sets: PortSets,
): { readonly ports: PortSetId; readonly clients: SourceMap }[] {
  if (isNobody(map)) return [];
  const groups = new Map<string, { ports: PortSetId; readonly pieces: Set<PortSetId> }>();
  const values = [...new Set(map.values)];
  for (const atom of atomsOf(values, sets)) {
    const pieces = new Set(values.filter((value) => sets.intersect(value, atom) !== noPorts));
    if (pieces.size === 0) continue;
    const key = [...pieces].sort((a, b) => a - b).join();
    const known = groups.get(key);
    if (known) known.ports = sets.union(known.ports, atom);
    else groups.set(key, { ports: atom, pieces });
  }
  return [...groups.values()]
    .sort((a, b) => (sets.ranges(a.ports)[0]?.[0] ?? 0) - (sets.ranges(b.ports)[0]?.[0] ?? 0))
    .map(({ ports, pieces }) => ({
      ports,
      clients: mapValues(map, (value) => (pieces.has(value) ? ports : noPorts)),
    }));
}

// The coarsest split of all ports in which every given set is a union of parts.
function atomsOf(given: readonly PortSetId[], sets: PortSets): PortSetId[] {
  const boundaries = new Set<number>();
  for (const set of given) {
    for (const [from, to] of sets.ranges(set)) {
      boundaries.add(from);
      boundaries.add(to + 1);
    }
  }
  const sorted = [...boundaries].sort((a, b) => a - b);
  return sorted.slice(0, -1).map((from, at) => sets.range(from, (sorted[at + 1] as number) - 1));
}

/** The clients of a function that get some of the given ports. */
export function clientsOf(map: SourceMap, ports: PortSetId, sets: PortSets): SourceMap {
  return intersectMaps(map, constantMap(ports), sets);
}
