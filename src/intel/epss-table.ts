import type { Epss } from '../model/vulnerability.ts';

/**
 * EPSS scores, which come for every CVE and move every day, in blocks of a thousand CVE numbers: ten bytes a score
 * instead of a record each. A block's key is `year-thousand`.
 */
export type EpssBlock = { readonly key: string; readonly bytes: Buffer };

const entryBytes = 10;
const unit = 1e9;

/** Gathers scores while building. The newest score of a CVE stands. */
export type EpssTable = {
  /** False when the id cannot be kept here. */
  add(id: string, epss: Epss): boolean;
  /** Scores that were added, repeats included. */
  readonly size: number;
  /** The newest date that was met, which is given out with every score; null when there is none. */
  date(): string | null;
  blocks(): readonly EpssBlock[];
};

export function epssTable(): EpssTable {
  // Four numbers an entry in one flat list: hundreds of thousands of objects would cost ten times the memory.
  const blocks = new Map<string, number[]>();
  let newest: string | null = null;
  let size = 0;
  return {
    add(id, epss) {
      const place = placeOf(id);
      if (place === null) return false;
      const entries = blocks.get(place.block) ?? [];
      blocks.set(place.block, entries);
      entries.push(place.offset, epss.score, epss.percentile, Date.parse(epss.date));
      size += 1;
      if (newest === null || epss.date > newest) newest = epss.date;
      return true;
    },
    get size() {
      return size;
    },
    date: () => newest,
    blocks: () =>
      [...blocks.entries()]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([key, entries]) => ({ key, bytes: blockBytes(entries) })),
  };
}

function blockBytes(entries: readonly number[]): Buffer {
  const newest = new Map<
    number,
    { readonly score: number; readonly percentile: number; readonly day: number }
  >();
  for (let at = 0; at + 3 < entries.length; at += 4) {
    const [offset = 0, score = 0, percentile = 0, day = 0] = entries.slice(at, at + 4);
    const known = newest.get(offset);
    if (known === undefined || known.day <= day) newest.set(offset, { score, percentile, day });
  }
  const bytes = Buffer.alloc(newest.size * entryBytes);
  let at = 0;
  for (const [offset, { score, percentile }] of [...newest.entries()].sort(
    ([left], [right]) => left - right,
  )) {
    bytes.writeUInt16LE(offset, at);
    bytes.writeUInt32LE(Math.round(score * unit), at + 2);
    bytes.writeUInt32LE(Math.round(percentile * unit), at + 6);
    at += entryBytes;
  }
  return bytes;
}

/** Where a CVE's score is kept, or null for ids that are no CVE or out of any number in use. */
export function placeOf(id: string): { readonly block: string; readonly offset: number } | null {
  const match = /^CVE-(\d{4})-(\d{4,9})$/.exec(id);
  if (match === null) return null;
  const number = Number(match[2]);
  return { block: `${match[1]}-${Math.floor(number / 1000)}`, offset: number % 1000 };
}

/** The id of an entry of a block. */
export function idOfPlace(block: string, offset: number): string {
  const [year = '', thousand = ''] = block.split('-');
  return `CVE-${year}-${String(Number(thousand) * 1000 + offset).padStart(4, '0')}`;
}

/** The scores of a block, by offset. */
export function* entriesOf(bytes: Buffer): Generator<{ offset: number; score: number; percentile: number }> {
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) yield entryAt(bytes, at);
}

function entryAt(bytes: Buffer, at: number): { offset: number; score: number; percentile: number } {
  return {
    offset: bytes.readUInt16LE(at),
    score: bytes.readUInt32LE(at + 2) / unit,
    percentile: bytes.readUInt32LE(at + 6) / unit,
  };
}

/** Finds one score of a block by halving. */
export function findEntry(bytes: Buffer, offset: number): { score: number; percentile: number } | null {
  let low = 0;
  let high = bytes.length / entryBytes - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = bytes.readUInt16LE(middle * entryBytes);
    if (found === offset) {
      const { score, percentile } = entryAt(bytes, middle * entryBytes);
      return { score, percentile };
    }
    if (found < offset) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}
