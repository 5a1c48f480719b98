import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonFile } from '../../../lib/json-file.ts';
import type { Target } from '../contract.ts';
import { digestPattern } from '../image.ts';
import { discoverLayout, type LayoutStore, openLayoutImage } from '../image-layout.ts';

const jsonBytesMax = 8 * 2 ** 20;

/** A directory in the OCI image layout. Every image manifest that the index leads to is a resource. */
export const ociLayout = {
  id: 'oci-layout',
  title: 'OCI image layout directory',
  sources: ['https://github.com/opencontainers/image-spec/blob/main/image-layout.md'],
  async recognises(location) {
    return (await stat(join(location, 'oci-layout')).catch(() => null))?.isFile() ?? false;
  },
  discover: (location) => discoverLayout(directoryStore(location)),
  open: (resource) => openLayoutImage(directoryStore(resource.location), resource.fingerprint),
  watchPaths: (location) => [join(location, 'index.json')],
} satisfies Target;

function directoryStore(location: string): LayoutStore {
  return {
    target: 'oci-layout',
    location,
    exists: () =>
      stat(location).then(
        () => true,
        () => false,
      ),
    readIndex: () => readJsonFile(join(location, 'index.json'), jsonBytesMax),
    readJson: async (digest) => readJsonFile(blobPath(location, digest), jsonBytesMax),
    async blob(digest) {
      const path = blobPath(location, digest);
      return { path, offsetBytes: 0, sizeBytes: (await stat(path)).size };
    },
  };
}

function blobPath(location: string, digest: string): string {
  // The digest becomes a path: only the one form is let through.
  if (!digestPattern.test(digest)) throw new Error(`'${digest.slice(0, 100)}' is not a sha256 digest`);
  return join(location, 'blobs', 'sha256', digest.slice(7));
}
