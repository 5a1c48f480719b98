import { realpath, stat } from 'node:fs/promises';
import type { Target } from '../plugins/targets/contract.ts';
import { readTreeIdentity } from './kept-tree.ts';

/**
 * Targets whose content a few small reads identify: images name their layers by digest, a zip is known by what the file
 * system says of it, and a directory by what it says of everything that was looked at. Loaded one by one, for a report
 * that is kept needs nothing more.
 */
const identifiable: readonly (readonly [id: string, load: () => Promise<Target>])[] = [
  ['oci-layout', async () => (await import('../plugins/targets/oci-layout/index.ts')).ociLayout],
  ['zip', async () => (await import('../plugins/targets/zip/index.ts')).zip],
  ['docker-archive', async () => (await import('../plugins/targets/docker-archive/index.ts')).dockerArchive],
  ['rootfs', async () => (await import('../plugins/targets/rootfs/index.ts')).rootfs],
  ['dir', async () => (await import('../plugins/targets/dir/index.ts')).dir],
];

/**
 * What tells the content of a reference from every other, or null where only reading it does. `home` is where earlier
 * scans left what they know of trees.
 */
export async function contentIdentity(reference: string, home: string): Promise<string | null> {
  const colon = reference.indexOf(':');
  const prefix = colon > 0 ? reference.slice(0, colon) : '';
  for (const [id, load] of identifiable) {
    if (prefix === id) return identityOf(await load(), reference.slice(colon + 1), home);
    const isPath = colon < 0 || reference.startsWith('.') || reference.startsWith('/');
    if (!isPath) continue;
    const target = await load();
    if (await target.recognises(reference)) return identityOf(target, reference, home);
  }
  return null;
}

async function identityOf(target: Target, location: string, home: string): Promise<string | null> {
  try {
    // What is told of the modes of files rests on every file of a root file system, and not on those that were read.
    if (target.id === 'rootfs') return null;
    const path = await realpath(location);
    const file = await stat(path, { bigint: true });
    const place = `${target.id} ${location} ${path}`;
    if (target.id === 'zip')
      return file.isFile() ? `${place} ${file.size} ${file.mtimeNs} ${file.ctimeNs} ${file.ino}` : null;
    const { resources, problems } = await target.discover(location, { isFingerprintCompared: false });
    if (resources.length === 0 || problems.length > 0) return null;
    const tree = target.id === 'dir' ? readTreeIdentity(home, path) : '';
    return tree === null ? null : `${place} ${tree} ${JSON.stringify(resources)}`;
  } catch {
    // It cannot be read: the scan says so in its own words.
    return null;
  }
}
