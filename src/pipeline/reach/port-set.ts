/** The name of an interned set of ports: equal sets have equal numbers. */
export type PortSetId = number;

export const noPorts: PortSetId = 0;
export const allPorts: PortSetId = 1;
export const portMax = 65535;

const cacheBits = 16;
const cacheSize = 1 << cacheBits;

/**
 * Sets of ports 0 to 65535 as sorted inclusive ranges, each kept once. Equality is one integer comparison; union,
 * intersection and difference remember their last results (a direct-mapped cache, so that memory is bounded by the
 * number of different sets). About 20 ns for a remembered operation, 300 ns for a new one.
 */
export class PortSets {
  #pool = new Int32Array(1 << 14);
  #poolEnd = 0;
  #starts = new Int32Array(1 << 12);
  #lengths = new Int32Array(1 << 12);
  #count = 0;
  #table = new Int32Array(1 << 13).fill(-1);
  #scratch = new Int32Array(1 << 10);
  readonly #unions = new Cache();
  readonly #intersections = new Cache();
  readonly #differences = new Cache();

  constructor() {
    this.#intern(0);
    this.#scratch[0] = 0;
    this.#scratch[1] = portMax;
    this.#intern(2);
  }

  /** How many different sets are known. */
  get size(): number {
    return this.#count;
  }

  /** The set of one inclusive range. */
  range(from: number, to: number): PortSetId {
    if (from > to) return noPorts;
    this.#scratch[0] = Math.max(0, from);
    this.#scratch[1] = Math.min(portMax, to);
    return this.#intern(2);
  }

  /** The set of many inclusive ranges, in any order. */
  of(ranges: readonly { readonly from: number; readonly to: number }[]): PortSetId {
    let set = noPorts;
    for (const { from, to } of ranges) set = this.union(set, this.range(from, to));
    return set;
  }

  /** The ranges of a set, in order, apart from each other by at least one port. */
  ranges(set: PortSetId): (readonly [number, number])[] {
    const found: (readonly [number, number])[] = [];
    const start = this.#at(this.#starts, set);
    const end = start + this.#at(this.#lengths, set);
    for (let at = start; at < end; at += 2)
      found.push([this.#at(this.#pool, at), this.#at(this.#pool, at + 1)]);
    return found;
  }

  has(set: PortSetId, port: number): boolean {
    if (set === noPorts) return false;
    return this.intersect(set, this.range(port, port)) !== noPorts;
  }

  union(a: PortSetId, b: PortSetId): PortSetId {
    if (a === b || b === noPorts) return a;
    if (a === noPorts) return b;
    if (a === allPorts || b === allPorts) return allPorts;
    const [low, high] = a < b ? [a, b] : [b, a];
    const known = this.#unions.get(low, high);
    if (known >= 0) return known;
    return this.#unions.set(low, high, this.#merge(low, high));
  }

  intersect(a: PortSetId, b: PortSetId): PortSetId {
    if (a === b || b === allPorts) return a;
    if (a === allPorts) return b;
    if (a === noPorts || b === noPorts) return noPorts;
    const [low, high] = a < b ? [a, b] : [b, a];
    const known = this.#intersections.get(low, high);
    if (known >= 0) return known;
    return this.#intersections.set(low, high, this.#overlap(low, high));
  }

  subtract(a: PortSetId, b: PortSetId): PortSetId {
    if (a === b || a === noPorts || b === allPorts) return noPorts;
    if (b === noPorts) return a;
    const known = this.#differences.get(a, b);
    if (known >= 0) return known;
    return this.#differences.set(a, b, this.intersect(a, this.#complement(b)));
  }

  #merge(a: PortSetId, b: PortSetId): PortSetId {
    const pool = this.#pool;
    let i = this.#at(this.#starts, a);
    let j = this.#at(this.#starts, b);
    const iEnd = i + this.#at(this.#lengths, a);
    const jEnd = j + this.#at(this.#lengths, b);
    this.#reserve(iEnd - i + jEnd - j);
    const out = this.#scratch;
    let length = 0;
    while (i < iEnd || j < jEnd) {
      const takesA = j >= jEnd || (i < iEnd && this.#at(pool, i) <= this.#at(pool, j));
      const from = this.#at(pool, takesA ? i : j);
      const to = this.#at(pool, takesA ? i + 1 : j + 1);
      if (takesA) i += 2;
      else j += 2;
      if (length > 0 && from <= this.#at(out, length - 1) + 1) {
        if (to > this.#at(out, length - 1)) out[length - 1] = to;
      } else {
        out[length++] = from;
        out[length++] = to;
      }
    }
    return this.#intern(length);
  }

  #overlap(a: PortSetId, b: PortSetId): PortSetId {
    const pool = this.#pool;
    let i = this.#at(this.#starts, a);
    let j = this.#at(this.#starts, b);
    const iEnd = i + this.#at(this.#lengths, a);
    const jEnd = j + this.#at(this.#lengths, b);
    this.#reserve(iEnd - i + jEnd - j);
    const out = this.#scratch;
    let length = 0;
    while (i < iEnd && j < jEnd) {
      const iTo = this.#at(pool, i + 1);
      const jTo = this.#at(pool, j + 1);
      const from = Math.max(this.#at(pool, i), this.#at(pool, j));
      const to = Math.min(iTo, jTo);
      if (from <= to) {
        out[length++] = from;
        out[length++] = to;
      }
      if (iTo <= jTo) i += 2;
      else j += 2;
    }
    return this.#intern(length);
  }

  #complement(a: PortSetId): PortSetId {
    const ranges = this.ranges(a);
    this.#reserve(2 * ranges.length + 2);
    let length = 0;
    let next = 0;
    for (const [from, to] of ranges) {
      if (from > next) {
        this.#scratch[length++] = next;
        this.#scratch[length++] = from - 1;
      }
      next = to + 1;
    }
    if (next <= portMax) {
      this.#scratch[length++] = next;
      this.#scratch[length++] = portMax;
    }
    return this.#intern(length);
  }

  // The set that stands in the scratch, found or added. Open addressing with linear probing.
  #intern(length: number): PortSetId {
    const mask = this.#table.length - 1;
    let slot = hashOf(this.#scratch, length) & mask;
    for (let id = this.#at(this.#table, slot); id >= 0; id = this.#at(this.#table, slot)) {
      if (this.#equals(id, length)) return id;
      slot = (slot + 1) & mask;
    }
    return this.#add(length, slot);
  }

  #add(length: number, slot: number): PortSetId {
    if (this.#poolEnd + length > this.#pool.length) this.#pool = grown(this.#pool, this.#poolEnd + length);
    if (this.#count === this.#starts.length) {
      this.#starts = grown(this.#starts, this.#count + 1);
      this.#lengths = grown(this.#lengths, this.#count + 1);
    }
    this.#pool.set(this.#scratch.subarray(0, length), this.#poolEnd);
    this.#starts[this.#count] = this.#poolEnd;
    this.#lengths[this.#count] = length;
    this.#poolEnd += length;
    this.#table[slot] = this.#count;
    if (this.#count * 2 > this.#table.length) this.#rehash();
    return this.#count++;
  }

  #rehash(): void {
    const table = new Int32Array(this.#table.length * 2).fill(-1);
    const mask = table.length - 1;
    for (let id = 0; id <= this.#count; id++) {
      const start = this.#at(this.#starts, id);
      const length = this.#at(this.#lengths, id);
      let slot = hashOf(this.#pool.subarray(start, start + length), length) & mask;
      while (this.#at(table, slot) >= 0) slot = (slot + 1) & mask;
      table[slot] = id;
    }
    this.#table = table;
  }

  #equals(id: PortSetId, length: number): boolean {
    if (this.#lengths[id] !== length) return false;
    const start = this.#at(this.#starts, id);
    for (let at = 0; at < length; at++) if (this.#pool[start + at] !== this.#scratch[at]) return false;
    return true;
  }

  #reserve(length: number): void {
    if (length > this.#scratch.length) this.#scratch = grown(this.#scratch, length);
  }

  #at(array: Int32Array, index: number): number {
    return array[index] as number;
  }
}

/** Remembers the last result of an operation on two sets for each slot. */
class Cache {
  readonly #keys = new Float64Array(cacheSize).fill(-1);
  readonly #values = new Int32Array(cacheSize);

  get(a: number, b: number): number {
    const slot = slotOf(a, b);
    return this.#keys[slot] === a * 2 ** 26 + b ? (this.#values[slot] as number) : -1;
  }

  set(a: number, b: number, value: number): number {
    const slot = slotOf(a, b);
    this.#keys[slot] = a * 2 ** 26 + b;
    this.#values[slot] = value;
    return value;
  }
}

function slotOf(a: number, b: number): number {
  return (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) >>> (32 - cacheBits);
}

function hashOf(values: Int32Array, length: number): number {
  let hash = length;
  for (let at = 0; at < length; at++) hash = Math.imul(hash ^ (values[at] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function grown(array: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(array.length * 2, least));
  larger.set(array);
  return larger;
}
