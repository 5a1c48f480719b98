import type { BlockSource } from '../block-source.ts';
import { crc32Lvm } from '../checksums.ts';
import { DiskError, insist } from '../disk-error.ts';
import { fixedText, le32, le64 } from '../integers.ts';
import { parseMetadataText, type Section } from './metadata-text.ts';

/** What one physical volume says of itself and of its group. */
export type PhysicalVolume = {
  /** 32 characters, without dashes. */
  readonly id: string;
  /** The newest metadata that it holds; null where it was told to keep none, or where `why` says what is wrong. */
  readonly metadata: Section | null;
  readonly why: string | null;
};

const labelSectors = 4;
const sectorBytes = 512;
const areasMax = 16;
const metadataMagic = ' LVM2 x[5A%r0N*>';
const textBytesMax = 16 << 20;
const ignoredFlag = 1;

type Area = { readonly offset: number; readonly sizeBytes: number };

/**
 * Reads the label of a physical volume and the metadata behind it. Throws `malformed` where there is no label.
 * Source: https://github.com/lvmteam/lvm2/blob/main/lib/format_text/layout.h
 */
export async function readPhysicalVolume(source: BlockSource): Promise<PhysicalVolume> {
  const sector = await labelSector(source);
  insist(crc32Lvm(sector.subarray(20)) === le32(sector, 16), 'the checksum of its label is wrong');
  const header = le32(sector, 20);
  const id = fixedText(sector, header, 32);
  // First the areas that hold data, then those that hold metadata; each list ends with an offset of zero.
  const data = areasAt(sector, header + 40);
  const areas = areasAt(sector, data.next).areas;
  let why: string | null = null;
  for (const area of areas) {
    try {
      const metadata = await readMetadata(source, area);
      if (metadata) return { id, metadata, why: null };
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      why ??= error.message;
    }
  }
  return { id, metadata: null, why };
}

async function labelSector(source: BlockSource): Promise<Uint8Array> {
  for (let index = 0; index < labelSectors; index++) {
    const sector = await source.read(index * sectorBytes, sectorBytes);
    if (fixedText(sector, 0, 8) === 'LABELONE' && le64(sector, 8) === index) return sector;
  }
  throw new DiskError('malformed', 'its label says that it lies elsewhere');
}

function areasAt(
  sector: Uint8Array,
  start: number,
): { readonly areas: readonly Area[]; readonly next: number } {
  const areas: Area[] = [];
  for (let at = start; areas.length <= areasMax; at += 16) {
    const area = { offset: le64(sector, at), sizeBytes: le64(sector, at + 8) };
    if (area.offset === 0) return { areas, next: at + 16 };
    areas.push(area);
  }
  throw new DiskError('malformed', 'its label names too many areas');
}

// The area is a ring behind its header: text that reaches the end goes on at the beginning.
async function readMetadata(source: BlockSource, area: Area): Promise<Section | null> {
  const header = await source.read(area.offset, sectorBytes);
  insist(crc32Lvm(header.subarray(4)) === le32(header, 0), 'the checksum of its metadata header is wrong');
  insist(
    Buffer.from(header.subarray(4, 20)).toString('latin1') === metadataMagic,
    'its metadata has no magic',
  );
  const sizeBytes = le64(header, 32);
  const place = { offset: le64(header, 40), sizeBytes: le64(header, 48) };
  if (place.offset === 0 || le32(header, 60) & ignoredFlag) return null;
  insist(
    place.sizeBytes <= textBytesMax && place.offset < sizeBytes && place.sizeBytes <= sizeBytes - sectorBytes,
    'its metadata lies outside of its area',
  );
  const first = Math.min(place.sizeBytes, sizeBytes - place.offset);
  const text = Buffer.concat([
    await source.read(area.offset + place.offset, first),
    await source.read(area.offset + sectorBytes, place.sizeBytes - first),
  ]);
  insist(crc32Lvm(text) === le32(header, 56), 'the checksum of its metadata is wrong');
  return parseMetadataText(text.toString('utf8').replace(/\0+$/, ''));
}
