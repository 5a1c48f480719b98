/**
 * A set of paths as 64-bit hashes: eight bytes for each, for questions about few of them. Two paths with one hash are
 * less likely than a fault of the memory that holds them.
 */
export type PathSet = {
  /** As bytes, which are the same after they were kept: stores know no array of larger numbers. */
  readonly hashes: Uint8Array;
  /** False where there were more paths than are remembered. */
  readonly isWhole: boolean;
};

export type PathSetMaker = { add(path: string): void; finish(): PathSet };

const pathsMax = 2_000_000;

/** Hot: runs on every path of a layer. */
export function createPathSet(): PathSetMaker {
  let hashes = new Uint32Array(2048);
  let used = 0;
  let isWhole = true;
  return {
    add(path) {
      if (used >= pathsMax * 2) {
        isWhole = false;
        return;
      }
      if (used === hashes.length) {
        const larger = new Uint32Array(hashes.length * 2);
        larger.set(hashes);
        hashes = larger;
      }
      writeHash(path, hashes, used);
      used += 2;
    },
    finish: () => ({ hashes: new Uint8Array(hashes.slice(0, used).buffer), isWhole }),
  };
}

/** Which of the paths are in the set. */
export function pathsIn(set: PathSet, paths: Iterable<string>): ReadonlySet<string> {
  const wanted = new Map<number, { readonly second: number; readonly path: string }[]>();
  const pair = new Uint32Array(2);
  for (const path of paths) {
    writeHash(path, pair, 0);
    const first = pair[0] as number;
    wanted.set(first, [...(wanted.get(first) ?? []), { second: pair[1] as number, path }]);
  }
  const found = new Set<string>();
  if (wanted.size === 0) return found;
  // A copy: what was kept may start anywhere in its memory.
  const hashes = new Uint32Array(new Uint8Array(set.hashes).buffer);
  for (let at = 0; at < hashes.length; at += 2) {
    for (const { second, path } of wanted.get(hashes[at] as number) ?? [])
      if (second === hashes[at + 1]) found.add(path);
  }
  return found;
}

// Two runs of FNV-1a with a mixing of the other one's state, over UTF-16 units.
function writeHash(path: string, into: Uint32Array, at: number): void {
  let one = 0x811c9dc5;
  let two = 0x9747b28c;
  for (let index = 0; index < path.length; index++) {
    const unit = path.charCodeAt(index);
    one = Math.imul(one ^ unit, 0x01000193);
    two = Math.imul(two ^ unit ^ (one >>> 15), 0x5bd1e995);
  }
  into[at] = one;
  into[at + 1] = two;
}
