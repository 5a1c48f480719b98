import type { Address, Cidr, Family } from '../../model/address.ts';

/**
 * Addresses of one family as plain numbers, so that one fast algebra serves both. IPv4 is its own number. IPv6 does
 * not fit one: each boundary that occurs in the network gets a label, in order, and an address takes the label of
 * the greatest boundary not above it. All rules are constant between boundaries, so nothing is lost.
 */
export type AddressSpace = {
  readonly family: Family;
  /** Above every label. */
  readonly end: number;
  /** The number of an address. */
  at(address: Address): number;
  /** The half-open range of a block; its ends become boundaries when they are new. */
  range(cidr: Cidr): { readonly start: number; readonly end: number };
  /** First address of the piece that starts at a number. */
  addressOf(at: number): Address;
  /** The address before the one that a piece starts at; the last of the space for its end. */
  addressBefore(at: number): Address;
};

/** No label is left between two boundaries; the network has to be read in anew. */
export class AddressSpaceFull extends Error {}

export const end4 = 2 ** 32;
const end6 = 2 ** 53;
const last6 = (1n << 128n) - 1n;

export const space4: AddressSpace = {
  family: 4,
  end: end4,
  at: (address) => Number(address.value),
  range: (cidr) => ({ start: Number(cidr.first), end: Number(cidr.last) + 1 }),
  addressOf: (at) => ({ family: 4, value: at }),
  addressBefore: (at) => ({ family: 4, value: at - 1 }),
};

/** The IPv6 space with boundaries at the ends of the given blocks, evenly labelled; more may come later. */
export function space6(blocks: Iterable<Cidr>): AddressSpace {
  const known = new Set<bigint>([0n]);
  for (const cidr of blocks) {
    if (cidr.family !== 6) continue;
    known.add(cidr.first);
    if (cidr.last < last6) known.add(cidr.last + 1n);
  }
  const boundaries = [...known].sort((a, b) => (a < b ? -1 : 1));
  const step = Math.floor(end6 / boundaries.length);
  const labels = boundaries.map((_, index) => index * step);

  const floor = (value: bigint) => {
    let low = 0;
    let high = boundaries.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((boundaries[middle] as bigint) <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const labelOf = (boundary: bigint) => {
    if (boundary > last6) return end6;
    const index = floor(boundary);
    const below = labels[index] as number;
    if (boundaries[index] === boundary) return below;
    const above = labels[index + 1] ?? end6;
    const label = Math.floor((below + above) / 2);
    if (label <= below) throw new AddressSpaceFull('no label left between two IPv6 boundaries');
    boundaries.splice(index + 1, 0, boundary);
    labels.splice(index + 1, 0, label);
    return label;
  };
  const indexOf = (at: number) => {
    let low = 0;
    let high = labels.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((labels[middle] as number) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return {
    family: 6,
    end: end6,
    at: (address) => labels[floor(BigInt(address.value))] as number,
    range: (cidr) => ({ start: labelOf(BigInt(cidr.first)), end: labelOf(BigInt(cidr.last) + 1n) }),
    addressOf: (at) => ({ family: 6, value: boundaries[indexOf(at)] as bigint }),
    addressBefore: (at) => ({
      family: 6,
      value: at >= end6 ? last6 : (boundaries[indexOf(at)] as bigint) - 1n,
    }),
  };
}
