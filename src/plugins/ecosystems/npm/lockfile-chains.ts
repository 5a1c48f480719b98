import { type JsonObject, objectOf, stringOf } from '../json-with-lines.ts';

/** How each folder of a lock file came in. */
export type Chains = {
  relationOf(folder: string): 'direct' | 'transitive' | null;
  /** `name@version` from the direct dependency down to the parent; empty for direct ones and where it is not known. */
  chainOf(folder: string): readonly string[];
};

const chainLengthMax = 64;
// Folders above one that are searched; npm itself nests a handful.
const levelsMax = 64;
const folderLengthMax = 4096;

/**
 * Walks the tree as Node resolves modules: a dependency is looked for in the folder of its dependent and then in
 * each folder above. Breadth first, so that the chain of a package is a shortest one.
 * Source: https://nodejs.org/api/modules.html#loading-from-node_modules-folders
 */
export function lockfileChains(folders: JsonObject): Chains {
  const parents = new Map<string, string>();
  const direct = new Set<string>();
  const queue: string[] = [];
  const reach = (folder: string, parent: string | null) => {
    if (parents.has(folder)) return;
    parents.set(folder, parent ?? '');
    queue.push(folder);
  };
  for (const root of Object.keys(folders).filter((folder) => !folder.includes('node_modules/'))) {
    for (const folder of dependenciesOf(folders, root)) {
      if (objectOf(folders[folder])?.link === true) continue;
      direct.add(folder);
      reach(folder, null);
    }
  }
  for (let i = 0; i < queue.length; i++) {
    const folder = queue[i] ?? '';
    for (const next of dependenciesOf(folders, folder)) reach(next, folder);
  }
  return {
    relationOf: (folder) => (direct.has(folder) ? 'direct' : parents.has(folder) ? 'transitive' : null),
    chainOf: (folder) => (direct.has(folder) ? [] : chainOf(folders, parents, folder)),
  };
}

function chainOf(
  folders: JsonObject,
  parents: ReadonlyMap<string, string>,
  folder: string,
): readonly string[] {
  const chain: string[] = [];
  for (let at = parents.get(folder); at && chain.length < chainLengthMax; at = parents.get(at)) {
    const entry = objectOf(folders[at]);
    const name = stringOf(entry?.name) ?? at.slice(at.lastIndexOf('node_modules/') + 'node_modules/'.length);
    chain.unshift(`${name}@${stringOf(entry?.version) ?? ''}`);
  }
  return chain;
}

const fields = ['dependencies', 'optionalDependencies', 'devDependencies', 'peerDependencies'];

// The folders that the dependencies of a folder resolve to. Development ones are only installed for the project.
function dependenciesOf(folders: JsonObject, folder: string): readonly string[] {
  const entry = objectOf(folders[folder]);
  const found: string[] = [];
  for (const field of fields) {
    for (const name of Object.keys(objectOf(entry?.[field]) ?? {})) {
      const resolved = resolve(folders, folder, name);
      if (resolved !== null) found.push(resolved);
    }
  }
  return found;
}

function resolve(folders: JsonObject, from: string, name: string): string | null {
  let base = from;
  if (from.length > folderLengthMax) return null;
  for (let level = 0; level < levelsMax; level++) {
    const candidate = base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`;
    if (Object.hasOwn(folders, candidate)) return candidate;
    if (base === '') return null;
    const marker = base.lastIndexOf('/node_modules/');
    base = marker < 0 ? '' : base.slice(0, marker);
  }
  return null;
}
