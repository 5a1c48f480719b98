import { crc32 } from 'node:zlib';
import type { BlockSource } from './block-source.ts';
import { insist } from './disk-error.ts';
import { le32, le64, uuidText } from './integers.ts';
import type { Partition } from './partition-table.ts';

const signature = 'EFI PART';
const headerBytesMin = 92;
const entriesMax = 4096;
const entryBytesMax = 4096;
const tableBytesMax = 4 << 20;

/**
 * The partitions of a GUID partition table of which the header lies at a sector, or null where there is no header.
 * Throws `malformed` where it is broken: its checksum, that of its entries, or its numbers are wrong.
 * Source: https://uefi.org/specs/UEFI/2.10/05_GUID_Partition_Table_Format.html
 */
export async function readGpt(
  source: BlockSource,
  sectorBytes: number,
  sector: number,
): Promise<Partition[] | null> {
  const at = sector * sectorBytes;
  if (at + sectorBytes > source.sizeBytes || sector < 1) return null;
  const header = Uint8Array.from(await source.read(at, sectorBytes));
  if (Buffer.from(header.subarray(0, 8)).toString('latin1') !== signature) return null;
  const headerBytes = le32(header, 12);
  insist(headerBytes >= headerBytesMin && headerBytes <= sectorBytes, 'the size of its header is wrong');
  const stored = le32(header, 16);
  header.fill(0, 16, 20);
  insist(crc32(header.subarray(0, headerBytes)) === stored, 'the checksum of its header is wrong');
  insist(le64(header, 24) === sector, 'its header says that it lies elsewhere');
  const count = le32(header, 80);
  const entryBytes = le32(header, 84);
  insist(
    count <= entriesMax &&
      entryBytes >= 128 &&
      entryBytes <= entryBytesMax &&
      count * entryBytes <= tableBytesMax,
    `it has ${count} entries of ${entryBytes} bytes`,
  );
  const entries = await source.read(le64(header, 72) * sectorBytes, count * entryBytes);
  insist(crc32(entries) === le32(header, 88), 'the checksum of its entries is wrong');
  return partitionsIn(entries, count, entryBytes, sectorBytes);
}

function partitionsIn(
  entries: Uint8Array,
  count: number,
  entryBytes: number,
  sectorBytes: number,
): Partition[] {
  const partitions: Partition[] = [];
  for (let index = 0; index < count; index++) {
    const entry = entries.subarray(index * entryBytes, (index + 1) * entryBytes);
    if (entry.subarray(0, 16).every((byte) => byte === 0)) continue;
    const first = le64(entry, 32);
    const last = le64(entry, 40);
    insist(first <= last && first > 0, `partition ${index + 1} ends before it begins`);
    const name = Buffer.from(entry.subarray(56, 128)).toString('utf16le');
    partitions.push({
      number: index + 1,
      offset: first * sectorBytes,
      sizeBytes: (last - first + 1) * sectorBytes,
      type: guidText(entry, 0),
      uuid: guidText(entry, 16),
      label: name.split('\0')[0] ?? '',
    });
  }
  return partitions;
}

// The first three parts of a GUID are stored little endian.
function guidText(bytes: Uint8Array, at: number): string {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return uuidText(
    Uint8Array.from(order, (index) => bytes[at + index] as number),
    0,
  );
}
