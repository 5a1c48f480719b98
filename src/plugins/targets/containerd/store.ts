import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonFile } from '../../../lib/json-file.ts';
import { digestPattern } from '../image.ts';
import type { LayoutStore } from '../image-layout.ts';
import { readNames } from './names.ts';

const jsonBytesMax = 8 * 2 ** 20;
export const nameAnnotation = 'io.containerd.image.name';

/** The database with the names of images, below the root of containerd. */
export function databasePath(root: string): string {
  return join(root, 'io.containerd.metadata.v1.bolt', 'meta.db');
}

/**
 * containerd's store as an image layout whose index is its database of names.
 * Source: https://github.com/containerd/containerd/blob/main/docs/content-flow.md
 */
export function contentStore(root: string): LayoutStore {
  const pathOf = (digest: string): string => {
    // The digest becomes a path: only the one form is let through.
    if (!digestPattern.test(digest)) throw new Error(`'${digest.slice(0, 100)}' is not a sha256 digest`);
    return join(root, 'io.containerd.content.v1.content', 'blobs', 'sha256', digest.slice('sha256:'.length));
  };
  return {
    target: 'containerd',
    location: root,
    exists: () =>
      stat(root).then(
        () => true,
        () => false,
      ),
    async readIndex() {
      const { names } = await readNames(databasePath(root));
      return {
        schemaVersion: 2,
        manifests: names.map(({ name, digest, mediaType, sizeBytes }) => ({
          mediaType,
          digest,
          size: sizeBytes,
          annotations: { [nameAnnotation]: name },
        })),
      };
    },
    readJson: async (digest) => readJsonFile(pathOf(digest), jsonBytesMax),
    async blob(digest) {
      const path = pathOf(digest);
      return { path, offsetBytes: 0, sizeBytes: (await stat(path)).size };
    },
  };
}
