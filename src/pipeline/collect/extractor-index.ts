import type { Extractor } from '../../plugins/ecosystems/contract.ts';

/** Extractors by the paths that they want. */
export type ExtractorIndex = {
  /** Those that want a path, in the order that they were given in. */
  of(path: string): readonly Extractor[];
};

const none: readonly Extractor[] = [];

/**
 * Sorts extractors by the names and endings that they give, so that a path is asked of the few that may want it.
 *
 * Hot: runs on every path of every layer and tree. A path that nobody wants costs two lookups and no memory.
 */
export function indexExtractors(extractors: readonly Extractor[]): ExtractorIndex {
  const order = new Map(extractors.map((extractor, at) => [extractor, at]));
  const byName = new Map<string, Extractor[]>();
  const byEnding = new Map<string, Extractor[]>();
  const unsorted: Extractor[] = [];
  for (const extractor of extractors) {
    const { names, endings } = extractor;
    for (const name of names ?? []) add(byName, name, extractor);
    for (const ending of new Set((endings ?? []).map(lastEnding))) add(byEnding, ending, extractor);
    if (!names && !endings) unsorted.push(extractor);
  }

  return {
    of(path) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      const named = byName.get(name);
      const ended = byEnding.get(lastEnding(name));
      let found: Extractor[] | null = null;
      if (named) found = take(named, path, found);
      if (ended) found = take(ended, path, found);
      found = take(unsorted, path, found);
      if (found === null) return none;
      return found.length === 1 ? found : found.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
    },
  };
}

function take(candidates: readonly Extractor[], path: string, found: Extractor[] | null): Extractor[] | null {
  let all = found;
  for (const extractor of candidates) {
    if (all?.includes(extractor) || !extractor.wants(path)) continue;
    if (all === null) all = [extractor];
    else all.push(extractor);
  }
  return all;
}

function add(map: Map<string, Extractor[]>, key: string, extractor: Extractor): void {
  const list = map.get(key);
  if (list) list.push(extractor);
  else map.set(key, [extractor]);
}

// From the last point on, with it; empty without one.
function lastEnding(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}
