import { type BlockSource, sliceSource } from './block-source.ts';
import { DiskError, type DiskFault } from './disk-error.ts';
import { findLogicalVolumes } from './lvm/find-groups.ts';
import { type Partition, type PartitionTable, readPartitionTable } from './partition-table.ts';
import { type Probe, probe } from './probe.ts';

/** Something on a disk that may hold a file system: the whole of it, a partition, a logical volume. */
export type Volume = {
  /** For people: `partition 2`, `volume vg/root`, `the whole disk`. */
  readonly name: string;
  readonly source: BlockSource;
  readonly content: Probe;
  /** Partition number on the first disk, where it is one. */
  readonly partition: number | null;
  readonly partitionUuid: string | null;
  readonly partitionLabel: string | null;
  /** Names below `/dev` that only this volume has: `vg/root`, `mapper/vg-root`. */
  readonly devices: readonly string[];
};

export type Volumes = { readonly volumes: readonly Volume[]; readonly faults: readonly DiskFault[] };

/**
 * Everything on a disk that may hold a file system, by its partition table and LVM. Physical volumes of LVM give way
 * to the logical ones on them. Never rejects for bad bytes.
 */
export async function findVolumes(source: BlockSource): Promise<Volumes> {
  const volumes: Volume[] = [];
  const { scheme, partitions, faults: tableFaults } = await tableOf(source);
  const faults = [...tableFaults];
  if (scheme === 'none') await addVolume(volumes, faults, 'the whole disk', source, null);
  for (const partition of partitions) {
    const name = `partition ${partition.number}`;
    const part = sliceSource(source, partition.offset, partition.sizeBytes);
    if (part.sizeBytes < partition.sizeBytes) faults.push(cut(name, partition.sizeBytes, part.sizeBytes));
    if (part.sizeBytes > 0) await addVolume(volumes, faults, name, part, partition);
  }
  const physical = volumes.filter(({ content }) => content.kind === 'lvm');
  const logical = await logicalOn(physical, faults);
  return { volumes: [...volumes.filter((volume) => !physical.includes(volume)), ...logical], faults };
}

async function tableOf(source: BlockSource): Promise<PartitionTable> {
  try {
    return await readPartitionTable(source);
  } catch (error) {
    return { scheme: 'gpt', partitions: [], faults: [faultOf(error, 'the partition table')] };
  }
}

async function addVolume(
  volumes: Volume[],
  faults: DiskFault[],
  name: string,
  source: BlockSource,
  partition: Partition | null,
): Promise<void> {
  try {
    volumes.push(await volumeOf(name, source, partition));
  } catch (error) {
    faults.push(faultOf(error, name));
  }
}

async function logicalOn(physical: readonly Volume[], faults: DiskFault[]): Promise<Volume[]> {
  const found = await findLogicalVolumes(physical);
  faults.push(...found.faults);
  const volumes: Volume[] = [];
  for (const { group, name, source } of found.volumes) {
    const where = `volume ${group}/${name}`;
    try {
      const devices = [`${group}/${name}`, `mapper/${mapperPart(group)}-${mapperPart(name)}`];
      volumes.push({ ...(await volumeOf(where, source, null)), devices });
    } catch (error) {
      faults.push(faultOf(error, where));
    }
  }
  return volumes;
}

// One dash parts group and volume, so that a dash in a name is doubled.
function mapperPart(name: string): string {
  return name.replaceAll('-', '--');
}

/** What was thrown, as a fault at a place; rethrows what is no matter of bytes. */
export function faultOf(error: unknown, where: string): DiskFault {
  if (!(error instanceof DiskError)) throw error;
  return { kind: error.kind, where, why: error.message };
}

function cut(where: string, wanted: number, got: number): DiskFault {
  const why = `has ${wanted} bytes, of which the image only holds ${got}`;
  return { kind: 'malformed', where, why };
}

async function volumeOf(name: string, source: BlockSource, partition: Partition | null): Promise<Volume> {
  return {
    name,
    source,
    content: await probe(source),
    partition: partition?.number ?? null,
    partitionUuid: partition?.uuid ?? null,
    partitionLabel: partition?.label || null,
    devices: [],
  };
}
