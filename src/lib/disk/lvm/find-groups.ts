import type { BlockSource } from '../block-source.ts';
import { DiskError, type DiskFault } from '../disk-error.ts';
import type { Section } from './metadata-text.ts';
import { readPhysicalVolume } from './physical-volume.ts';
import { type LogicalVolume, type LogicalVolumes, logicalVolumes } from './volume-group.ts';

/** A place that holds an LVM physical volume, and its name for people. */
export type PhysicalPlace = { readonly name: string; readonly source: BlockSource };

type Group = { readonly name: string; readonly metadata: Section; readonly sequence: number };

/**
 * The logical volumes of all groups that the physical volumes tell of. Where they disagree, the newest metadata of a
 * group counts.
 */
export async function findLogicalVolumes(places: readonly PhysicalPlace[]): Promise<LogicalVolumes> {
  const faults: DiskFault[] = [];
  const disks = new Map<string, BlockSource>();
  const groups = new Map<string, Group>();
  for (const { name, source } of places) {
    try {
      const { id, metadata, why } = await readPhysicalVolume(source);
      disks.set(id, source);
      if (metadata) addGroups(groups, metadata);
      if (why) faults.push({ kind: 'malformed', where: name, why: `is an LVM physical volume, and ${why}` });
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      faults.push({ kind: error.kind, where: name, why: `is an LVM physical volume, and ${error.message}` });
    }
  }
  const volumes: LogicalVolume[] = [];
  for (const { name, metadata } of groups.values()) {
    const found = logicalVolumes(name, metadata, disks);
    volumes.push(...found.volumes);
    faults.push(...found.faults);
  }
  if (places.length > 0 && groups.size === 0 && faults.length === 0) {
    const where = places.map(({ name }) => name).join(', ');
    faults.push({ kind: 'not-read', where, why: 'belongs to no LVM volume group, or does not say to which' });
  }
  return { volumes, faults };
}

function addGroups(groups: Map<string, Group>, text: Section): void {
  for (const [name, metadata] of text) {
    if (!(metadata instanceof Map)) continue;
    const id = metadata.get('id');
    const number = metadata.get('seqno');
    if (typeof id !== 'string') continue;
    const sequence = typeof number === 'number' ? number : 0;
    if (sequence >= (groups.get(id)?.sequence ?? -1)) groups.set(id, { name, metadata, sequence });
  }
}
