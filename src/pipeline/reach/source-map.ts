import { allPorts, noPorts, type PortSetId, type PortSets } from './port-set.ts';

/**
 * For each address the ports that it gets: a function that is constant between its starts. `starts[0]` is 0; the last
 * piece reaches to the end of the space. Neighbours always differ, so equal functions have equal arrays.
 */
export type SourceMap = { readonly starts: readonly number[]; readonly values: readonly PortSetId[] };

/** The same ports for every address. */
export function constantMap(value: PortSetId): SourceMap {
  return value === noPorts ? nobody : value === allPorts ? everybody : { starts: [0], values: [value] };
}

export const nobody: SourceMap = { starts: [0], values: [noPorts] };
export const everybody: SourceMap = { starts: [0], values: [allPorts] };

/** The ports for addresses from `start` up to, without, `end`; none for all others. */
export function rangeMap(start: number, end: number, value: PortSetId, spaceEnd: number): SourceMap {
  if (start >= end || value === noPorts) return nobody;
  const starts = start > 0 ? [0, start] : [0];
  const values = start > 0 ? [noPorts, value] : [value];
  if (end < spaceEnd) {
    starts.push(end);
    values.push(noPorts);
  }
  return { starts, values };
}

export function isNobody(map: SourceMap): boolean {
  return map.values.length === 1 && map.values[0] === noPorts;
}

/** Index of the piece that holds an address. */
export function pieceAt(starts: readonly number[], at: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function valueAt(map: SourceMap, at: number): PortSetId {
  return map.values[pieceAt(map.starts, at)] as PortSetId;
}

export function unionMaps(a: SourceMap, b: SourceMap, sets: PortSets): SourceMap {
  if (a === b || isNobody(b)) return a;
  if (isNobody(a)) return b;
  return zip(a, b, (x, y) => sets.union(x, y));
}

export function intersectMaps(a: SourceMap, b: SourceMap, sets: PortSets): SourceMap {
  if (a === b || b === everybody) return a;
  if (a === everybody) return b;
  if (isNobody(a) || isNobody(b)) return nobody;
  return zip(a, b, (x, y) => sets.intersect(x, y));
}

export function subtractMaps(a: SourceMap, b: SourceMap, sets: PortSets): SourceMap {
  if (isNobody(b)) return a;
  return zip(a, b, (x, y) => sets.subtract(x, y));
}

/** Keeps the ports of `a` only where `b` has any. */
export function whereAny(a: SourceMap, b: SourceMap): SourceMap {
  return zip(a, b, (x, y) => (y === noPorts ? noPorts : x));
}

/** Applies a function to the ports of every piece. */
export function mapValues(map: SourceMap, change: (value: PortSetId) => PortSetId): SourceMap {
  const starts: number[] = [];
  const values: PortSetId[] = [];
  for (let at = 0; at < map.starts.length; at++) {
    append(starts, values, map.starts[at] as number, change(map.values[at] as PortSetId));
  }
  return { starts, values };
}

/** Every port that some address gets. */
export function portsOfMap(map: SourceMap, sets: PortSets): PortSetId {
  let ports = noPorts;
  for (const value of map.values) ports = sets.union(ports, value);
  return ports;
}

/** Whether two functions are the same. */
export function sameMap(a: SourceMap, b: SourceMap): boolean {
  if (a === b) return true;
  if (a.starts.length !== b.starts.length) return false;
  return a.starts.every((start, at) => start === b.starts[at] && a.values[at] === b.values[at]);
}

/** Joins a piece to a function under construction. */
export function append(starts: number[], values: number[], start: number, value: number): void {
  if (values.length > 0 && values[values.length - 1] === value) return;
  starts.push(start);
  values.push(value);
}

function zip(a: SourceMap, b: SourceMap, join: (x: PortSetId, y: PortSetId) => PortSetId): SourceMap {
  const starts: number[] = [];
  const values: PortSetId[] = [];
  const aEnd = a.starts.length;
  const bEnd = b.starts.length;
  let i = 0;
  let j = 0;
  let start = 0;
  for (;;) {
    append(starts, values, start, join(a.values[i] as PortSetId, b.values[j] as PortSetId));
    const nextA = i + 1 < aEnd ? (a.starts[i + 1] as number) : Number.POSITIVE_INFINITY;
    const nextB = j + 1 < bEnd ? (b.starts[j + 1] as number) : Number.POSITIVE_INFINITY;
    if (nextA === Number.POSITIVE_INFINITY && nextB === Number.POSITIVE_INFINITY) break;
    start = Math.min(nextA, nextB);
    if (nextA === start) i++;
    if (nextB === start) j++;
  }
  return { starts, values };
}
