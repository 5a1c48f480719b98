import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../contract.ts';
import { openClient } from './client.ts';
import { openDocuments } from './documents.ts';
import { discoverImages } from './images.ts';
import { openImage } from './layers.ts';
import { type ImageReference, looksLikeReference, parseReference } from './reference.ts';
import type { Surroundings } from './transport.ts';

/** Images in a registry: `HOST/NAME[:TAG][@DIGEST][?platform=OS/ARCH]`, every platform of it unless one is named. */
export const registry = registryTarget({
  env: process.env,
  sleep: (milliseconds) => sleep(milliseconds),
});

/** The target in surroundings of the caller's choice. */
export function registryTarget(surroundings: Surroundings) {
  const documents = openDocuments();
  const clientOf = (reference: ImageReference) => openClient(reference, surroundings, documents);

  return {
    id: 'registry',
    title: 'image in a container registry',
    locationIsPath: false,
    sources: [
      'https://github.com/opencontainers/distribution-spec/blob/main/spec.md',
      'https://github.com/opencontainers/image-spec/blob/main/manifest.md',
      'https://distribution.github.io/distribution/spec/auth/token/',
    ],
    /** By its form alone: nobody is asked, and what exists as a path is never a reference. */
    async recognises(location) {
      if (!looksLikeReference(location)) return false;
      return (await stat(location).catch(() => null)) === null;
    },
    async discover(location) {
      const reference = parseReference(location);
      if ('kind' in reference) return { resources: [], problems: [reference] };
      return discoverImages(clientOf(reference), reference, location);
    },
    async open(resource, options) {
      const reference = parseReference(resource.location);
      if ('kind' in reference) throw new Error(`${reference.where} ${reference.why}`);
      return openImage(clientOf(reference), resource.fingerprint, options, surroundings);
    },
    /** None: no file changes when a tag moves. Who watches asks `discover` again, which costs one request for a tag that did not move. */
    watchPaths: () => [],
  } satisfies Target;
}
