import { realpath, stat } from 'node:fs/promises';
import type { Target } from '../plugins/targets/contract.ts';

/**
 * Targets whose content a few small reads identify: images name their layers by digest, and a zip is known by what the
 * file system says of it. Loaded one by one, for a report that is kept needs nothing more.
 */
const identifiable: readonly (readonly [id: string, load: () => Promise<Target>])[] = [
  ['oci-layout', async () => (await import('../plugins/targets/oci-layout/index.ts')).ociLayout],
  ['zip', async () => (await import('../plugins/targets/zip/index.ts')).zip],
  ['docker-archive', async () => (await import('../plugins/targets/docker-archive/index.ts')).dockerArchive],
];

/** What tells the content of a reference from every other, or null where only reading it does. */
export async function contentIdentity(reference: string): Promise<string | null> {
  const colon = reference.indexOf(':');
  const prefix = colon > 0 ? reference.slice(0, colon) : '';
  for (const [id, load] of identifiable) {
    if (prefix === id) return identityOf(await load(), reference.slice(colon + 1));
    const isPath = colon < 0 || reference.startsWith('.') || reference.startsWith('/');
    if (!isPath) continue;
    const target = await load();
    if (await target.recognises(reference)) return identityOf(target, reference);
  }
  return null;
}

async function identityOf(target: Target, location: string): Promise<string | null> {
  try {
    const path = await realpath(location);
    const file = await stat(path, { bigint: true });
    const place = `${target.id} ${location} ${path}`;
    if (target.id === 'zip')
      return file.isFile() ? `${place} ${file.size} ${file.mtimeNs} ${file.ctimeNs} ${file.ino}` : null;
    const { resources, problems } = await target.discover(location);
    return resources.length === 0 || problems.length > 0 ? null : `${place} ${JSON.stringify(resources)}`;
  } catch {
    // It cannot be read: the scan says so in its own words.
    return null;
  }
}
