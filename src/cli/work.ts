import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultLimits } from '../lib/limits.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Problem } from '../model/problem.ts';
import type { Resource } from '../model/resource.ts';
import { collect } from '../pipeline/collect/collect.ts';
import { type LayerCache, openLayerCache } from '../pipeline/collect/layer-cache.ts';
import type { Readers } from '../pipeline/collect/readers.ts';
import type { TreeWitness } from '../pipeline/collect/tree-witness.ts';
import type { Content } from '../plugins/targets/contract.ts';
import { resolveTarget } from '../plugins/targets/registry.ts';
import type { Settings } from '../service/settings.ts';
import { UsageError } from './command.ts';
import { bytesText, progressLine } from './output.ts';

export type Collected = { readonly resource: Resource; readonly inventory: Inventory };

export type CollectedReference = {
  readonly collected: readonly Collected[];
  readonly problems: readonly Problem[];
  /** Whether everything was read to its end, so that the same content would give the same again. */
  readonly isSettled: boolean;
  /** What the reading of a directory tree rests on. */
  readonly witness: TreeWitness | null;
};

/**
 * Resolves a reference (`docker-archive:FILE`, a bare path, `host`) and takes the inventory of every resource in it,
 * showing progress. Throws a UsageError when nothing can be scanned there.
 */
export async function collectReference(
  reference: string,
  settings: Settings,
  readers: Readers,
): Promise<CollectedReference> {
  const { target, location } = await resolveTarget(reference).catch((error: Error) => {
    throw new UsageError(error.message);
  });
  const { resources, problems } = await target.discover(location, { isFingerprintCompared: false });
  if (resources.length === 0) {
    const why =
      problems.map((item) => `${item.where}: ${item.why}`).join('; ') ||
      'it is not there, or there is nothing in it';
    throw new UsageError(`nothing to scan at ${reference}: ${why}`);
  }
  const scratchBase = join(settings.home, 'scratch');
  await mkdir(scratchBase, { recursive: true });
  const scratchDirectory = await mkdtemp(join(scratchBase, 'scan-'));
  const cache = openLayerCache(join(settings.home, 'cache'));
  try {
    const collected: Collected[] = [];
    let isSettled = problems.length === 0;
    let witness: TreeWitness | null = null;
    for (const resource of resources) {
      const line = progressLine(resource.name);
      const content = await target.open(resource, {
        scratchDirectory,
        isLayerKnown: (digest) => cache.has(digest),
        onProgress: ({ doneBytes, totalBytes }) =>
          line.update(`fetching, ${bytesText(doneBytes)} of ${bytesText(totalBytes)}`),
      });
      const inventory = await collect(content, {
        readers,
        limits: defaultLimits,
        cache,
        // Only of a directory: what is told of a root file system rests on more than what was read.
        onWitness: (told) => {
          if (target.id === 'dir') witness = told;
        },
        onProgress: ({ doneBytes, totalBytes, doneParts, totalParts, at }) => {
          const amount = totalBytes
            ? `${bytesText(doneBytes)} of ${bytesText(totalBytes)}`
            : bytesText(doneBytes);
          line.update(totalParts > 1 ? `${amount}, ${doneParts} of ${totalParts} layers` : `${amount} ${at}`);
        },
      });
      line.end('');
      collected.push({ resource, inventory });
      isSettled &&= await isReadWhole(content, inventory, cache);
      if (content.kind === 'tree') isSettled &&= witness !== null && resources.length === 1;
    }
    return { collected, problems, isSettled, witness };
  } finally {
    await rm(scratchDirectory, { recursive: true, force: true });
  }
}

// Only complete readings of layers are kept; elsewhere a limit or an error may be gone the next time.
async function isReadWhole(content: Content, inventory: Inventory, cache: LayerCache): Promise<boolean> {
  if (content.kind === 'layers') {
    const kept = await Promise.all(content.layers.map((blob) => cache.keeps(blob)));
    return kept.every(Boolean);
  }
  return (
    (content.kind === 'zip' || content.kind === 'tree') &&
    !inventory.problems.some(({ kind }) => kind === 'limit' || kind === 'unreadable')
  );
}
