import type { Family } from '../../../model/address.ts';
import { anyVpc, type Compiled } from '../compiled.ts';
import { recorded } from '../memo.ts';
import { allPorts, noPorts, type PortSetId, type PortSets } from '../port-set.ts';
import { isNobody, pieceAt, type SourceMap } from '../source-map.ts';
import { startFlow } from '../walk/enter.ts';
import { newBudget, type Result, type Walk } from '../walk/flow.ts';
import { enterZone, originOf, type Zone } from '../zones.ts';

/**
 * Everything between a zone and a subnet, as functions from client to the ports that it gets: routes there and back,
 * network ACLs, appliances. Security groups of the interface come on top. Holds for all destinations of the subnet
 * from `start` up to, without, `end`.
 */
export type Gate = {
  readonly kind: 'gate';
  readonly key: string;
  readonly zone: Zone;
  readonly family: Family;
  readonly protocol: number;
  readonly start: number;
  readonly end: number;
  readonly lower: View;
  /** What perhaps gets through, by how senders are known. One and the same as `lower` where all is known. */
  readonly uppers: readonly View[];
  readonly dependencies: ReadonlySet<string>;
  /** Interfaces that stand behind it. */
  readonly users: Set<string>;
};

/** A function of a gate with the VPC in which its clients are known by their groups. */
export type View = {
  readonly union: RangeUnion;
  readonly groupVpc: string | null;
  /** Ports by group, filled by whoever evaluates; see `ports-of-group.ts`. */
  readonly pairs: Map<object, Pair>;
};

export type Pair = { readonly stamp: number; readonly lower: PortSetId; readonly upper: PortSetId };

/** Client ports that count as somebody's: what servers, translators and operating systems pick from. */
export const clientPorts = { from: 1024, to: 65535 } as const;

/** Computes the gate of a zone and subnet for one destination in it. */
export function makeGate(
  compiled: Compiled,
  zone: Zone,
  subnet: string,
  at: number,
  family: Family,
  protocol: number,
): Gate {
  const watched = { at, start: 0, end: Number.POSITIVE_INFINITY };
  const arrivals = new Set<string | null>();
  const names = new Map<number, string>();
  const base = { compiled, isExplaining: false, isOneWay: false, watched, arrivals, names } as const;
  const run = (options: Pick<Walk, 'unseen' | 'arrivalVpc'>): Result => {
    const walk: Walk = { ...base, ...options, budget: newBudget() };
    return enterZone(walk, startTo(compiled, zone, subnet, at, family, protocol), zone);
  };
  const { value, dependencies } = recorded(compiled.index, () => {
    const all = run({ unseen: 'follow', arrivalVpc: undefined });
    const known = [...arrivals];
    // Known by groups on one way and not on another: what is sure may not rest on them.
    const lower = view(all.lower, known.length === 1 ? (known[0] ?? null) : null);
    if (all.lower === all.upper && known.length === 1) return { lower, uppers: [lower] };
    const uppers = known.map((vpc) => view(run({ unseen: 'skip', arrivalVpc: vpc }).upper, vpc));
    const unseen =
      all.lower === all.upper ? nothingMore : run({ unseen: 'follow', arrivalVpc: nobodyVpc }).upper;
    return { lower, uppers: isNobody(unseen) ? uppers : [...uppers, view(unseen, anyVpc)] };
  });
  return {
    kind: 'gate',
    key: `${zone.key} ${subnet} ${family} ${protocol}`,
    zone,
    family,
    protocol,
    start: watched.start,
    end: watched.end,
    ...value,
    dependencies,
    users: new Set(),
  };
}

const nothingMore: SourceMap = { starts: [0], values: [noPorts] };

/** A VPC that nobody is known in: no arrival counts, and what is left are ways through what is not seen. */
const nobodyVpc = 'no arrival';

function startTo(
  compiled: Compiled,
  zone: Zone,
  subnet: string,
  at: number,
  family: Family,
  protocol: number,
) {
  return startFlow(
    {
      family,
      protocol,
      source: 'client',
      destination: at,
      origin: originOf(zone),
      goal: { kind: 'subnet', subnet },
      owner: null,
      groupVpc: zone.groupVpc,
    },
    { ports: allPorts, replyPorts: compiled.index.sets.range(clientPorts.from, clientPorts.to) },
  );
}

function view(map: SourceMap, groupVpc: string | null): View {
  return { union: rangeUnion(map), groupVpc, pairs: new Map() };
}

/** A map that tells in constant time which ports some client of a range gets. */
export type RangeUnion = { readonly map: SourceMap; readonly isEmpty: boolean; levels: Int32Array[] | null };

function rangeUnion(map: SourceMap): RangeUnion {
  return { map, isEmpty: isNobody(map), levels: null };
}

/** The ports that some client from `start` up to, without, `end` gets. */
export function portsOfRange(union: RangeUnion, start: number, end: number, sets: PortSets): PortSetId {
  if (union.isEmpty) return noPorts;
  const { starts, values } = union.map;
  const first = pieceAt(starts, start);
  let last = pieceAt(starts, end);
  if (last > first && starts[last] === end) last--;
  if (first === last) return values[first] as PortSetId;
  union.levels ??= buildLevels(values, sets);
  const level = 31 - Math.clz32(last - first + 1);
  const row = union.levels[level] as Int32Array;
  return sets.union(row[first] as PortSetId, row[last - (1 << level) + 1] as PortSetId);
}

// Sparse table: row k holds the union of 2^k neighbours. Two overlapping rows cover any range.
function buildLevels(values: readonly PortSetId[], sets: PortSets): Int32Array[] {
  let row = Int32Array.from(values);
  const levels = [row];
  for (let size = 1; size * 2 <= values.length; size *= 2) {
    const next = new Int32Array(values.length - size * 2 + 1);
    for (let at = 0; at < next.length; at++)
      next[at] = sets.union(row[at] as PortSetId, row[at + size] as PortSetId);
    levels.push(next);
    row = next;
  }
  return levels;
}
