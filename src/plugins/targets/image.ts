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
  };
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
}): Resource {
  const { repository, tag } = splitReference(options.reference ?? fallbackName(options.location));
  const { config, digest } = options;
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
} {
  const manifest = fields(json);
  return {
    config: readDescriptor(manifest.config),
    layers: list(manifest.layers)
      .map(readDescriptor)
      .filter((layer) => layer !== null),
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
