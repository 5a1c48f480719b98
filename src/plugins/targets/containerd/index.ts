import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Target } from '../contract.ts';
import { openLayoutImage } from '../image-layout.ts';
import { discoverStore } from './images.ts';
import { contentStore, databasePath } from './store.ts';

const usualRoot = '/var/lib/containerd';

/**
 * Images in containerd's store on disk, of every namespace, without asking the daemon: `containerd:` for the usual
 * place, `containerd:ROOT` for another. Only root may read the usual place.
 */
export const containerd = {
  id: 'containerd',
  title: "images in containerd's store",
  // The usual place has no path in front.
  locationIsPath: false,
  sources: [
    'https://github.com/containerd/containerd/blob/main/docs/content-flow.md',
    'https://github.com/containerd/containerd/blob/main/core/metadata/buckets.go',
    'https://github.com/etcd-io/bbolt',
  ],
  async recognises(location) {
    return (await stat(databasePath(location)).catch(() => null))?.isFile() ?? false;
  },
  discover: (location) => discoverStore(contentStore(rootOf(location))),
  open: (resource) => openLayoutImage(contentStore(rootOf(resource.location)), resource.fingerprint),
  watchPaths: (location) => [databasePath(rootOf(location))],
} satisfies Target;

function rootOf(location: string): string {
  return location === 'containerd' || location === '' ? usualRoot : resolve(location);
}
