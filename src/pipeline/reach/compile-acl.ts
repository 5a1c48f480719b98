import type { Cidr, Family } from '../../model/address.ts';
import type { AclEntry, NetworkAcl } from '../../model/network.ts';
import type { AddressSpace } from './address-space.ts';
import { allPorts, noPorts, type PortSets } from './port-set.ts';
import { append, type SourceMap } from './source-map.ts';

/**
 * What a network ACL lets through in one direction: remote address to ports. Entries are taken lowest number first;
 * each decides the ports that no earlier one has decided. ICMP ports are type × 256 + code; a protocol without ports
 * has all or none.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
 */
export function compileAcl(
  acl: NetworkAcl,
  direction: 'in' | 'out',
  protocol: number,
  space: AddressSpace,
  sets: PortSets,
): SourceMap {
  const boxes = matchingEntries(acl, direction, protocol, space.family).map((entry) => ({
    ...space.range(entry.cidr),
    ports: entry.ports === null ? allPorts : sets.range(entry.ports.from, entry.ports.to),
    isAllow: entry.isAllow,
  }));
  const starts: number[] = [];
  const values: number[] = [];
  for (const start of boundariesOf(boxes, space.end)) {
    let open = allPorts;
    let allowed = noPorts;
    for (const box of boxes) {
      if (start < box.start || start >= box.end) continue;
      if (box.isAllow) allowed = sets.union(allowed, sets.intersect(open, box.ports));
      open = sets.subtract(open, box.ports);
      if (open === noPorts) break;
    }
    append(starts, values, start, allowed);
  }
  return { starts, values };
}

/** The entries that speak of a protocol and family, the deciding order first. */
export function matchingEntries(
  acl: NetworkAcl,
  direction: 'in' | 'out',
  protocol: number,
  family: Family,
): AclEntry[] {
  return acl.entries
    .filter(
      (entry) =>
        entry.direction === direction &&
        entry.cidr.family === family &&
        (entry.protocol === null || entry.protocol === protocol),
    )
    .sort((a, b) => a.number - b.number);
}

/** Zero and every start and end inside the space, in order. */
export function boundariesOf(
  ranges: readonly { readonly start: number; readonly end: number }[],
  spaceEnd: number,
): number[] {
  const known = new Set<number>([0]);
  for (const { start, end } of ranges) {
    known.add(start);
    if (end < spaceEnd) known.add(end);
  }
  return [...known].sort((a, b) => a - b);
}

/** The map that has `ports` for the addresses of some blocks and none for all others. */
export function blocksMap(blocks: readonly Cidr[], ports: number, space: AddressSpace): SourceMap {
  const ranges = blocks.filter(({ family }) => family === space.family).map((cidr) => space.range(cidr));
  const starts: number[] = [];
  const values: number[] = [];
  for (const start of boundariesOf(ranges, space.end)) {
    const isIn = ranges.some((range) => start >= range.start && start < range.end);
    append(starts, values, start, isIn ? ports : noPorts);
  }
  return { starts, values };
}
