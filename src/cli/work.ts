import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultLimits } from '../lib/limits.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Problem } from '../model/problem.ts';
import type { Resource } from '../model/resource.ts';
import { collect } from '../pipeline/collect/collect.ts';
import { openLayerCache } from '../pipeline/collect/layer-cache.ts';
import { openReaders } from '../pipeline/collect/readers.ts';
import { resolveTarget } from '../plugins/targets/registry.ts';
import type { Settings } from '../service/settings.ts';
import { UsageError } from './command.ts';
import { bytesText, progressLine } from './output.ts';

export type Collected = { readonly resource: Resource; readonly inventory: Inventory };

/**
 * Resolves a reference (`docker-archive:FILE`, a bare path, `host`) and takes the inventory of every resource in it,
 * showing progress. Throws a UsageError when nothing can be scanned there.
 */
export async function collectReference(
  reference: string,
  settings: Settings,
): Promise<{ readonly collected: readonly Collected[]; readonly problems: readonly Problem[] }> {
  const { target, location } = await resolveTarget(reference).catch((error: Error) => {
    throw new UsageError(error.message);
  });
  const { resources, problems } = await target.discover(location);
  if (resources.length === 0) {
    const why =
      problems.map((item) => `${item.where}: ${item.why}`).join('; ') ||
      'it is not there, or there is nothing in it';
    throw new UsageError(`nothing to scan at ${reference}: ${why}`);
  }
  const scratchBase = join(settings.home, 'scratch');
  await mkdir(scratchBase, { recursive: true });
  const scratchDirectory = await mkdtemp(join(scratchBase, 'scan-'));
  const readers = openReaders(defaultLimits);
  const cache = openLayerCache(join(settings.home, 'cache'));
  try {
    const collected: Collected[] = [];
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
        onProgress: ({ doneBytes, totalBytes, doneParts, totalParts, at }) => {
          const amount = totalBytes
            ? `${bytesText(doneBytes)} of ${bytesText(totalBytes)}`
            : bytesText(doneBytes);
          line.update(totalParts > 1 ? `${amount}, ${doneParts} of ${totalParts} layers` : `${amount} ${at}`);
        },
      });
      line.end('');
      collected.push({ resource, inventory });
    }
    return { collected, problems };
  } finally {
    readers.close();
    await rm(scratchDirectory, { recursive: true, force: true });
  }
}
