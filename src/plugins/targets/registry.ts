import { resolve } from 'node:path';
import { containerd } from './containerd/index.ts';
import type { Target } from './contract.ts';
import { dir } from './dir/index.ts';
import { diskImage } from './disk-image/index.ts';
import { docker } from './docker/index.ts';
import { dockerArchive } from './docker-archive/index.ts';
import { host } from './host/index.ts';
import { ociLayout } from './oci-layout/index.ts';
import { registry } from './registry/index.ts';
import { rootfs } from './rootfs/index.ts';
import { sbom } from './sbom/index.ts';
import { zip } from './zip/index.ts';

/** Every kind of target. A bare location is offered to them in this order: the most particular first. */
export const targets: readonly Target[] = [
  host,
  docker,
  containerd,
  ociLayout,
  sbom,
  zip,
  dockerArchive,
  diskImage,
  rootfs,
  dir,
  registry,
];

/** The target of an id, or null. */
export function target(id: string): Target | null {
  return targets.find((item) => item.id === id) ?? null;
}

/**
 * `oci-layout:DIR` or a bare path to target and location. Throws a sentence that lists what can be scanned when
 * nothing fits.
 */
export async function resolveTarget(
  reference: string,
): Promise<{ readonly target: Target; readonly location: string }> {
  const colon = reference.indexOf(':');
  const named = colon > 0 ? target(reference.slice(0, colon)) : null;
  if (named) return { target: named, location: reference.slice(colon + 1) || named.id };
  for (const item of targets)
    if (await item.recognises(reference)) return { target: item, location: reference };
  const kinds = targets.map((item) => (item.id === 'host' ? 'host' : `${item.id}:PLACE`)).join(', ');
  throw new Error(
    `cannot tell what '${reference}' is: no such file, or none of ${kinds}. Name the kind in front.`,
  );
}

/** A location as it is stored: paths absolute, anything else as it was said. */
export function storedLocation(item: Target, location: string): string {
  if (item.locationIsPath !== false) return resolve(location);
  return item.id === location || location === '' ? item.id : location;
}
