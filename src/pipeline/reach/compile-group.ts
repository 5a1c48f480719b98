import type { Family } from '../../model/address.ts';
import type { GroupRule, PrefixList, SecurityGroup } from '../../model/network.ts';
import type { AddressSpace } from './address-space.ts';
import { allPorts, noPorts, type PortSetId, type PortSets } from './port-set.ts';

/**
 * The rules of a security group for one direction, protocol and family: blocks with their ports in parallel arrays,
 * one entry for each different block, and the groups that are referred to. Rules only allow, so their union is all
 * that matters.
 */
export type GroupRules = {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly ports: readonly PortSetId[];
  readonly references: readonly { readonly group: string; readonly ports: PortSetId }[];
  /** Ports of rules whose prefix list was not told: open to somebody, nobody knows whom. */
  readonly unknownPorts: PortSetId;
};

/** Source: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html */
export function compileGroup(
  group: SecurityGroup,
  direction: 'in' | 'out',
  protocol: number,
  space: AddressSpace,
  sets: PortSets,
  prefixList: (id: string) => PrefixList | null,
): GroupRules {
  const blocks = new Map<number, Map<number, PortSetId>>();
  const references = new Map<string, PortSetId>();
  let unknownPorts = noPorts;
  const addBlock = (start: number, end: number, ports: PortSetId) => {
    const ends = blocks.get(start);
    if (ends) ends.set(end, sets.union(ends.get(end) ?? noPorts, ports));
    else blocks.set(start, new Map([[end, ports]]));
  };
  for (const rule of group.rules) {
    if (!speaksOf(rule, direction, protocol)) continue;
    const ports = portsOfRule(rule, protocol, sets);
    const { peer } = rule;
    if (peer.kind === 'cidr') {
      if (peer.cidr.family !== space.family) continue;
      const { start, end } = space.range(peer.cidr);
      addBlock(start, end, ports);
    } else if (peer.kind === 'group') {
      references.set(peer.id, sets.union(references.get(peer.id) ?? noPorts, ports));
    } else {
      const entries = prefixList(peer.id)?.entries ?? null;
      if (entries === null) unknownPorts = sets.union(unknownPorts, ports);
      for (const cidr of entries ?? []) {
        if (cidr.family !== space.family) continue;
        const { start, end } = space.range(cidr);
        addBlock(start, end, ports);
      }
    }
  }
  return {
    ...flatten(blocks),
    references: [...references].map(([id, ports]) => ({ group: id, ports })),
    unknownPorts,
  };
}

/** Whether a rule counts for a direction and protocol. */
export function speaksOf(rule: GroupRule, direction: 'in' | 'out', protocol: number): boolean {
  return rule.direction === direction && (rule.protocol === null || rule.protocol === protocol);
}

/** The ports that a rule opens. A rule for every protocol opens every port. */
export function portsOfRule(rule: GroupRule, protocol: number, sets: PortSets): PortSetId {
  if (rule.protocol !== protocol || rule.ports === null) return allPorts;
  return sets.range(rule.ports.from, rule.ports.to);
}

/** Whether a block is of a family at all. */
export function isOfFamily(rule: GroupRule, family: Family): boolean {
  return rule.peer.kind !== 'cidr' || rule.peer.cidr.family === family;
}

function flatten(blocks: ReadonlyMap<number, ReadonlyMap<number, PortSetId>>) {
  const starts: number[] = [];
  const ends: number[] = [];
  const ports: PortSetId[] = [];
  for (const [start, byEnd] of blocks) {
    for (const [end, set] of byEnd) {
      starts.push(start);
      ends.push(end);
      ports.push(set);
    }
  }
  return { starts, ends, ports };
}
