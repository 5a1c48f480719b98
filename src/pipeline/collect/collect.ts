import type { ScanLimits } from '../../lib/limits.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Content, LayerBlob } from '../../plugins/targets/contract.ts';
import type { ReadingTask } from './child.ts';
import type { LayerCache } from './layer-cache.ts';
import { type LayerReading, mergeReadings } from './merge.ts';
import type { Readers } from './readers.ts';
import type { TreeWitness } from './tree-witness.ts';

export type CollectProgress = {
  readonly doneBytes: number;
  /** Null where the amount is not known beforehand, as for a directory tree. */
  readonly totalBytes: number | null;
  readonly doneParts: number;
  readonly totalParts: number;
  readonly at: string;
};

export type CollectContext = {
  readonly readers: Readers;
  readonly limits: ScanLimits;
  readonly cache: LayerCache | null;
  /** Told what the reading of a directory tree rests on, where it is a tree and that can be told. */
  readonly onWitness?: (witness: TreeWitness) => void;
  onProgress(progress: CollectProgress): void;
};

/** The inventory of opened content. What could not be read is in its problems; it never rejects for bad bytes. */
export async function collect(content: Content, context: CollectContext): Promise<Inventory> {
  if (content.kind === 'inventory') return content.inventory;
  if (content.kind === 'layers') {
    const stack = await readLayers(content.layers, context);
    return mergeReadings(stack, content.facts, content.problems);
  }
  const task = taskOf(content);
  let doneBytes = 0;
  const reading = await context.readers.read(task, (bytes, at) => {
    doneBytes += bytes;
    context.onProgress({ doneBytes, totalBytes: null, doneParts: 0, totalParts: 1, at });
  });
  if (reading.witness) context.onWitness?.(reading.witness);
  context.onProgress({
    doneBytes: reading.byteCount,
    totalBytes: reading.byteCount,
    doneParts: 1,
    totalParts: 1,
    at: '',
  });
  return mergeReadings([{ reading, layer: null }], content.facts, content.problems);
}

function taskOf(content: Extract<Content, { readonly kind: 'tree' | 'disk' | 'zip' }>): ReadingTask {
  if (content.kind === 'zip') return { kind: 'zip', path: content.path };
  if (content.kind === 'disk') {
    const { path, skip, installedOnly } = content;
    return { kind: 'disk', path, skip: { paths: skip, names: [], installedOnly } };
  }
  const { root, skip, skipNames = [], installedOnly = false } = content;
  return { kind: 'tree', root, skip: { paths: skip, names: skipNames, installedOnly } };
}

async function readLayers(layers: readonly LayerBlob[], context: CollectContext): Promise<LayerReading[]> {
  const totalBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  let doneBytes = 0;
  let doneParts = 0;
  const report = (at: string) =>
    context.onProgress({ doneBytes, totalBytes, doneParts, totalParts: layers.length, at });
  return Promise.all(
    layers.map(async (blob) => {
      const layer = blob.diffId ?? blob.digest;
      const kept = (await context.cache?.get(blob)) ?? null;
      const reading =
        kept ??
        (await context.readers.read({ kind: 'layer', blob }, (bytes, at) => {
          doneBytes += bytes;
          report(at);
        }));
      if (kept) doneBytes += blob.sizeBytes;
      else await context.cache?.put(blob, reading);
      doneParts++;
      report('');
      return { reading, layer };
    }),
  );
}
