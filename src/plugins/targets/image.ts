import { fields, list, textOf, texts } from '../../lib/fields.ts';
import { type Problem, problem } from '../../model/problem.ts';
import type { Resource } from '../../model/resource.ts';

/**
 * What the kinds of image archive have in common: the image configuration and how an image becomes a resource.
 * Source: https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export type ImageConfig = {
  readonly architecture: string | null;
  readonly os: string | null;
  readonly variant: string | null;
  readonly author: string | null;
  readonly created: string | null;
  readonly diffIds: readonly string[];
  /** What its labels say that it is built on; null when they do not. */
  readonly base: BaseImage | null;
};

/** The image that another one is built on, as that one tells it. At least its name or its digest is known. */
export type BaseImage = {
  readonly name: string | null;
  readonly digest: string | null;
  /** The diff id of its last layer, where that is told. */
  readonly lastLayer: string | null;
};

export const digestPattern = /^sha256:[0-9a-f]{64}$/;

export function readImageConfig(json: unknown): ImageConfig {
  const config = fields(json);
  return {
    architecture: textOf(config.architecture),
    os: textOf(config.os),
    variant: textOf(config.variant),
    author: textOf(config.author),
    created: textOf(config.created),
    diffIds: texts(fields(config.rootfs).diff_ids),
    base: readBaseImage(fields(fields(config.config).Labels)),
  };
}

const baseName = 'org.opencontainers.image.base.name';
const baseDigest = 'org.opencontainers.image.base.digest';

/** Largest label that is read as JSON, in characters. */
const labelLengthMax = 1024 ** 2;

/**
 * The base image that labels or annotations name, or null. What is no reference or digest counts as not said: it is
 * shown to people. Buildpacks tell the base's last layer in a label of theirs.
 * Source: https://github.com/opencontainers/image-spec/blob/main/annotations.md and
 * https://github.com/buildpacks/spec/blob/main/platform.md (io.buildpacks.lifecycle.metadata)
 */
export function readBaseImage(said: Readonly<Record<string, unknown>>): BaseImage | null {
  const run = runImage(textOf(said['io.buildpacks.lifecycle.metadata']));
  const name = shapedAs(referencePattern, textOf(said[baseName]) ?? run.name);
  const digest = shapedAs(digestPattern, textOf(said[baseDigest]));
  if (name === null && digest === null) return null;
  return { name, digest, lastLayer: shapedAs(digestPattern, run.topLayer) };
}

const referencePattern = /^[A-Za-z0-9][\w.:/@+-]{0,300}$/;

function shapedAs(pattern: RegExp, text: string | null): string | null {
  return text !== null && pattern.test(text) ? text : null;
}

function runImage(label: string | null): { readonly name: string | null; readonly topLayer: string | null } {
  if (label === null || label.length > labelLengthMax) return { name: null, topLayer: null };
  try {
    const run = fields(fields(JSON.parse(label)).runImage);
    return { name: textOf(run.image) ?? textOf(run.reference), topLayer: textOf(run.topLayer) };
  } catch {
    // Anyone may give a label that name; what is not of that form says nothing.
    return { name: null, topLayer: null };
  }
}

/** The base image that a resource's details tell, or null. */
export function baseImageOf({ details }: Pick<Resource, 'details'>): BaseImage | null {
  const said = fields(details.baseImage);
  const base = {
    name: textOf(said.name),
    digest: textOf(said.digest),
    lastLayer: textOf(said.lastLayer),
  };
  return base.name === null && base.digest === null ? null : base;
}

/** Problems of an image whose configuration and layers disagree; its layers are read all the same. */
export function checkLayerCount(where: string, config: ImageConfig, layerCount: number): readonly Problem[] {
  if (config.diffIds.length === layerCount) return [];
  const why = `its configuration names ${config.diffIds.length} layers and its manifest ${layerCount}`;
  return [problem('malformed', where, why)];
}

/** An image as a resource; repository and tag are what its reference says, else the place it lies in. */
export function imageResource(options: {
  readonly target: string;
  readonly location: string;
  readonly digest: string;
  readonly reference: string | null;
  readonly config: ImageConfig;
  /** What its manifest says that it is built on; the configuration's labels may be those of the base itself. */
  readonly base?: BaseImage | null;
}): Resource {
  const { repository, tag } = splitReference(options.reference ?? fallbackName(options.location));
  const { config, digest } = options;
  const base = options.base ?? config.base;
  return {
    type: 'AWS_ECR_CONTAINER_IMAGE',
    id: `repository/${repository}/${digest}`,
    name: tag ? `${repository}:${tag}` : `${repository}@${digest.slice(0, 19)}`,
    target: options.target,
    location: options.location,
    fingerprint: digest,
    tags: {},
    details: {
      repositoryName: repository,
      imageTags: tag ? [tag] : [],
      imageHash: digest,
      architecture: config.architecture,
      author: config.author,
      createdAt: config.created,
      platformOs: config.os,
      ...(base === null ? {} : { baseImage: base }),
    },
  };
}

/** `host/name:tag@digest` apart. A port's colon stands before a slash, a tag's does not. */
export function splitReference(reference: string): {
  readonly repository: string;
  readonly tag: string | null;
} {
  const plain = reference.split('@')[0] ?? reference;
  const colon = plain.lastIndexOf(':');
  if (colon < 0 || plain.indexOf('/', colon) >= 0) return { repository: plain, tag: null };
  return { repository: plain.slice(0, colon), tag: plain.slice(colon + 1) || null };
}

function fallbackName(location: string): string {
  const base = location.replace(/\/+$/, '').split('/').pop() ?? 'image';
  return (
    base
      .replace(/\.(tar|tgz|tar\.gz|oci|docker)$/g, '')
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-') || 'image'
  );
}

/** Descriptors of a manifest's layers and its configuration. */
export function readManifest(json: unknown): {
  readonly config: Descriptor | null;
  readonly layers: readonly Descriptor[];
  readonly base: BaseImage | null;
} {
  const manifest = fields(json);
  return {
    config: readDescriptor(manifest.config),
    layers: list(manifest.layers)
      .map(readDescriptor)
      .filter((layer) => layer !== null),
    base: readBaseImage(fields(manifest.annotations)),
  };
}

export type Descriptor = {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly platform: {
    readonly os: string;
    readonly architecture: string;
    readonly variant: string | null;
  } | null;
};

export function readDescriptor(json: unknown): Descriptor | null {
  const value = fields(json);
  const digest = textOf(value.digest);
  if (digest === null) return null;
  const platform = fields(value.platform);
  const os = textOf(platform.os);
  const architecture = textOf(platform.architecture);
  const annotations: Record<string, string> = {};
  for (const [key, text] of Object.entries(fields(value.annotations)))
    if (typeof text === 'string') annotations[key] = text;
  return {
    mediaType: textOf(value.mediaType) ?? '',
    digest,
    size: typeof value.size === 'number' ? value.size : 0,
    annotations,
    platform: os && architecture ? { os, architecture, variant: textOf(platform.variant) } : null,
  };
}
