import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { detectCompression, readBlob } from '../../lib/blob.ts';
import { fields, list, textOf, texts } from '../../lib/fields.ts';
import { readJsonSlice } from '../../lib/json-file.ts';
import { defaultLimits } from '../../lib/limits.ts';
import { indexTar, type TarMember } from '../../lib/tar-index.ts';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import type { Resource } from '../../model/resource.ts';
import type { Content, Discovery, LayerBlob } from './contract.ts';
import { checkLayerCount, digestPattern, imageResource, readImageConfig } from './image.ts';
import { discoverLayout, type LayoutStore, openLayoutImage } from './image-layout.ts';

const jsonBytesMax = 8 * 2 ** 20;
const linksMax = 8;

/**
 * The images of a file written by `docker save`, or of an OCI layout in a tar; plain or compressed. Resolves with
 * problems, never rejects.
 * Source: https://github.com/moby/docker-image-spec/blob/main/spec.md
 */
export async function discoverArchive(location: string): Promise<Discovery> {
  try {
    // Reading a compressed archive means unpacking it; for discovery that happens in a scratch place of its own.
    return await withArchive(location, null, (archive) => discoverIn(archive, location));
  } catch (error) {
    // A place that is not there has no resources: what was in it is gone.
    if ((error as { code?: string }).code === 'ENOENT') return { resources: [], problems: [] };
    return { resources: [], problems: [problem('unreadable', location, reasonOf(error))] };
  }
}

/** Where the layers of an image of an archive lie. Rejects with a plain error where it is not there any more. */
export async function openArchiveImage(resource: Resource, scratchDirectory: string): Promise<Content> {
  return withArchive(resource.location, scratchDirectory, (archive) => openIn(archive, resource));
}

type Archive = {
  readonly path: string;
  readonly members: ReadonlyMap<string, TarMember>;
  readonly location: string;
};

async function withArchive<T>(
  location: string,
  scratchDirectory: string | null,
  use: (archive: Archive) => Promise<T>,
): Promise<T> {
  if ((await compressionOf(location)) === 'none') {
    return use({ path: location, members: await indexTar(location, defaultLimits), location });
  }
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const folder = scratchDirectory ?? (await mkdtemp(join(tmpdir(), 'openinspector-')));
  try {
    const path = join(folder, 'archive.tar');
    const { size } = await stat(location);
    const reading = await readBlob(
      { path: location, offsetBytes: 0, sizeBytes: size },
      defaultLimits,
      () => {},
    );
    await pipeline(Readable.from(reading.chunks), createWriteStream(path));
    return await use({ path, members: await indexTar(path, defaultLimits), location });
  } finally {
    if (scratchDirectory === null) await rm(folder, { recursive: true, force: true });
  }
}

async function discoverIn(archive: Archive, location: string): Promise<Discovery> {
  if (!archive.members.has('manifest.json')) {
    if (archive.members.has('index.json')) return discoverLayout(tarStore(archive));
    throw new Error('neither manifest.json (docker save) nor index.json (OCI layout) is in it');
  }
  const resources: Resource[] = [];
  const problems: Problem[] = [];
  for (const image of await readImages(archive)) {
    try {
      const config = readImageConfig(await readMember(archive, image.config));
      const digest = `sha256:${createHash('sha256')
        .update(await readBytes(archive, image.config))
        .digest('hex')}`;
      const reference = image.tags[0] ?? null;
      resources.push(imageResource({ target: 'docker-archive', location, digest, reference, config }));
    } catch (error) {
      problems.push(problem('unreadable', `${location}: ${image.tags[0] ?? image.config}`, reasonOf(error)));
    }
  }
  return { resources, problems };
}

async function openIn(archive: Archive, resource: Resource): Promise<Content> {
  if (!archive.members.has('manifest.json')) return openLayoutImage(tarStore(archive), resource.fingerprint);
  for (const image of await readImages(archive)) {
    const bytes = await readBytes(archive, image.config);
    if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== resource.fingerprint) continue;
    const config = readImageConfig(JSON.parse(bytes.toString('utf8')));
    const problems: Problem[] = [...checkLayerCount(resource.name, config, image.layers.length)];
    const layers: LayerBlob[] = [];
    for (const [index, name] of image.layers.entries()) {
      const member = follow(archive, name);
      if (member)
        layers.push({ path: archive.path, ...member, digest: null, diffId: config.diffIds[index] ?? null });
      else
        problems.push(
          problem('unreadable', `${archive.location}: ${name}`, 'the layer is not in the archive'),
        );
    }
    return {
      kind: 'layers',
      layers,
      facts: { isContainer: true, runningKernel: null, layers: config.diffIds },
      problems,
    };
  }
  throw new Error(`${resource.name} is no longer in ${archive.location}`);
}

type SavedImage = {
  readonly config: string;
  readonly tags: readonly string[];
  readonly layers: readonly string[];
};

async function readImages(archive: Archive): Promise<readonly SavedImage[]> {
  const images: SavedImage[] = [];
  for (const item of list(await readMember(archive, 'manifest.json'))) {
    const config = textOf(fields(item).Config);
    if (config)
      images.push({ config, tags: texts(fields(item).RepoTags), layers: texts(fields(item).Layers) });
  }
  if (images.length === 0) throw new Error('its manifest.json names no image');
  return images;
}

function tarStore(archive: Archive): LayoutStore {
  const blob = async (digest: string) => {
    if (!digestPattern.test(digest)) throw new Error(`'${digest.slice(0, 100)}' is not a sha256 digest`);
    const member = follow(archive, `blobs/sha256/${digest.slice(7)}`);
    if (!member) throw new Error(`blob ${digest} is not in the archive`);
    return { path: archive.path, ...member };
  };
  return {
    target: 'docker-archive',
    location: archive.location,
    exists: async () => true,
    readIndex: () => readMember(archive, 'index.json'),
    async readJson(digest) {
      const { path, offsetBytes, sizeBytes } = await blob(digest);
      return readJsonSlice(path, offsetBytes, sizeBytes, jsonBytesMax);
    },
    blob,
  };
}

// Old `docker save` links layers that images share.
function follow(archive: Archive, name: string): { offsetBytes: number; sizeBytes: number } | null {
  let member = archive.members.get(name);
  for (let hops = 0; member?.linkTo && hops < linksMax; hops++) member = archive.members.get(member.linkTo);
  return member && member.linkTo === null
    ? { offsetBytes: member.offsetBytes, sizeBytes: member.sizeBytes }
    : null;
}

async function readMember(archive: Archive, name: string): Promise<unknown> {
  const member = follow(archive, name);
  if (!member) throw new Error(`${name} is not in it`);
  return readJsonSlice(archive.path, member.offsetBytes, member.sizeBytes, jsonBytesMax);
}

async function readBytes(archive: Archive, name: string): Promise<Buffer> {
  const member = follow(archive, name);
  if (!member) throw new Error(`${name} is not in it`);
  if (member.sizeBytes > jsonBytesMax)
    throw new Error(`${name} is ${member.sizeBytes} bytes; at most ${jsonBytesMax} are read`);
  const file = await open(archive.path, 'r');
  try {
    const bytes = Buffer.alloc(member.sizeBytes);
    await file.read(bytes, 0, member.sizeBytes, member.offsetBytes);
    return bytes;
  } finally {
    await file.close();
  }
}

/** How a file is compressed as a whole, by its first bytes. */
export async function compressionOf(location: string): Promise<'gzip' | 'zstd' | 'none'> {
  const { size } = await stat(location);
  return detectCompression({ path: location, offsetBytes: 0, sizeBytes: size });
}
