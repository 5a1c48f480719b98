import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultLimits } from '../../../lib/limits.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Content, LayerBlob, OpenOptions } from '../contract.ts';
import { checkLayerCount, type Descriptor, digestPattern } from '../image.ts';
import type { RegistryClient } from './client.ts';
import { downloadBlob } from './download.ts';
import { type Image, readImage } from './images.ts';
import { inParallel } from './in-parallel.ts';
import { RegistryError, shownText } from './registry-error.ts';
import type { Surroundings } from './transport.ts';

const downloadsMax = 3;

/**
 * The layers of one image, fetched where nothing knows them yet. Rejects when a layer cannot be had: an image that was
 * read in part would look as if packages had gone.
 */
export async function openImage(
  client: RegistryClient,
  digest: string,
  options: OpenOptions,
  surroundings: Surroundings,
): Promise<Content> {
  const image = await readImage(client, digest);
  const problems: Problem[] = [...checkLayerCount(digest, image.config, image.layers.length)];
  const folder = join(options.scratchDirectory, 'layers');
  await mkdir(folder, { recursive: true });
  const layers: LayerBlob[] = [];
  for (const [index, layer] of image.layers.entries()) {
    const trouble = troubleOf(layer);
    if (trouble) problems.push(trouble);
    else layers.push(blobOf(layer, folder, image, index));
  }
  await fetchUnknown(client, layers, options, surroundings);
  return {
    kind: 'layers',
    layers,
    facts: { isContainer: true, runningKernel: null, layers: image.config.diffIds },
    problems,
  };
}

function troubleOf({ mediaType, digest }: Descriptor): Problem | null {
  const name = shownText(digest);
  if (mediaType.includes('foreign') || mediaType.includes('nondistributable')) {
    const why = 'is a foreign layer that is kept elsewhere; what it holds is not known';
    return problem('unreadable', name, why);
  }
  if (mediaType !== '' && !mediaType.includes('tar'))
    return problem('unsupported', name, `has media type ${shownText(mediaType)}, which is not a tar`);
  if (!digestPattern.test(digest)) return problem('unsupported', name, 'is not named by a sha256 digest');
  return null;
}

function blobOf({ digest, size }: Descriptor, folder: string, { config }: Image, index: number): LayerBlob {
  const path = join(folder, digest.slice('sha256:'.length));
  return { path, offsetBytes: 0, sizeBytes: size, digest, diffId: config.diffIds[index] ?? null };
}

async function fetchUnknown(
  client: RegistryClient,
  layers: readonly LayerBlob[],
  { isLayerKnown, onProgress }: OpenOptions,
  { sleep }: Surroundings,
): Promise<void> {
  // Empty layers are the same layer many times over.
  const blobs = new Map<string, LayerBlob>();
  for (const blob of layers) {
    const digest = blob.digest ?? '';
    if (!blobs.has(digest) && !(await isLayerKnown?.(digest))) blobs.set(digest, blob);
  }
  const totalBytes = checkSizes([...blobs.values()]);
  let doneBytes = 0;
  const onBytes = (bytes: number) => {
    doneBytes += bytes;
    onProgress?.({ doneBytes, totalBytes });
  };
  await inParallel([...blobs], downloadsMax, ([digest, { path, sizeBytes }]) =>
    downloadBlob({
      digest,
      sizeBytes,
      path,
      request: (fromByte) => client.blob(digest, fromByte),
      onBytes,
      sleep,
    }),
  );
}

/** The bytes to fetch. Sizes are what a stranger wrote, and they bound what is written to the disk. */
function checkSizes(blobs: readonly LayerBlob[]): number {
  let total = 0;
  for (const { sizeBytes, digest } of blobs) {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0)
      throw new RegistryError('malformed', `layer ${digest} has no size in its manifest`);
    total += sizeBytes;
  }
  const most = defaultLimits.archiveBytesMax;
  if (total > most) {
    const why = `its layers are ${total} bytes, and at most ${most} are fetched`;
    throw new RegistryError('limit', why, 'archiveBytesMax');
  }
  return total;
}
