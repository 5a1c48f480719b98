import type { DiskFault } from '../disk-error.ts';
import { be32, u8 } from '../integers.ts';
import { blockOffset, type XfsVolume } from './layout.ts';

const sectorBytes = 512;
const recordMagic = 0xfeedbabe;
const cycleBytes = 32768;
const unmountFlag = 0x20;
// The longest record is 256 KiB, behind at most eight sectors of header.
const recordSectorsMax = 512 + 8;

/**
 * Whether the log has changes that are not in their places yet: its newest record is not the one that unmounting
 * writes. Such a log is not played back; the fault says so. Reads some fifty sectors, whatever its size.
 * Source: https://www.kernel.org/pub/linux/utils/fs/xfs/docs/xfs_filesystem_structure.pdf ("Journaling Log")
 */
export async function logFaults(volume: XfsVolume): Promise<DiskFault[]> {
  const { log, blockBytes } = volume.superblock;
  if (!log) return [stale('has its log on another device')];
  const start = blockOffset(volume, log.block);
  const sectors = Math.floor((log.count * blockBytes) / sectorBytes);
  if (sectors === 0 || start + sectors * sectorBytes > volume.source.sizeBytes)
    return [{ kind: 'malformed', where: '', why: 'has a log that goes past its end' }];
  const read = (sector: number) => volume.source.read(start + sector * sectorBytes, sectorBytes);
  const head = await headOf(read, sectors);
  for (let back = 1; back <= Math.min(recordSectorsMax, sectors); back++) {
    const sector = (head - back + sectors) % sectors;
    const record = await read(sector);
    if (be32(record, 0) !== recordMagic) continue;
    const operation = await read((sector + headerSectors(record)) % sectors);
    const isUnmount = be32(record, 40) === 1 && (u8(operation, 9) & unmountFlag) !== 0;
    return isUnmount ? [] : [stale('was not unmounted cleanly')];
  }
  // A log that was never written has nothing to play back.
  return head === 0 && (await cycleOf(read, 0)) === 0 ? [] : [stale('has a log that cannot be read')];
}

// A header has room for the cycles of 32 KiB; records that may be longer have more of them.
function headerSectors(record: Uint8Array): number {
  const isNew = be32(record, 8) >= 2;
  return isNew ? Math.max(1, Math.min(8, Math.ceil(be32(record, 320) / cycleBytes))) : 1;
}

function stale(what: string): DiskFault {
  return { kind: 'stale', where: '', why: `${what}; the newest changes may be missing` };
}

type ReadSector = (sector: number) => Uint8Array | Promise<Uint8Array>;

// Each round through the log writes a higher number into every sector: the head is where the number falls.
async function headOf(read: ReadSector, sectors: number): Promise<number> {
  const first = await cycleOf(read, 0);
  if (first === 0 || first === (await cycleOf(read, sectors - 1))) return 0;
  let low = 0;
  let high = sectors - 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if ((await cycleOf(read, middle)) === first) low = middle;
    else high = middle;
  }
  return high;
}

async function cycleOf(read: ReadSector, sector: number): Promise<number> {
  const bytes = await read(sector);
  const word = be32(bytes, 0);
  return word === recordMagic ? be32(bytes, 4) : word;
}
