import { isDevice, type Named } from './device-name.ts';
import { DiskError, type DiskFault, insist } from './disk-error.ts';
import type { FileSystem } from './file-system.ts';
import { type Mount, parseFstab } from './fstab.ts';
import { type MountedTree, mountedTree } from './mounted-tree.ts';
import type { Opened, OpenedVolume } from './open.ts';
import type { Volume } from './volumes.ts';

export type Assembly = { readonly tree: MountedTree | null; readonly faults: readonly DiskFault[] };

// Where a root file system tells what it is. The first two say it best.
const releases = ['etc/os-release', 'usr/lib/os-release'];
const marks = [
  'etc/fstab',
  'var/lib/dpkg/status',
  'lib/apk/db/installed',
  'usr/lib/sysimage/rpm',
  'var/lib/rpm',
];
const fstabBytesMax = 1 << 20;
const mountsMax = 1000;

/**
 * Puts the file systems of one machine together: the root, and the others where its fstab mounts them. Everything
 * that is not part of the tree is a fault that names it. Never rejects for bad bytes.
 */
export async function assemble({ systems, others }: Opened): Promise<Assembly> {
  const faults: DiskFault[] = [];
  const roots = await rootsAmong(systems);
  const root = roots[0] ?? largest(systems);
  if (!root) return { tree: null, faults: others.map((volume) => leftOut(volume, null)) };
  if (roots.length === 0) {
    const why = 'has no root file system; the one with the most files was read as a plain tree';
    faults.push({ kind: 'not-read', where: root.volume.name, why });
  }
  const mounted = await mountAll(root, { systems, others }, faults);
  for (const volume of others) faults.push(leftOut(volume, mounted.unreadable.get(volume) ?? null));
  for (const { volume, system } of systems) {
    if (mounted.used.has(volume)) continue;
    const isRoot = roots.some((other) => other.volume === volume);
    faults.push(unused(volume, system, isRoot));
  }
  return { tree: mounted.tree, faults };
}

type Mounted = {
  readonly tree: MountedTree;
  readonly used: ReadonlySet<Volume>;
  /** What cannot be read, and where it would be mounted. */
  readonly unreadable: ReadonlyMap<Volume, string>;
};

// Outer mount points first, so that those within are found on what is mounted there.
async function mountAll(
  root: OpenedVolume,
  { systems, others }: Pick<Opened, 'systems' | 'others'>,
  faults: DiskFault[],
): Promise<Mounted> {
  const places = new Map<string, FileSystem>();
  const tree = mountedTree(root.system, places);
  const used = new Set<Volume>([root.volume]);
  const unreadable = new Map<Volume, string>();
  const mounts = await mountsOf(tree, root.volume.name, faults);
  for (const mount of mounts.sort((a, b) => depthOf(a) - depthOf(b))) {
    const one = systems.find((system) => isDevice(mount.device, namedOf(system)));
    const other = others.find((volume) =>
      isDevice(mount.device, { volume, uuid: volume.content.uuid, label: null }),
    );
    if (one?.volume === root.volume || mount.path === '') continue;
    if (one) {
      const path = await mountPoint(tree, mount.path);
      if (path === null || path === '' || places.has(path)) faults.push(noPlace(mount, one.volume));
      else places.set(path, one.system);
      used.add(one.volume);
    } else if (other) unreadable.set(other, mount.path);
    else faults.push(missing(mount));
  }
  return { tree, used, unreadable };
}

function depthOf({ path }: Mount): number {
  return path.split('/').length;
}

async function mountPoint(tree: MountedTree, path: string): Promise<string | null> {
  try {
    return await tree.directoryAt(path);
  } catch (error) {
    if (error instanceof DiskError) return null;
    throw error;
  }
}

async function rootsAmong(systems: readonly OpenedVolume[]): Promise<OpenedVolume[]> {
  const sure: OpenedVolume[] = [];
  const likely: OpenedVolume[] = [];
  for (const one of systems) {
    if (await hasAny(one.system, releases)) sure.push(one);
    else if (await hasAny(one.system, marks)) likely.push(one);
  }
  return [...sure, ...likely];
}

async function hasAny(system: FileSystem, paths: readonly string[]): Promise<boolean> {
  const tree = mountedTree(system, new Map());
  for (const path of paths) if (await isThere(tree, path)) return true;
  return false;
}

// A link counts where it stands: what it leads to may lie on another file system.
async function isThere(tree: MountedTree, path: string): Promise<boolean> {
  const slash = path.lastIndexOf('/');
  try {
    return await tree.has(path.slice(0, slash), path.slice(slash + 1));
  } catch (error) {
    if (error instanceof DiskError) return false;
    throw error;
  }
}

function largest(systems: readonly OpenedVolume[]): OpenedVolume | null {
  let best: OpenedVolume | null = null;
  for (const one of systems) if (!best || one.system.inodeCount > best.system.inodeCount) best = one;
  return best;
}

async function mountsOf(tree: MountedTree, name: string, faults: DiskFault[]): Promise<Mount[]> {
  try {
    const place = await tree.find('etc/fstab');
    if (place?.node.kind !== 'file') return [];
    const size = place.node.sizeBytes;
    insist(size <= fstabBytesMax, `has ${size} bytes, and at most ${fstabBytesMax} are read`);
    const mounts = parseFstab(Buffer.from(await place.system.read(place.node, 0, size)).toString('utf8'));
    insist(mounts.length <= mountsMax, `has ${mounts.length} mounts, and at most ${mountsMax} are followed`);
    return mounts;
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    faults.push({ kind: error.kind, where: `${name}, etc/fstab`, why: error.message });
    return [];
  }
}

function namedOf({ volume, system }: OpenedVolume): Named {
  return { volume, uuid: system.uuid, label: system.label };
}

function noPlace({ path }: Mount, { name }: Volume): DiskFault {
  return {
    kind: 'not-read',
    where: name,
    why: `belongs at /${path}, which is no directory or taken already, and was not read`,
  };
}

function missing({ device, path }: Mount): DiskFault {
  const why = `is mounted from ${device}, which is not a file system of this image that can be read`;
  return { kind: 'not-read', where: path, why };
}

function leftOut({ name, content }: Volume, path: string | null): DiskFault {
  const at = path === null ? '' : `, mounted at /${path},`;
  // Swap space and what firmware starts from are named too, and cost no answer.
  const isStrange = content.kind === 'container' || content.kind === 'other' || content.kind === 'lvm';
  return {
    kind: isStrange ? 'unsupported' : 'not-read',
    where: name,
    why: `holds ${content.title}${at} and was not read`,
  };
}

function unused({ name }: Volume, system: FileSystem, isRoot: boolean): DiskFault {
  const label = system.label ? ` '${system.label}'` : '';
  const why = isRoot
    ? `holds another root file system${label}, which was not read: only the first is`
    : `holds an ${system.format} file system${label} that no line of etc/fstab mounts, and was not read`;
  return { kind: 'not-read', where: name, why };
}
