import { fields, list, numberOf, textOf } from '../../../lib/fields.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Resource } from '../../../model/resource.ts';
import type { Discovery } from '../contract.ts';
import {
  type BaseImage,
  type Descriptor,
  digestPattern,
  type ImageConfig,
  imageResource,
  readDescriptor,
  readImageConfig,
  readManifest,
} from '../image.ts';
import type { RegistryClient } from './client.ts';
import type { RegistryDocument } from './documents.ts';
import { inParallel } from './in-parallel.ts';
import {
  formatPlatform,
  formatReference,
  type ImageReference,
  isPlatform,
  type Platform,
} from './reference.ts';
import { RegistryError, registryProblem, shownText } from './registry-error.ts';

/** An image manifest and the configuration that it names. */
export type Image = {
  readonly digest: string;
  readonly layers: readonly Descriptor[];
  readonly config: ImageConfig;
  readonly base: BaseImage | null;
};

type Candidate = { readonly digest: string; readonly platform: Platform | null };
type Outcome = { readonly image: Image | null; readonly problem: Problem | null };

const indexDepthMax = 4;
const manifestsMax = 256;
const requestsMax = 4;

/** The images behind a reference: one, or one for each platform of an index. Never rejects. */
export async function discoverImages(
  client: RegistryClient,
  reference: ImageReference,
  location: string,
): Promise<Discovery> {
  try {
    const top = await client.manifest(reference.digest ?? reference.tag ?? 'latest');
    const problems: Problem[] = [];
    const candidates = isIndex(top)
      ? await imagesOfIndex(client, top, location, problems)
      : [{ digest: top.digest, platform: null }];
    const wanted = candidates.filter(({ platform }) => mayBeWanted(reference, platform));
    const outcomes = await inParallel(wanted, requestsMax, (item) => look(client, item, location));
    for (const outcome of outcomes) if (outcome.problem) problems.push(outcome.problem);
    const read = outcomes.map(({ image }) => image).filter((image) => image !== null);
    const images = read.filter((image) => mayBeWanted(reference, platformOf(image.config)));
    if (images.length === 0 && problems.length === 0)
      problems.push(nothingFound(reference, location, [...candidates, ...read.map(asCandidate)]));
    const resources = images.map((image) => resourceOf(image, reference, location, isIndex(top)));
    return { resources, problems };
  } catch (error) {
    return { resources: [], problems: [registryProblem(error, location)] };
  }
}

/** One image by the digest of its manifest. Throws a RegistryError that says why it is none. */
export async function readImage(client: RegistryClient, digest: string): Promise<Image> {
  const document = await client.manifest(digest);
  checkManifest(document);
  const manifest = readManifest(document.json);
  if (!manifest.config) throw new RegistryError('malformed', `manifest ${digest} names no configuration`);
  if (!isImageConfig(manifest.config.mediaType)) {
    const type = textOf(fields(document.json).artifactType) ?? manifest.config.mediaType;
    throw new RegistryError('unsupported', `is not an image but an artifact of type ${shownText(type)}`);
  }
  const config = readImageConfig((await client.jsonBlob(manifest.config)).json);
  return { digest: document.digest, layers: manifest.layers, config, base: manifest.base };
}

async function imagesOfIndex(
  client: RegistryClient,
  index: RegistryDocument,
  location: string,
  problems: Problem[],
  depth = 0,
): Promise<Candidate[]> {
  checkManifest(index);
  const candidates = new Map<string, Candidate>();
  const descriptors = list(fields(index.json).manifests).map(readDescriptor);
  if (descriptors.length > manifestsMax) {
    const why = `its index has ${descriptors.length} manifests; the first ${manifestsMax} were looked at`;
    problems.push(problem('limit', location, why, 'manifestsMax'));
  }
  for (const descriptor of descriptors.slice(0, manifestsMax)) {
    if (!descriptor || isAttestation(descriptor)) continue;
    if (!digestPattern.test(descriptor.digest)) {
      problems.push(
        problem('unsupported', location, `'${shownText(descriptor.digest)}' is not a sha256 digest`),
      );
    } else if (/\b(index|list)\b/.test(descriptor.mediaType)) {
      if (depth >= indexDepthMax)
        throw new RegistryError('limit', 'has indexes nested too deep', 'indexDepthMax');
      const inner = await client.manifest(descriptor.digest);
      for (const item of await imagesOfIndex(client, inner, location, problems, depth + 1))
        candidates.set(item.digest, item);
      if (candidates.size > manifestsMax)
        throw new RegistryError('limit', `has more than ${manifestsMax} images`, 'manifestsMax');
    } else candidates.set(descriptor.digest, descriptor);
  }
  return [...candidates.values()];
}

async function look(client: RegistryClient, { digest }: Candidate, location: string): Promise<Outcome> {
  try {
    return { image: await readImage(client, digest), problem: null };
  } catch (error) {
    return { image: null, problem: registryProblem(error, `${location}: ${digest}`) };
  }
}

function checkManifest({ json, mediaType }: RegistryDocument): void {
  const { schemaVersion, manifests, layers } = fields(json);
  if (numberOf(schemaVersion) === 1 || /manifest\.v1\+/.test(mediaType) || /prettyjws/.test(mediaType)) {
    const why =
      "is in Docker's image manifest schema 1, which was withdrawn: push it again with a current tool";
    if (!mediaType.includes('.oci.')) throw new RegistryError('unsupported', why);
  }
  // Readers would disagree on what such a document is, and so on what was scanned.
  if (Array.isArray(manifests) && Array.isArray(layers))
    throw new RegistryError('malformed', 'its manifest is an index and an image at once');
  if (!Array.isArray(manifests) && !Array.isArray(layers))
    throw new RegistryError('unsupported', `has a manifest of unknown type ${shownText(mediaType)}`);
}

function isIndex({ json }: RegistryDocument): boolean {
  return Array.isArray(fields(json).manifests);
}

// What was signed or attested about an image lies beside it, and has no root file system.
function isAttestation({ annotations, platform }: Descriptor): boolean {
  return annotations['vnd.docker.reference.type'] !== undefined || platform?.os === 'unknown';
}

function isImageConfig(mediaType: string): boolean {
  return mediaType === '' || mediaType.includes('image.config') || mediaType.includes('container.image.v1');
}

function mayBeWanted({ platform: wanted }: ImageReference, actual: Platform | null): boolean {
  return wanted === null || actual === null || isPlatform(wanted, actual);
}

function platformOf({ os, architecture, variant }: ImageConfig): Platform | null {
  return os && architecture ? { os, architecture, variant } : null;
}

function asCandidate({ digest, config }: Image): Candidate {
  return { digest, platform: platformOf(config) };
}

function nothingFound(
  reference: ImageReference,
  location: string,
  candidates: readonly Candidate[],
): Problem {
  const platforms = new Set(
    candidates.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : [])),
  );
  if (reference.platform === null || platforms.size === 0)
    return problem('unsupported', location, 'its index holds no image');
  const there = shownText([...platforms].sort().join(', '));
  return problem(
    'unreadable',
    location,
    `has no image for ${formatPlatform(reference.platform)}, only ${there}`,
  );
}

function resourceOf(
  image: Image,
  reference: ImageReference,
  location: string,
  isOneOfMany: boolean,
): Resource {
  const { digest, config, base } = image;
  const resource = imageResource({
    target: 'registry',
    location,
    digest,
    reference: formatReference(reference),
    config,
    base,
  });
  const platform = platformOf(config);
  if (!isOneOfMany || !platform) return resource;
  // The images of an index share its tag: only the platform tells people which is which.
  return { ...resource, name: `${resource.name} (${formatPlatform(platform)})` };
}
