import { type BlockSource, concatSource, sliceSource } from '../block-source.ts';
import { DiskError, type DiskFault, insist } from '../disk-error.ts';
import { listIn, numberIn, type Section, sectionIn, textIn } from './metadata-text.ts';

/** A volume as LVM puts it together from pieces of physical volumes. */
export type LogicalVolume = { readonly group: string; readonly name: string; readonly source: BlockSource };

export type LogicalVolumes = {
  readonly volumes: readonly LogicalVolume[];
  readonly faults: readonly DiskFault[];
};

const sectorBytes = 512;
const segmentsMax = 100_000;

/**
 * The logical volumes of a group that are laid out one piece after the other. Others, such as striped, mirrored and
 * thin ones, are faults that name their kind, as are those of which a physical volume is missing.
 * Source: https://man7.org/linux/man-pages/man8/lvm.8.html, https://github.com/lvmteam/lvm2/tree/main/lib/format_text
 */
export function logicalVolumes(
  group: string,
  metadata: Section,
  disks: ReadonlyMap<string, BlockSource>,
): LogicalVolumes {
  const volumes: LogicalVolume[] = [];
  const faults: DiskFault[] = [];
  for (const [name, section] of sectionIn(metadata, 'logical_volumes')) {
    // What is not visible is a part of another volume, which is reported where it cannot be read.
    if (!(section instanceof Map) || !listIn(section, 'status').includes('VISIBLE')) continue;
    try {
      const source = concatSource(segmentsOf(section, metadata, disks));
      volumes.push({ group, name, source });
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      faults.push({ kind: error.kind, where: `volume ${group}/${name}`, why: error.message });
    }
  }
  return { volumes, faults };
}

function segmentsOf(
  volume: Section,
  metadata: Section,
  disks: ReadonlyMap<string, BlockSource>,
): BlockSource[] {
  const count = numberIn(volume, 'segment_count');
  insist(count >= 1 && count <= segmentsMax, `has ${count} segments`);
  const extentBytes = numberIn(metadata, 'extent_size') * sectorBytes;
  insist(extentBytes > 0 && Number.isSafeInteger(extentBytes), 'has extents of no size');
  const sources: BlockSource[] = [];
  let extent = 0;
  for (let index = 1; index <= count; index++) {
    const segment = sectionIn(volume, `segment${index}`);
    insist(numberIn(segment, 'start_extent') === extent, 'has segments that do not follow one another');
    const extents = numberIn(segment, 'extent_count');
    sources.push(pieceOf(segment, extents, extentBytes, sectionIn(metadata, 'physical_volumes'), disks));
    extent += extents;
  }
  return sources;
}

function pieceOf(
  segment: Section,
  extents: number,
  extentBytes: number,
  physical: Section,
  disks: ReadonlyMap<string, BlockSource>,
): BlockSource {
  const type = textIn(segment, 'type') || 'unknown';
  const stripes = type === 'striped' ? numberIn(segment, 'stripe_count') : 0;
  if (stripes !== 1) {
    const kind = stripes > 1 ? `striped over ${stripes} disks` : `of type ${type}`;
    throw new DiskError('unsupported', `is ${kind}, and only linear logical volumes are read`);
  }
  const [disk, start] = listIn(segment, 'stripes');
  insist(typeof disk === 'string' && typeof start === 'number' && start >= 0, 'does not say where it lies');
  const section = sectionIn(physical, disk);
  const source = disks.get(textIn(section, 'id').replaceAll('-', ''));
  if (!source) throw new DiskError('unsupported', `lies in part on ${disk}, which is not in this image`);
  const sizeBytes = extents * extentBytes;
  const piece = sliceSource(
    source,
    numberIn(section, 'pe_start') * sectorBytes + start * extentBytes,
    sizeBytes,
  );
  insist(piece.sizeBytes === sizeBytes, `goes past the end of ${disk}`);
  return piece;
}
