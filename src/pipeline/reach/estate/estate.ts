import type { Interface, Network } from '../../../model/network.ts';
import { type Compiled, compile } from '../compiled.ts';
import { recorded } from '../memo.ts';
import { noPorts, type PortSetId, type PortSets } from '../port-set.ts';
import { portsOfMap } from '../source-map.ts';
import { isAddressable, type Zone, zonesOf } from '../zones.ts';
import { type BalancerEntry, balancerEntry } from './balancers.ts';
import { type Gate, makeGate } from './gate.ts';
import { type GroupEntry, groupEntry, pairOf } from './ports-of-group.ts';

/** Protocols that exposures are computed for. */
export const exposedProtocols = [6, 17] as const;

/**
 * What stands open in a whole network, kept so that a change costs what it touches: gates by zone and subnet, groups
 * by what they admit, and for each interface the ports that remain. Everything remembers what it was made from.
 */
export type Estate = {
  readonly compiled: Compiled;
  readonly gates: Map<string, Gate[]>;
  readonly groups: Map<string, GroupEntry>;
  readonly interfaces: Map<string, InterfaceEntry>;
  readonly balancers: Map<string, BalancerEntry>;
  /** Who has to be made anew when an id or key goes stale. */
  readonly watchers: Map<string, Set<Watcher>>;
};

export type Watcher = Gate | GroupEntry | InterfaceEntry | BalancerEntry;

/** An interface of an instance with the ports that each gate leaves open on it. */
export type InterfaceEntry = {
  readonly kind: 'interface';
  readonly id: string;
  readonly device: Interface;
  readonly groups: readonly GroupEntry[];
  /** Whether interface and instance surely work. */
  readonly isSure: boolean;
  readonly cells: readonly Cell[];
  readonly dependencies: ReadonlySet<string>;
};

/** One address of an interface, seen through one gate. */
export type Cell = {
  readonly address: number;
  readonly gate: Gate;
  /**
   * What each group of the interface opens, so that a change of one leaves the others alone. One and the same list
   * where the gate knows all.
   */
  readonly lowers: PortSetId[];
  readonly uppers: PortSetId[];
  lower: PortSetId;
  upper: PortSetId;
};

/** Reads a network in and computes what stands open in it. */
export function buildEstate(network: Network): Estate {
  const estate: Estate = {
    compiled: compile(network),
    gates: new Map(),
    groups: new Map(),
    interfaces: new Map(),
    balancers: new Map(),
    watchers: new Map(),
  };
  const { index } = estate.compiled;
  for (const device of index.all('interface')) addInterface(estate, device.id);
  for (const balancer of index.all('loadBalancer')) addBalancer(estate, balancer.id);
  return estate;
}

/** Makes the entry of an interface, where it belongs to an instance that may run. Returns null where it does not. */
export function addInterface(estate: Estate, id: string): InterfaceEntry | null {
  const { index } = estate.compiled;
  const { value, dependencies } = recorded(index, () => prepareInterface(estate, id));
  if (value === null) return null;
  const entry: InterfaceEntry = { kind: 'interface', id, ...value, dependencies };
  estate.interfaces.set(id, entry);
  watchAll(estate, entry, dependencies);
  for (const { gate } of entry.cells) gate.users.add(id);
  for (const group of entry.groups) group.members.add(entry);
  evaluate(estate, entry);
  return entry;
}

export function addBalancer(estate: Estate, id: string): BalancerEntry {
  const entry = balancerEntry(estate.compiled, id);
  estate.balancers.set(id, entry);
  watchAll(estate, entry, entry.dependencies);
  return entry;
}

/**
 * Computes the open ports of every cell from its gate and the groups, where given only these groups anew. Returns
 * whether any port opened or closed.
 */
export function evaluate(
  estate: Estate,
  entry: InterfaceEntry,
  changed: ReadonlySet<GroupEntry> | null = null,
): boolean {
  let isChanged = false;
  for (let at = 0; at < entry.groups.length; at++) {
    const group = entry.groups[at] as GroupEntry;
    if (changed === null || changed.has(group))
      for (const cell of entry.cells) evaluateGroup(estate, cell, group, at);
  }
  for (const cell of entry.cells) {
    const { sets } = estate.compiled.index;
    const upper = entry.groups.length === 0 ? everyPort(estate, cell.gate) : unionOf(cell.uppers, sets);
    const isExact = cell.lowers === cell.uppers && entry.groups.length > 0;
    const lower = entry.isSure ? (isExact ? upper : unionOf(cell.lowers, sets)) : noPorts;
    if (lower !== cell.lower || upper !== cell.upper) isChanged = true;
    cell.lower = lower;
    cell.upper = upper;
  }
  return isChanged;
}

function evaluateGroup(estate: Estate, { gate, lowers, uppers }: Cell, group: GroupEntry, at: number): void {
  const { compiled } = estate;
  const onDependency = (other: GroupEntry, dependency: string) => watchAll(estate, other, [dependency]);
  const sure = pairOf(compiled, gate, gate.lower, group, onDependency);
  let upper = noPorts;
  for (const view of gate.uppers) {
    const pair = view === gate.lower ? sure : pairOf(compiled, gate, view, group, onDependency);
    upper = upper === noPorts ? pair.upper : compiled.index.sets.union(upper, pair.upper);
  }
  lowers[at] = sure.lower;
  uppers[at] = upper;
}

function unionOf(ids: readonly PortSetId[], sets: PortSets): PortSetId {
  let all = noPorts;
  for (let at = 0; at < ids.length; at++) all = sets.union(all, ids[at] as PortSetId);
  return all;
}

/** Stops watching for what no longer exists. */
export function unwatch(estate: Estate, watcher: Watcher): void {
  for (const dependency of watcher.dependencies) {
    const known = estate.watchers.get(dependency);
    known?.delete(watcher);
    if (known?.size === 0) estate.watchers.delete(dependency);
  }
}

function watchAll(estate: Estate, watcher: Watcher, dependencies: Iterable<string>): void {
  for (const dependency of dependencies) {
    const known = estate.watchers.get(dependency);
    if (known) known.add(watcher);
    else estate.watchers.set(dependency, new Set([watcher]));
  }
}

function prepareInterface(estate: Estate, id: string) {
  const { index } = estate.compiled;
  const device = index.get('interface', id);
  if (device === null || device.type !== 'interface' || device.instance === null) return null;
  const state = index.get('instance', device.instance)?.state ?? 'unknown';
  const isDown = device.state === 'down' || state === 'down';
  return {
    device,
    groups: device.groups.map((group) => groupOf(estate, group)),
    isSure: device.state === 'up' && state === 'up' && device.groups.length > 0,
    cells: isDown ? [] : cellsOf(estate, device),
  };
}

function cellsOf(estate: Estate, device: Interface): Cell[] {
  const cells: Cell[] = [];
  const zones = zonesOf(estate.compiled, device.vpc);
  for (const address of device.addresses) {
    const { family } = address.private;
    const at = estate.compiled.index.space(family).at(address.private);
    for (const zone of zones) {
      if (!isAddressable(zone, address, family)) continue;
      for (const protocol of exposedProtocols) {
        const gate = gateOf(estate, zone, device.subnet, at, family, protocol);
        if (gate.uppers.some(({ union }) => !union.isEmpty)) cells.push(newCell(at, gate));
        else gate.users.add(device.id);
      }
    }
  }
  return cells;
}

function newCell(address: number, gate: Gate): Cell {
  const uppers: PortSetId[] = [];
  const isExact = gate.uppers.length === 1 && gate.uppers[0] === gate.lower;
  return { address, gate, lowers: isExact ? uppers : [], uppers, lower: noPorts, upper: noPorts };
}

function gateOf(
  estate: Estate,
  zone: Zone,
  subnet: string,
  at: number,
  family: 4 | 6,
  protocol: number,
): Gate {
  const key = `${zone.key} ${subnet} ${family} ${protocol}`;
  const known = estate.gates.get(key) ?? [];
  const found = known.find((gate) => at >= gate.start && at < gate.end);
  if (found) return found;
  const gate = makeGate(estate.compiled, zone, subnet, at, family, protocol);
  estate.gates.set(key, [...known, gate]);
  watchAll(estate, gate, gate.dependencies);
  return gate;
}

function groupOf(estate: Estate, id: string): GroupEntry {
  const known = estate.groups.get(id);
  if (known) return known;
  const entry = groupEntry(id);
  estate.groups.set(id, entry);
  watchAll(estate, entry, entry.dependencies);
  return entry;
}

function everyPort(estate: Estate, gate: Gate): PortSetId {
  const { sets } = estate.compiled.index;
  return gate.uppers.reduce((all, { union }) => sets.union(all, portsOfMap(union.map, sets)), noPorts);
}
