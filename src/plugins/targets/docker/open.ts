import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { detectCompression } from '../../../lib/blob.ts';
import { defaultLimits } from '../../../lib/limits.ts';
import { reasonOf } from '../../../model/problem.ts';
import type { Resource } from '../../../model/resource.ts';
import type { Content, LayerBlob, OpenOptions } from '../contract.ts';
import { discoverArchive, openArchiveImage } from '../image-archive.ts';
import { DaemonError, shownText } from './daemon-error.ts';
import type { DaemonImage, Engine } from './engine.ts';

type Layers = Extract<Content, { readonly kind: 'layers' }>;

/**
 * The layers of one image of a daemon. Nothing is fetched where every layer is known; else the daemon has to pack up
 * the whole image, for its API gives no single layers. Rejects when the image cannot be had.
 */
export async function openDaemonImage(
  engine: Engine,
  resource: Resource,
  options: OpenOptions,
): Promise<Content> {
  const image = await engine.image(resource.fingerprint);
  if (image.id !== resource.fingerprint)
    throw new DaemonError('malformed', `the daemon answers image ${image.id} for ${resource.fingerprint}`);
  const known = await knownLayers(image, options);
  if (known !== null) return known;
  const path = join(options.scratchDirectory, 'image.tar');
  await fetchArchive(engine, image, path, options.onProgress);
  return readArchive(path, image, resource, options.scratchDirectory);
}

async function knownLayers({ config }: DaemonImage, options: OpenOptions): Promise<Layers | null> {
  if (config.diffIds.length === 0) return null;
  for (const diffId of config.diffIds) if (!(await options.isLayerKnown?.(diffId))) return null;
  const layers = config.diffIds.map(
    (diffId): LayerBlob => ({
      path: join(options.scratchDirectory, diffId.slice('sha256:'.length)),
      offsetBytes: 0,
      sizeBytes: 0,
      digest: diffId,
      diffId,
    }),
  );
  return {
    kind: 'layers',
    layers,
    facts: { isContainer: true, runningKernel: null, layers: config.diffIds },
    problems: [],
  };
}

async function fetchArchive(
  engine: Engine,
  image: DaemonImage,
  path: string,
  onProgress: OpenOptions['onProgress'],
): Promise<void> {
  const most = defaultLimits.archiveBytesMax;
  if (image.sizeBytes > most) throw tooLarge(image.sizeBytes, most);
  const file = await open(path, 'w', 0o600);
  let doneBytes = 0;
  try {
    for await (const chunk of engine.archive(image.id)) {
      if (doneBytes + chunk.length > most) throw tooLarge(doneBytes + chunk.length, most);
      await write(file, chunk);
      doneBytes += chunk.length;
      onProgress?.({ doneBytes, totalBytes: Math.max(image.sizeBytes, doneBytes) });
    }
  } finally {
    await file.close();
  }
}

async function write(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  try {
    await file.writeFile(chunk);
  } catch (error) {
    throw new DaemonError(
      'unreadable',
      `the image cannot be kept in the scratch directory while it is read: ${reasonOf(error)}`,
    );
  }
}

function tooLarge(bytes: number, most: number): DaemonError {
  const why = `the image has ${bytes} bytes or more, and at most ${most} are fetched`;
  return new DaemonError('limit', why, 'archiveBytesMax');
}

/**
 * The image of the archive that has the layers that the daemon told of: its id may be that of its configuration, its
 * manifest or an index of platforms, and what was packed up is judged by what it holds.
 */
async function readArchive(
  path: string,
  { config }: DaemonImage,
  resource: Resource,
  scratchDirectory: string,
): Promise<Content> {
  const { resources, problems } = await discoverArchive(path);
  for (const found of resources) {
    const content = await openArchiveImage(found, scratchDirectory);
    if (content.kind !== 'layers' || !isSame(content.facts.layers, config.diffIds)) continue;
    return { ...content, layers: await Promise.all(content.layers.map(byDiffId)) };
  }
  const why = problems[0]?.why ?? 'no image in it has the layers that the daemon told of';
  throw new DaemonError(
    'malformed',
    `what the daemon sent for ${resource.name} is not it: ${shownText(why)}`,
  );
}

// A layer that is stored as it is read is known by its diff id whatever archive it comes in; reading it checks that.
async function byDiffId(layer: LayerBlob): Promise<LayerBlob> {
  if (layer.digest !== null || layer.diffId === null) return layer;
  return (await detectCompression(layer)) === 'none' ? { ...layer, digest: layer.diffId } : layer;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, at) => one === others[at]);
}
