import { type Problem, problem } from '../model/problem.ts';

/** Ids that name the same flaw, joined. Indexes are those of an `IdTable`. */
export type AliasClasses = {
  /** The index of the display id: the CVE when there is one, else the GHSA, else the first by name. */
  display(index: number): number;
  /** Every other index of the class of a display id, sorted by id. */
  aliases(display: number): readonly number[];
};

/** Ids by number, in the order of first mention. */
export type IdTable = {
  readonly ids: readonly string[];
  index(id: string): number;
};

export function idTable(): IdTable {
  const ids: string[] = [];
  const numbers = new Map<string, number>();
  return {
    ids,
    index(id) {
      const known = numbers.get(id);
      if (known !== undefined) return known;
      numbers.set(id, ids.length);
      ids.push(id);
      return ids.length - 1;
    },
  };
}

/** Conflicts that are told one by one. */
const conflictsTold = 50;

/**
 * Joins ids by their alias edges. Two CVEs are never joined: each is a flaw of its own, and an id that is said to
 * alias both stays with the first that can claim it. The outcome depends on the set of edges, not on their order.
 */
export function joinAliases(
  table: IdTable,
  edges: readonly (readonly [number, number])[],
): { readonly classes: AliasClasses; readonly problems: readonly Problem[]; readonly conflicts: number } {
  const { ids } = table;
  const parent = Int32Array.from({ length: ids.length }, (_unused, index) => index);
  // The CVE of each class, by its root; -1 when it has none.
  const cves = Int32Array.from({ length: ids.length }, (_unused, index) =>
    isCve(ids[index] ?? '') ? index : -1,
  );
  const problems: Problem[] = [];
  let conflicts = 0;
  for (const [left, right] of sortedEdges(edges, ids)) {
    const a = rootOf(parent, left);
    const b = rootOf(parent, right);
    if (a === b) continue;
    const cveA = cves[a] ?? -1;
    const cveB = cves[b] ?? -1;
    if (cveA >= 0 && cveB >= 0) {
      conflicts += 1;
      if (problems.length < conflictsTold) {
        const why = `would make ${ids[cveA]} and ${ids[cveB]} one flaw; kept apart`;
        problems.push(problem('malformed', `alias ${ids[left]} = ${ids[right]}`, why));
      }
      continue;
    }
    parent[b] = a;
    cves[a] = Math.max(cveA, cveB);
  }
  return { classes: classesOf(parent, ids), problems, conflicts };
}

function isCve(id: string): boolean {
  return /^CVE-\d{4}-\d{4,19}$/.test(id);
}

/** Edges that tie an id to a CVE come first, so that a chain of names never decides what a direct one says. */
function sortedEdges(
  edges: readonly (readonly [number, number])[],
  ids: readonly string[],
): readonly (readonly [number, number])[] {
  const named = edges.map(([a, b]) => {
    const [left = '', right = ''] = [ids[a] ?? '', ids[b] ?? ''].sort();
    const rank = isCve(left) || isCve(right) ? '0' : '1';
    return { edge: [a, b] as const, order: `${rank} ${left} ${right}` };
  });
  named.sort((x, y) => (x.order < y.order ? -1 : x.order > y.order ? 1 : 0));
  return named.map(({ edge }) => edge);
}

function rootOf(parent: Int32Array, index: number): number {
  let root = index;
  while (parent[root] !== root) root = parent[root] ?? root;
  for (let at = index; at !== root; ) {
    const next = parent[at] ?? root;
    parent[at] = root;
    at = next;
  }
  return root;
}

function classesOf(parent: Int32Array, ids: readonly string[]): AliasClasses {
  // Classes of one stay out of the tables: such an id is its own display id.
  const members = new Map<number, number[]>();
  for (let index = 0; index < ids.length; index += 1) {
    const root = rootOf(parent, index);
    if (root === index) continue;
    const held = members.get(root);
    if (held === undefined) members.set(root, [root, index]);
    else held.push(index);
  }
  const displays = Int32Array.from({ length: ids.length }, (_unused, index) => index);
  const aliases = new Map<number, readonly number[]>();
  for (const held of members.values()) {
    const sorted = held.toSorted((a, b) => compareIds(ids[a] ?? '', ids[b] ?? ''));
    const [display = 0, ...rest] = sorted;
    for (const index of sorted) displays[index] = display;
    aliases.set(display, rest);
  }
  return {
    display: (index) => displays[index] ?? index,
    aliases: (display) => aliases.get(display) ?? [],
  };
}

function compareIds(left: string, right: string): number {
  return rankOf(left) - rankOf(right) || (left < right ? -1 : left > right ? 1 : 0);
}

function rankOf(id: string): number {
  if (isCve(id)) return 0;
  return id.startsWith('GHSA-') ? 1 : 2;
}
