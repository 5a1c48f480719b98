import type { BlockSource } from './block-source.ts';
import type { DiskFault } from './disk-error.ts';
import { openExt } from './ext/open.ts';
import type { FileSystem } from './file-system.ts';
import { faultOf, type Volume } from './volumes.ts';
import { openXfs } from './xfs/open.ts';

/** A volume with the file system on it, opened. */
export type OpenedVolume = { readonly volume: Volume; readonly system: FileSystem };

export type Opened = {
  readonly systems: readonly OpenedVolume[];
  /** Volumes that hold something else, or a file system that cannot be read, in which case a fault says why. */
  readonly others: readonly Volume[];
  readonly faults: readonly DiskFault[];
};

/** Opens every file system that can be read. Never rejects for bad bytes. */
export async function openFileSystems(volumes: readonly Volume[]): Promise<Opened> {
  const systems: OpenedVolume[] = [];
  const others: Volume[] = [];
  const faults: DiskFault[] = [];
  for (const volume of volumes) {
    const open = openers[volume.content.kind];
    if (!open) {
      others.push(volume);
      continue;
    }
    try {
      const system = await open(volume.source);
      systems.push({ volume, system });
      faults.push(...system.faults.map((fault) => ({ ...fault, where: volume.name })));
    } catch (error) {
      faults.push(faultOf(error, volume.name));
    }
  }
  return { systems, others, faults };
}

const openers: Readonly<Partial<Record<string, (source: BlockSource) => Promise<FileSystem>>>> = {
  ext: openExt,
  xfs: openXfs,
};
