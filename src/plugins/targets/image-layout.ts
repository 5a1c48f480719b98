import { fields, list, textOf } from '../../lib/fields.ts';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import type { Resource } from '../../model/resource.ts';
import type { Content, Discovery, LayerBlob } from './contract.ts';
import {
  checkLayerCount,
  type Descriptor,
  imageResource,
  readDescriptor,
  readImageConfig,
  readManifest,
} from './image.ts';

/** Where the blobs of an image layout lie: a directory, or members of a tar. */
export type LayoutStore = {
  readonly target: string;
  readonly location: string;
  exists(): Promise<boolean>;
  readIndex(): Promise<unknown>;
  readJson(digest: string): Promise<unknown>;
  /** Rejects when the blob is not there. */
  blob(
    digest: string,
  ): Promise<{ readonly path: string; readonly offsetBytes: number; readonly sizeBytes: number }>;
};

const indexDepthMax = 4;
const manifestsMax = 10_000;
const refName = 'org.opencontainers.image.ref.name';

/** Every image that the layout's index leads to. */
export async function discoverLayout(store: LayoutStore): Promise<Discovery> {
  const problems: Problem[] = [];
  const resources: Resource[] = [];
  const seen = new Set<string>();
  let count = 0;
  try {
    await visitIndex(await store.readIndex(), null, 0);
  } catch (error) {
    // A layout that is not there has no images: what was in it is gone.
    if (!(await store.exists())) return { resources: [], problems: [] };
    problems.push(problem('unreadable', `${store.location}: index.json`, reasonOf(error)));
  }
  return { resources, problems };

  async function visitIndex(json: unknown, parentName: string | null, depth: number): Promise<void> {
    for (const item of list(fields(json).manifests)) {
      const descriptor = readDescriptor(item);
      if (!descriptor) continue;
      if (++count > manifestsMax) {
        const why = `more than ${manifestsMax} manifests; the rest was not looked at`;
        if (count === manifestsMax + 1) problems.push(problem('limit', store.location, why, 'manifestsMax'));
        continue;
      }
      try {
        await visit(descriptor, descriptor.annotations[refName] ?? parentName, depth);
      } catch (error) {
        problems.push(
          problem(
            'unreadable',
            `${store.location}: manifest ${descriptor.digest.slice(0, 80)}`,
            reasonOf(error),
          ),
        );
      }
    }
  }

  async function visit(descriptor: Descriptor, name: string | null, depth: number): Promise<void> {
    const json = await store.readJson(descriptor.digest);
    if (Array.isArray(fields(json).manifests)) {
      if (depth >= indexDepthMax) throw new Error(`indexes nested deeper than ${indexDepthMax}`);
      await visitIndex(json, name, depth + 1);
      return;
    }
    if (isNotAnImage(descriptor, json) || seen.has(descriptor.digest)) return;
    seen.add(descriptor.digest);
    const manifest = readManifest(json);
    if (!manifest.config) throw new Error('the manifest names no configuration');
    const config = readImageConfig(await store.readJson(manifest.config.digest));
    const reference = descriptor.annotations['io.containerd.image.name'] ?? qualify(store.location, name);
    resources.push(
      imageResource({
        target: store.target,
        location: store.location,
        digest: descriptor.digest,
        reference,
        config,
        base: manifest.base,
      }),
    );
  }
}

/** Where the layers of one image of the layout lie. */
export async function openLayoutImage(store: LayoutStore, digest: string): Promise<Content> {
  const manifest = readManifest(await store.readJson(digest));
  if (!manifest.config) throw new Error(`${digest} in ${store.location} names no configuration`);
  const config = readImageConfig(await store.readJson(manifest.config.digest));
  const problems: Problem[] = [...checkLayerCount(digest, config, manifest.layers.length)];
  const layers: LayerBlob[] = [];
  for (const [index, layer] of manifest.layers.entries()) {
    const found = await layerBlob(store, layer, config.diffIds[index] ?? null);
    if ('kind' in found) problems.push(found);
    else layers.push(found);
  }
  return {
    kind: 'layers',
    layers,
    facts: { isContainer: true, runningKernel: null, layers: config.diffIds },
    problems,
  };
}

async function layerBlob(
  store: LayoutStore,
  layer: Descriptor,
  diffId: string | null,
): Promise<LayerBlob | Problem> {
  if (layer.mediaType !== '' && !layer.mediaType.includes('tar')) {
    return problem('unsupported', layer.digest, `has media type ${layer.mediaType}, which is not a tar`);
  }
  try {
    return { ...(await store.blob(layer.digest)), digest: layer.digest, diffId };
  } catch (error) {
    const isForeign = layer.mediaType.includes('foreign') || layer.mediaType.includes('nondistributable');
    const why = isForeign
      ? 'is a foreign layer that is kept elsewhere; what it holds is not known'
      : reasonOf(error);
    return problem('unreadable', layer.digest, why);
  }
}

// An attestation or an artifact has a manifest too, and no root file system.
function isNotAnImage(descriptor: Descriptor, json: unknown): boolean {
  if (descriptor.annotations['vnd.docker.reference.type']) return true;
  if (descriptor.platform?.os === 'unknown') return true;
  const configType = textOf(fields(fields(json).config).mediaType) ?? '';
  return (
    configType !== '' && !configType.includes('image.config') && !configType.includes('container.image.v1')
  );
}

function qualify(location: string, name: string | null): string | null {
  if (name === null) return null;
  // A ref name may be a whole reference or only a tag.
  if (name.includes('/') || name.includes(':')) return name;
  const folder =
    location
      .replace(/\/+$/, '')
      .split('/')
      .pop()
      ?.replace(/\.(oci|tar)$/, '') || 'image';
  return `${folder.toLowerCase()}:${name}`;
}
