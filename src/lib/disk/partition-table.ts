import { type BlockSource, sliceSource } from './block-source.ts';
import { DiskError, type DiskFault } from './disk-error.ts';
import { readGpt } from './gpt.ts';
import { le64 } from './integers.ts';
import { type BootRecord, readMbr } from './mbr.ts';
import { probe } from './probe.ts';

export type Partition = {
  /** As in the kernel's device names; logical partitions begin at 5. */
  readonly number: number;
  readonly offset: number;
  readonly sizeBytes: number;
  /** GUID of the type, or `0x83`. */
  readonly type: string;
  /** What fstab calls PARTUUID, lower case. */
  readonly uuid: string;
  readonly label: string;
};

export type PartitionTable = {
  readonly scheme: 'gpt' | 'mbr' | 'none';
  readonly partitions: readonly Partition[];
  readonly faults: readonly DiskFault[];
};

const sectorSizes = [512, 4096] as const;

/**
 * The partition table of a disk; scheme `none` where it has none, so that what lies on it begins at its first byte.
 * As in the kernel, a boot record that does not announce a GUID partition table hides what is left of an older one.
 * A GUID partition table is read from its copy at the end where the first is broken.
 */
export async function readPartitionTable(source: BlockSource): Promise<PartitionTable> {
  const faults: DiskFault[] = [];
  const record = await readMbr(source, sectorSizes[0]);
  if (!record || record.isProtective) {
    for (const sectorBytes of sectorSizes) {
      const partitions = await gptWithBackup(source, sectorBytes, record !== null, faults);
      if (partitions) return { scheme: 'gpt', partitions, faults };
    }
  }
  if (!record) return { scheme: 'none', partitions: [], faults };
  if (record.partitions.every(({ type }) => type === '0xee')) {
    const why = 'says that there is a GUID partition table, and none can be read';
    faults.push({ kind: 'malformed', where: 'the boot record', why });
    return { scheme: 'gpt', partitions: [], faults };
  }
  const best = await withLikelySectors(source, record);
  return { scheme: 'mbr', partitions: best.partitions, faults: [...faults, ...best.faults] };
}

// A boot record does not tell how large sectors are: what lies at the beginning of the partitions does.
async function withLikelySectors(source: BlockSource, record: BootRecord): Promise<BootRecord> {
  if (await anythingKnown(source, record.partitions)) return record;
  const larger = await readMbr(source, sectorSizes[1]);
  return larger && (await anythingKnown(source, larger.partitions)) ? larger : record;
}

async function gptWithBackup(
  source: BlockSource,
  sectorBytes: number,
  isAnnounced: boolean,
  faults: DiskFault[],
): Promise<Partition[] | null> {
  let broken: string | null = null;
  // The last sector may hold what is left of a table that was given up: it counts where a boot record says so.
  const last = isAnnounced ? Math.floor(source.sizeBytes / sectorBytes) - 1 : null;
  const places = [1, await alternateOf(source, sectorBytes), last];
  for (const [index, sector] of places.entries()) {
    if (sector === null) continue;
    try {
      const partitions = await readGpt(source, sectorBytes, sector);
      if (!partitions) continue;
      if (index > 0) {
        const why = `is broken (${broken ?? 'it is not there'}); its copy at the end was read instead`;
        faults.push({ kind: 'malformed', where: 'the GUID partition table', why });
      }
      return partitions;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      broken ??= error.message;
    }
  }
  if (broken)
    faults.push({ kind: 'malformed', where: 'the GUID partition table', why: `cannot be read: ${broken}` });
  return null;
}

// A broken header may still say where its copy lies; the copy has a checksum of its own.
async function alternateOf(source: BlockSource, sectorBytes: number): Promise<number | null> {
  if (source.sizeBytes < 2 * sectorBytes) return null;
  const header = await source.read(sectorBytes, 40);
  if (Buffer.from(header.subarray(0, 8)).toString('latin1') !== 'EFI PART') return null;
  try {
    return le64(header, 32);
  } catch {
    // The number is nonsense, and the last sector is tried next.
    return null;
  }
}

async function anythingKnown(source: BlockSource, partitions: readonly Partition[]): Promise<boolean> {
  for (const { offset, sizeBytes } of partitions) {
    const part = sliceSource(source, offset, sizeBytes);
    if (part.sizeBytes > 0 && !['unknown', 'empty'].includes((await probe(part)).kind)) return true;
  }
  return false;
}
