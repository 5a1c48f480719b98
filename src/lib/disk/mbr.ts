import type { BlockSource } from './block-source.ts';
import { DiskError, type DiskFault, insist } from './disk-error.ts';
import { le16, le32, u8 } from './integers.ts';
import type { Partition } from './partition-table.ts';

const entriesAt = 446;
const extendedTypes = [0x05, 0x0f, 0x85];
const logicalMax = 128;

/** One of the four entries of a boot record; sectors count from 0. */
type Entry = { readonly type: number; readonly first: number; readonly sectors: number };

/** What a boot record says: its partitions, and whether it only guards a GUID partition table. */
export type BootRecord = {
  readonly partitions: readonly Partition[];
  readonly isProtective: boolean;
  readonly faults: readonly DiskFault[];
};

/**
 * The partitions of a master boot record with the logical ones in its extended partition, or null where the first
 * sector is none: no signature, no entry in use, or entries that cannot be.
 * Source: https://en.wikipedia.org/wiki/Master_boot_record, https://en.wikipedia.org/wiki/Extended_boot_record
 */
export async function readMbr(source: BlockSource, sectorBytes: number): Promise<BootRecord | null> {
  if (source.sizeBytes < 512) return null;
  const sector = await source.read(0, 512);
  const entries = entriesOf(sector);
  if (!entries?.some(({ type }) => type !== 0)) return null;
  if (entries.some(({ type, first, sectors }) => type !== 0 && sectors > 0 && first === 0)) return null;
  const disk = le32(sector, 440);
  const faults: DiskFault[] = [];
  const partitions: Partition[] = [];
  for (const [index, entry] of entries.entries()) {
    if (entry.type === 0 || entry.sectors === 0) continue;
    if (entry.first * sectorBytes >= source.sizeBytes) {
      const why = 'begins behind the end of the image';
      faults.push({ kind: 'malformed', where: `partition ${index + 1}`, why });
    } else if (extendedTypes.includes(entry.type))
      await addLogical(source, sectorBytes, entry.first, disk, partitions, faults);
    else partitions.push(partitionOf(index + 1, entry, 0, sectorBytes, disk));
  }
  const isProtective = entries.some(({ type }) => type === 0xee);
  return { partitions: partitions.sort((a, b) => a.number - b.number), isProtective, faults };
}

function entriesOf(sector: Uint8Array): Entry[] | null {
  if (le16(sector, 510) !== 0xaa55) return null;
  const entries: Entry[] = [];
  for (let index = 0; index < 4; index++) {
    const at = entriesAt + index * 16;
    // Anything but active and inactive means that these bytes are the code of a boot sector.
    if ((u8(sector, at) & 0x7f) !== 0) return null;
    const entry = { type: u8(sector, at + 4), first: le32(sector, at + 8), sectors: le32(sector, at + 12) };
    entries.push(entry);
  }
  return entries;
}

// A chain of boot records: the first entry is a partition from there on, the second leads to the next record.
async function addLogical(
  source: BlockSource,
  sectorBytes: number,
  start: number,
  disk: number,
  partitions: Partition[],
  faults: DiskFault[],
): Promise<void> {
  const seen = new Set<number>();
  let number = 5;
  try {
    for (let at = start; ; ) {
      insist(!seen.has(at), 'leads in a circle');
      insist(seen.size < logicalMax, `has more than ${logicalMax} partitions`);
      seen.add(at);
      const entries = entriesOf(await source.read(at * sectorBytes, 512));
      insist(entries !== null, `has no boot record at sector ${at}`);
      const [own, next] = entries;
      if (own && own.type !== 0 && own.sectors > 0)
        partitions.push(partitionOf(number++, own, at, sectorBytes, disk));
      if (!next || next.sectors === 0 || !extendedTypes.includes(next.type)) return;
      at = start + next.first;
    }
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    faults.push({ kind: 'malformed', where: 'the extended partition', why: error.message });
  }
}

function partitionOf(
  number: number,
  entry: Entry,
  base: number,
  sectorBytes: number,
  disk: number,
): Partition {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return {
    number,
    offset: (base + entry.first) * sectorBytes,
    sizeBytes: entry.sectors * sectorBytes,
    type: `0x${hex(entry.type, 2)}`,
    uuid: `${hex(disk, 8)}-${hex(number, 2)}`,
    label: '',
  };
}
