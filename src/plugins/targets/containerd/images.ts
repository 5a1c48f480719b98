import { BoltError } from '../../../lib/bolt.ts';
import { fields, list, textOf } from '../../../lib/fields.ts';
import { type Problem, problem, reasonOf } from '../../../model/problem.ts';
import type { Resource } from '../../../model/resource.ts';
import type { Discovery } from '../contract.ts';
import {
  type BaseImage,
  digestPattern,
  type ImageConfig,
  imageResource,
  readDescriptor,
  readImageConfig,
  readManifest,
  splitReference,
} from '../image.ts';
import type { LayoutStore } from '../image-layout.ts';
import { type NamedTarget, namesMax, readNames } from './names.ts';
import { databasePath } from './store.ts';

type WholeImage = {
  readonly config: ImageConfig;
  readonly base: BaseImage | null;
  /** Whether it is one platform of an index. */
  readonly isOneOfMany: boolean;
};

type Found = WholeImage & { readonly names: Set<string> };

/** What one name leads to: images that are whole here, and blobs that are not here. */
type Look = {
  readonly images: Map<string, WholeImage>;
  readonly missing: string[];
};

const indexDepthMax = 4;
const manifestsMax = 100_000;
const manifestsOfIndexMax = 1000;

/** Every image of the store of which all blobs are there, once for each platform. Never rejects. */
export async function discoverStore(store: LayoutStore): Promise<Discovery> {
  const problems: Problem[] = [];
  const found = new Map<string, Found>();
  const budget = { left: manifestsMax };
  try {
    const names = await namesOf(store, problems);
    // Several names stand for one manifest; it is looked at once.
    const looks = new Map<string, Promise<Look>>();
    for (const named of names) {
      const look = looks.get(named.digest) ?? lookAt(store, named.digest, budget);
      looks.set(named.digest, look);
      await note(named, look, found, problems, store.location);
    }
  } catch (error) {
    if (!(await store.exists())) return { resources: [], problems: [] };
    problems.push(problemAt(databasePath(store.location), error));
  }
  const resources = [...found].map(([digest, image]) => resourceOf(store.location, digest, image));
  return { resources: resources.sort((a, b) => (a.id < b.id ? -1 : 1)), problems };
}

async function namesOf(store: LayoutStore, problems: Problem[]): Promise<readonly NamedTarget[]> {
  const where = databasePath(store.location);
  const { names, brokenCount, isCut } = await readNames(where);
  if (brokenCount > 0)
    problems.push(problem('malformed', where, `${brokenCount} image names lead to no manifest`));
  if (isCut) {
    const why = `has more than ${namesMax} image names; the others were not looked at`;
    problems.push(problem('limit', where, why, 'namesMax'));
  }
  return names;
}

async function note(
  { namespace, name }: NamedTarget,
  looking: Promise<Look>,
  found: Map<string, Found>,
  problems: Problem[],
  location: string,
): Promise<void> {
  const where = `${location}: ${shownText(name)} (namespace ${shownText(namespace)})`;
  try {
    const { images, missing } = await looking;
    for (const [digest, image] of images) {
      const known = found.get(digest) ?? { ...image, names: new Set() };
      known.names.add(name);
      found.set(digest, known);
    }
    if (images.size === 0 && missing.length > 0) {
      const why = `no platform of it is here whole: ${missing.length} of its blobs are missing, the first ${missing[0]}. containerd lets go of layers once they are unpacked where discard_unpacked_layers is set`;
      problems.push(problem('unreadable', where, why));
    }
  } catch (error) {
    problems.push(problemAt(where, error));
  }
}

async function lookAt(store: LayoutStore, digest: string, budget: { left: number }): Promise<Look> {
  const look: Look = { images: new Map(), missing: [] };
  await visit(digest, 0);
  return look;

  async function visit(at: string, depth: number): Promise<void> {
    if (!digestPattern.test(at)) throw new Error(`'${shownText(at)}' is not a sha256 digest`);
    if (--budget.left < 0) throw new Error(`more than ${manifestsMax} manifests in one store`);
    if (!(await isThere(store, at, look.missing))) return;
    const json = await store.readJson(at);
    const manifests = list(fields(json).manifests);
    if (manifests.length === 0) return visitManifest(at, json, depth > 0);
    if (depth >= indexDepthMax) throw new Error(`indexes nested deeper than ${indexDepthMax}`);
    if (manifests.length > manifestsOfIndexMax)
      throw new Error(`an index of more than ${manifestsOfIndexMax} manifests`);
    for (const child of manifests.map(readDescriptor)) {
      // What was attested about an image lies beside it, and has no root file system.
      if (!child || child.annotations['vnd.docker.reference.type'] || child.platform?.os === 'unknown')
        continue;
      await visit(child.digest, depth + 1);
    }
  }

  async function visitManifest(at: string, json: unknown, isOneOfMany: boolean): Promise<void> {
    const { config, layers, base } = readManifest(json);
    const kind = textOf(fields(fields(json).config).mediaType) ?? '';
    // An artifact (a chart, a signature) is no image.
    if (kind !== '' && !kind.includes('image.config') && !kind.includes('container.image.v1')) return;
    if (!config) throw new Error(`manifest ${at} names no configuration`);
    const before = look.missing.length;
    for (const blob of [config, ...layers]) await isThere(store, blob.digest, look.missing);
    if (look.missing.length > before) return;
    const read = readImageConfig(await store.readJson(config.digest));
    look.images.set(at, { config: read, base, isOneOfMany });
  }
}

async function isThere(store: LayoutStore, digest: string, missing: string[]): Promise<boolean> {
  try {
    await store.blob(digest);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
    missing.push(digest);
    return false;
  }
}

function resourceOf(location: string, digest: string, { config, base, isOneOfMany, names }: Found): Resource {
  // Kubernetes names an image by tag, by digest and by the digest of its configuration: people know the first.
  const known = [...names].filter((name) => !name.startsWith('sha256:')).sort(byTagFirst);
  const reference = known[0] ?? 'untagged-image';
  const resource = imageResource({ target: 'containerd', location, digest, reference, config, base });
  const { repository } = splitReference(reference);
  const imageTags = known
    .map(splitReference)
    .flatMap(({ repository: of, tag }) => (of === repository && tag ? [tag] : []));
  const platform = [config.os, config.architecture, config.variant].filter(Boolean).join('/');
  // The images of an index share its tag: only the platform tells people which is which.
  const name = isOneOfMany && platform ? `${resource.name} (${platform})` : resource.name;
  return { ...resource, name, details: { ...resource.details, imageTags } };
}

function byTagFirst(a: string, b: string): number {
  const byKind = Number(a.includes('@')) - Number(b.includes('@'));
  return byKind || (a < b ? -1 : a > b ? 1 : 0);
}

function problemAt(where: string, error: unknown): Problem {
  if (!(error instanceof BoltError)) return problem('unreadable', where, reasonOf(error));
  return problem(error.limit === null ? 'malformed' : 'limit', where, error.message, error.limit);
}

function shownText(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 200);
}
