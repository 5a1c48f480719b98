import type { NetworkChange } from '../../../model/network.ts';
import { AddressSpaceFull } from '../address-space.ts';
import { networkOf } from '../network-index.ts';
import {
  addBalancer,
  addInterface,
  buildEstate,
  type Estate,
  evaluate,
  type InterfaceEntry,
  unwatch,
  type Watcher,
} from './estate.ts';
import { type GroupEntry, resetGroup } from './ports-of-group.ts';

/** What a change did: the interfaces that were looked at again, and those on which something is open or closed now. */
export type EstateChange = {
  readonly touched: ReadonlySet<string>;
  readonly changed: ReadonlySet<string>;
};

/** Sets of ports that may be kept beside those of a fresh estate before it is read in anew. */
const spareSetsMax = 4_000_000;

/**
 * Applies one change and evaluates again what it can affect: the gates, groups and interfaces that looked at
 * something the change made stale. The estate is changed in place; the inverse change brings it back.
 */
export function applyChange(estate: Estate, change: NetworkChange): EstateChange {
  const { index, memo } = estate.compiled;
  try {
    const stale = index.apply(change);
    if (index.sets.size > spareSetsMax) return rebuild(estate);
    memo.forget(stale);
    return refresh(estate, watchersOf(estate, stale), change);
  } catch (error) {
    if (!(error instanceof AddressSpaceFull)) throw error;
    index.apply(change);
    return rebuild(estate);
  }
}

type Dirty = {
  /** Interfaces whose cells have to be found anew, and groups on whose interfaces only the ports have. */
  readonly cells: Set<string>;
  readonly groups: Set<GroupEntry>;
  readonly balancers: Set<string>;
  /** Interfaces that balancers made anew lead to. */
  readonly targets: Set<string>;
};

function refresh(estate: Estate, watchers: ReadonlySet<Watcher>, change: NetworkChange): EstateChange {
  const dirty: Dirty = {
    cells: new Set(),
    balancers: new Set(),
    targets: new Set(),
    groups: new Set(),
  };
  for (const watcher of watchers) dropWatcher(estate, watcher, dirty);
  if ('put' in change && change.put.kind === 'interface') dirty.cells.add(change.put.id);
  if ('put' in change && change.put.kind === 'loadBalancer') dirty.balancers.add(change.put.id);
  const changed = new Set<string>();
  for (const id of dirty.balancers) refreshBalancer(estate, id, changed, dirty);
  for (const id of dirty.cells) if (refreshCells(estate, id)) changed.add(id);
  const touched = new Set([...dirty.cells, ...dirty.targets]);
  for (const entry of membersOf(dirty.groups)) {
    if (dirty.cells.has(entry.id)) continue;
    touched.add(entry.id);
    if (evaluate(estate, entry, dirty.groups)) changed.add(entry.id);
  }
  return { touched, changed };
}

function membersOf(groups: ReadonlySet<GroupEntry>): Iterable<InterfaceEntry> {
  const [only] = groups;
  if (only !== undefined && groups.size === 1) return only.members;
  return new Set([...groups].flatMap(({ members }) => [...members]));
}

function watchersOf(estate: Estate, stale: ReadonlySet<string>): Set<Watcher> {
  const found = new Set<Watcher>();
  for (const key of stale) for (const watcher of estate.watchers.get(key) ?? []) found.add(watcher);
  return found;
}

function dropWatcher(estate: Estate, watcher: Watcher, dirty: Dirty): void {
  switch (watcher.kind) {
    case 'gate': {
      unwatch(estate, watcher);
      const rest = (estate.gates.get(watcher.key) ?? []).filter((gate) => gate !== watcher);
      if (rest.length > 0) estate.gates.set(watcher.key, rest);
      else estate.gates.delete(watcher.key);
      for (const user of watcher.users) dirty.cells.add(user);
      return;
    }
    case 'group':
      resetGroup(watcher);
      dirty.groups.add(watcher);
      return;
    case 'interface':
      dirty.cells.add(watcher.id);
      return;
    case 'balancer':
      dirty.balancers.add(watcher.id);
  }
}

function refreshBalancer(estate: Estate, id: string, changed: Set<string>, dirty: Dirty): void {
  const before = estate.balancers.get(id);
  if (before) {
    unwatch(estate, before);
    estate.balancers.delete(id);
    for (const { target } of before.cells) dirty.targets.add(target.id);
  }
  if (estate.compiled.index.get('loadBalancer', id) === null) {
    for (const { target } of before?.cells ?? []) changed.add(target.id);
    return;
  }
  const after = addBalancer(estate, id);
  const key = (cell: (typeof after.cells)[number]) =>
    `${cell.target.id} ${cell.zone.key} ${cell.front.id} ${cell.frontAddress} ${cell.listenerPort} ${cell.protocol} ${cell.lower.starts} ${cell.lower.values} ${cell.upper.starts} ${cell.upper.values}`;
  const known = new Set((before?.cells ?? []).map(key));
  const now = new Set(after.cells.map(key));
  for (const cell of after.cells) {
    dirty.targets.add(cell.target.id);
    if (!known.has(key(cell))) changed.add(cell.target.id);
  }
  for (const cell of before?.cells ?? []) if (!now.has(key(cell))) changed.add(cell.target.id);
}

function refreshCells(estate: Estate, id: string): boolean {
  const before = estate.interfaces.get(id) ?? null;
  if (before !== null) removeInterface(estate, before);
  const exists = estate.compiled.index.get('interface', id) !== null;
  const after = exists ? addInterface(estate, id) : null;
  return summaryOf(before) !== summaryOf(after);
}

function removeInterface(estate: Estate, entry: InterfaceEntry): void {
  unwatch(estate, entry);
  estate.interfaces.delete(entry.id);
  for (const { gate } of entry.cells) gate.users.delete(entry.id);
  for (const group of entry.groups) group.members.delete(entry);
}

// Ports by zone, protocol and address; enough to tell whether something opened or closed.
function summaryOf(entry: InterfaceEntry | null): string {
  if (entry === null) return '';
  return entry.cells
    .filter(({ upper }) => upper !== 0)
    .map(
      ({ address, gate, lower, upper }) => `${address} ${gate.zone.key} ${gate.protocol} ${lower} ${upper}`,
    )
    .sort()
    .join();
}

/** Reads everything in anew, into the same object. */
export function rebuild(estate: Estate): EstateChange {
  const fresh = buildEstate(networkOf(estate.compiled.index));
  Object.assign(estate, fresh);
  const all = new Set(estate.interfaces.keys());
  return { touched: all, changed: all };
}
