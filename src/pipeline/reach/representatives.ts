import { type Cidr, type Family, single } from '../../model/address.ts';
import type { NetworkIndex } from './network-index.ts';

/** How many sources of a block are looked at one by one. */
export const representativesMax = 4096;

export type Representatives = { readonly spots: readonly number[]; readonly isWhole: boolean };

/**
 * One address for each part of a block that some rule, route or interface tells apart from the rest: what holds for
 * these holds for the whole block.
 */
export function representativesOf(index: NetworkIndex, block: Cidr): Representatives {
  const { family } = block;
  const space = index.space(family);
  const { start, end } = space.range(block);
  const spots = new Set<number>([start]);
  for (const cidr of blocksOf(index, family)) {
    const range = space.range(cidr);
    if (range.start > start && range.start < end) spots.add(range.start);
    if (range.end > start && range.end < end) spots.add(range.end);
  }
  const sorted = [...spots].sort((a, b) => a - b);
  return { spots: sorted.slice(0, representativesMax), isWhole: sorted.length <= representativesMax };
}

function* blocksOf(index: NetworkIndex, family: Family): Iterable<Cidr> {
  for (const cidr of everyBlock(index)) if (cidr.family === family) yield cidr;
}

function* everyBlock(index: NetworkIndex): Iterable<Cidr> {
  for (const { cidrs } of index.all('subnet')) yield* cidrs;
  for (const { addresses } of index.all('interface')) for (const one of addresses) yield single(one.private);
  for (const { rules } of index.all('securityGroup'))
    for (const { peer } of rules) if (peer.kind === 'cidr') yield peer.cidr;
  for (const { entries } of index.all('prefixList')) yield* entries ?? [];
  for (const { entries } of index.all('networkAcl')) for (const { cidr } of entries) yield cidr;
  for (const { routes } of index.all('routeTable'))
    for (const { destination } of routes) if (destination.kind === 'cidr') yield destination.cidr;
  for (const { routes } of index.all('transitTable')) for (const { destination } of routes) yield destination;
  for (const { rules } of index.all('firewall'))
    for (const rule of rules ?? []) {
      yield* rule.sources;
      yield* rule.destinations;
    }
}
