import { open, stat } from 'node:fs/promises';
import type { Target } from '../contract.ts';
import { compressionOf, discoverArchive, openArchiveImage } from '../image-archive.ts';

/**
 * A file written by `docker save`, old or new form, or an OCI layout in a tar; plain or compressed.
 * Source: https://github.com/moby/docker-image-spec/blob/main/spec.md
 */
export const dockerArchive = {
  id: 'docker-archive',
  title: 'image archive file (docker save, or an OCI layout in a tar)',
  sources: [
    'https://github.com/moby/docker-image-spec/blob/main/spec.md',
    'https://github.com/opencontainers/image-spec/blob/main/image-layout.md',
  ],
  async recognises(location) {
    if (!(await stat(location).catch(() => null))?.isFile()) return false;
    if (await looksLikeTar(location)) return true;
    const isNamedSo = /\.(tar|tgz|tar\.gz|tar\.zst)$/.test(location);
    return isNamedSo && (await compressionOf(location)) !== 'none';
  },
  discover: (location) => discoverArchive(location),
  open: (resource, { scratchDirectory }) => openArchiveImage(resource, scratchDirectory),
  watchPaths: (location) => [location],
} satisfies Target;

async function looksLikeTar(location: string): Promise<boolean> {
  const file = await open(location, 'r');
  try {
    const head = Buffer.alloc(512);
    const { bytesRead } = await file.read(head, 0, 512, 0);
    return bytesRead === 512 && head.toString('latin1', 257, 262) === 'ustar';
  } finally {
    await file.close();
  }
}
