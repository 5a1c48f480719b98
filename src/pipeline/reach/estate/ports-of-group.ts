import type { Family } from '../../../model/address.ts';
import { anyVpc, type Compiled, membersIn } from '../compiled.ts';
import { recorded } from '../memo.ts';
import { allPorts, noPorts, type PortSetId, type PortSets } from '../port-set.ts';
import type { InterfaceEntry } from './estate.ts';
import { type Gate, type Pair, portsOfRange, type View } from './gate.ts';

/** A security group as the estate uses it: its blocks by variant, until something that they come from changes. */
export type GroupEntry = {
  readonly kind: 'group';
  readonly id: string;
  /** Raised when the blocks are made anew: pairs of an older stamp no longer hold. */
  stamp: number;
  readonly variants: Map<string, Blocks>;
  readonly dependencies: Set<string>;
  /** Interfaces that it stands on. */
  readonly members: Set<InterfaceEntry>;
};

type Blocks = {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly ports: readonly PortSetId[];
  /** Open to clients that are not known. */
  readonly unknownPorts: PortSetId;
};

export function groupEntry(id: string): GroupEntry {
  return {
    kind: 'group',
    id,
    stamp: 0,
    variants: new Map(),
    dependencies: new Set([id]),
    members: new Set(),
  };
}

/** Forgets the blocks of a group. Its dependencies are recorded anew when they are made again. */
export function resetGroup(entry: GroupEntry): void {
  entry.stamp++;
  entry.variants.clear();
}

/**
 * The ports that a group opens to some client of a gate. Union distributes over intersection, so the groups of an
 * interface are asked one by one, and each only once for a gate however many interfaces stand behind it.
 */
export function pairOf(
  compiled: Compiled,
  gate: Gate,
  view: View,
  entry: GroupEntry,
  onDependency: (entry: GroupEntry, dependency: string) => void,
): Pair {
  const known = view.pairs.get(entry);
  if (known !== undefined && known.stamp === entry.stamp) return known;
  const blocks = blocksOf(compiled, gate, view, entry, onDependency);
  const { sets } = compiled.index;
  const lower = project(blocks, view, sets);
  let upper = lower;
  if (blocks.unknownPorts !== noPorts) {
    const all = portsOfRange(view.union, 0, Number.POSITIVE_INFINITY, sets);
    upper = sets.union(upper, sets.intersect(all, blocks.unknownPorts));
  }
  const pair = { stamp: entry.stamp, lower, upper };
  view.pairs.set(entry, pair);
  return pair;
}

function project(blocks: Blocks, { union }: View, sets: PortSets): PortSetId {
  if (union.isEmpty) return noPorts;
  const { starts, ends, ports } = blocks;
  let open = noPorts;
  for (let at = 0; at < starts.length; at++) {
    const wanted = ports[at] as PortSetId;
    const admitted = portsOfRange(union, starts[at] as number, ends[at] as number, sets);
    open = sets.union(open, sets.intersect(wanted, admitted));
  }
  return open;
}

function blocksOf(
  compiled: Compiled,
  gate: Gate,
  view: View,
  entry: GroupEntry,
  onDependency: (entry: GroupEntry, dependency: string) => void,
): Blocks {
  const key = `${gate.family} ${gate.protocol} ${view.groupVpc ?? ''}`;
  const known = entry.variants.get(key);
  if (known) return known;
  const { value, dependencies } = recorded(compiled.index, () =>
    makeBlocks(compiled, entry.id, gate.family, gate.protocol, view.groupVpc),
  );
  for (const dependency of dependencies) {
    if (entry.dependencies.has(dependency)) continue;
    entry.dependencies.add(dependency);
    onDependency(entry, dependency);
  }
  entry.variants.set(key, value);
  return value;
}

function makeBlocks(
  compiled: Compiled,
  id: string,
  family: Family,
  protocol: number,
  vpc: string | null,
): Blocks {
  const rules = compiled.group(id, 'in', protocol, family);
  if (rules === null) return { starts: [], ends: [], ports: [], unknownPorts: allPorts };
  if (vpc === null || rules.references.length === 0) return rules;
  const { index } = compiled;
  const starts = [...rules.starts];
  const ends = [...rules.ends];
  const ports = [...rules.ports];
  let { unknownPorts } = rules;
  for (const { group, ports: open } of rules.references) {
    if (vpc === anyVpc || index.get('vpc', vpc) === null) unknownPorts = index.sets.union(unknownPorts, open);
    for (const { start, end } of membersIn(index, group, vpc, family)) {
      starts.push(start);
      ends.push(end);
      ports.push(open);
    }
  }
  return { starts, ends, ports, unknownPorts };
}
