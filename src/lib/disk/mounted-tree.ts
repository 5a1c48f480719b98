import { resolveLink } from '../archive-path.ts';
import { DiskError } from './disk-error.ts';
import type { FileNode, FileSystem } from './file-system.ts';

/** A file or directory in a tree that is put together from several file systems. */
export type Place = { readonly system: FileSystem; readonly node: FileNode };

/** One root file system with others mounted in it. Paths are root-relative without `/` in front. */
export type MountedTree = {
  readonly root: FileSystem;
  /** Path of a mount point to what is mounted there. */
  readonly mounts: ReadonlyMap<string, FileSystem>;
  /** The root of the file system that is mounted at the path, or null where none is. */
  mountedAt(path: string): Promise<Place | null>;
  rootPlace(): Promise<Place>;
  /**
   * What a path leads to, links followed inside the root only; null where there is nothing. Throws `DiskError` for a
   * link that leads out of the root or in a circle.
   */
  find(path: string): Promise<Place | null>;
  /** Whether a name stands in its folder, a link too that leads nowhere. Throws as `find` does for the folder. */
  has(folder: string, name: string): Promise<boolean>;
  /** The path without links in it of the directory that a path leads to, or null where there is none. */
  directoryAt(path: string): Promise<string | null>;
};

const hopsMax = 40;
const partsMax = 1024;
const namesMax = 200_000;
// Larger directories are searched anew each time, so that no disk can fill the memory with names.
const keptBytesMax = 4 << 20;

/** Puts a tree together; `mounts` may be added to while it is used. */
export function mountedTree(root: FileSystem, mounts: ReadonlyMap<string, FileSystem>): MountedTree {
  const known = new Map<FileSystem, Map<number, ReadonlyMap<string, number>>>();
  let knownNames = 0;

  // Links often lead into the same few folders: their names are kept until there are many.
  async function inodeOf(place: Place, name: string): Promise<number | null> {
    if (place.node.sizeBytes > keptBytesMax) return search(place, name);
    return (await namesOf(place)).get(name) ?? null;
  }

  async function namesOf({ system, node }: Place): Promise<ReadonlyMap<string, number>> {
    if (knownNames > namesMax) {
      known.clear();
      knownNames = 0;
    }
    const kept = known.get(system) ?? new Map<number, ReadonlyMap<string, number>>();
    known.set(system, kept);
    const found = kept.get(node.inode);
    if (found) return found;
    const names = new Map<string, number>();
    await system.list(node, {
      entry(name, inode) {
        names.set(name, inode);
        return true;
      },
      fault() {
        // The walk reports what is wrong with a directory; here a name is simply not found.
      },
    });
    kept.set(node.inode, names);
    knownNames += names.size + 1;
    return names;
  }

  async function child(place: Place, name: string, path: string): Promise<Place | null> {
    const inode = await inodeOf(place, name);
    if (inode === null) return null;
    const mounted = mounts.get(path);
    if (mounted) return { system: mounted, node: await mounted.node(mounted.rootInode) };
    return { system: place.system, node: await place.system.node(inode) };
  }

  async function rootPlace(): Promise<Place> {
    return { system: root, node: await root.node(root.rootInode) };
  }

  async function follow(path: string): Promise<{ readonly place: Place; readonly path: string } | null> {
    let parts = path.split('/').filter(Boolean);
    let place = await rootPlace();
    let hops = 0;
    for (let index = 0; index < parts.length; index++) {
      if (place.node.kind !== 'directory') return null;
      const prefix = parts.slice(0, index + 1).join('/');
      const next = await child(place, parts[index] as string, prefix);
      if (!next) return null;
      place = next;
      if (next.node.kind !== 'symlink') continue;
      if (++hops > hopsMax) throw new DiskError('malformed', 'is a link that leads in a circle');
      const to = resolveLink(prefix, await next.system.linkTarget(next.node));
      if (to === null) throw new LinkEscape();
      parts = [...to.split('/').filter(Boolean), ...parts.slice(index + 1)];
      if (parts.length > partsMax) throw new DiskError('malformed', 'is a link that leads in a circle');
      place = await rootPlace();
      index = -1;
    }
    return { place, path: parts.join('/') };
  }

  return {
    root,
    mounts,
    rootPlace,
    async mountedAt(path) {
      const system = mounts.get(path);
      return system ? { system, node: await system.node(system.rootInode) } : null;
    },
    find: async (path) => (await follow(path))?.place ?? null,
    async has(folder, name) {
      const place = (await follow(folder))?.place;
      return place?.node.kind === 'directory' && (await inodeOf(place, name)) !== null;
    },
    async directoryAt(path) {
      const end = await follow(path);
      return end?.place.node.kind === 'directory' ? end.path : null;
    },
  };
}

/** The inode of a name in a directory, or null; parts that cannot be read have no names. */
async function search({ system, node }: Place, wanted: string): Promise<number | null> {
  let found: number | null = null;
  await system.list(node, {
    entry(name, inode) {
      if (name === wanted) found = inode;
      return found === null;
    },
    fault() {
      // The walk reports what is wrong with a directory; here a name is simply not found.
    },
  });
  return found;
}

/** What `find` throws for a link that leads out of the root. */
export class LinkEscape extends DiskError {
  constructor() {
    super('malformed', 'is a link out of the root and was not followed');
    this.name = 'LinkEscape';
  }
}
