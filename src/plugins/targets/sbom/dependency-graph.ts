import type { Package, PackageScope } from '../../../model/package.ts';
import type { ProblemList } from './problem-list.ts';
import { isSystemType } from './system.ts';

/** Who needs whom, by the references of the document. */
export type DependencyGraph = {
  /** What the document is about; also what only holds packages together (a lock file, an application). */
  readonly roots: readonly string[];
  readonly edges: ReadonlyMap<string, readonly string[]>;
};

/** A package under the reference that dependencies call it by. `isTold`: it says itself who brought it. */
export type Referred = { readonly ref: string | null; readonly pkg: Package; readonly isTold: boolean };

const pathLengthMax = 32;

type Step = { readonly ref: string; readonly names: readonly string[] };

/**
 * Packages with what the graph tells of them: direct where the subject itself names them, else the shortest path of
 * names that leads to them. Nodes that are no packages are passed through. Packages of the system have no such
 * relation: nobody asked for them by name.
 */
export function withRelations(
  packages: readonly Referred[],
  graph: DependencyGraph,
  where: string,
  problems: ProblemList,
): readonly Package[] {
  const names = new Map<string, string>();
  for (const { ref, pkg } of packages) if (ref !== null && !names.has(ref)) names.set(ref, pkg.name);
  const paths = shortestPaths(graph, names, where, problems);
  return packages.map(({ ref, pkg, isTold }) => {
    const path = ref === null || isTold || isSystemType(pkg.ecosystem) ? undefined : paths.get(ref);
    if (path === undefined) return pkg;
    return { ...pkg, relation: path.length === 0 ? 'direct' : 'transitive', introducedBy: path };
  });
}

// Breadth first, so that the first path to a node is a shortest one. A path that is cut is no path.
function shortestPaths(
  { roots, edges }: DependencyGraph,
  names: ReadonlyMap<string, string>,
  where: string,
  problems: ProblemList,
): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, readonly string[]>();
  const seen = new Set(roots);
  const pending: Step[] = [...seen].map((ref) => ({ ref, names: [] }));
  let isCut = false;
  for (const { ref, names: above } of pending) {
    for (const next of edges.get(ref) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      const name = names.get(next);
      if (name !== undefined) paths.set(next, above);
      const below = name === undefined ? above : [...above, name];
      if (below.length <= pathLengthMax) pending.push({ ref: next, names: below });
      else isCut = true;
    }
  }
  if (isCut) {
    const why = `has dependency paths longer than ${pathLengthMax}; what lies behind is listed without its path`;
    problems.add('limit', where, why, 'dependencyPathLengthMax');
  }
  return paths;
}

/** A scope for each reference, from every edge that leads to it: what is needed at run time anywhere is so. */
export function widestScope(
  one: PackageScope | null | undefined,
  two: PackageScope | null,
): PackageScope | null {
  if (one === undefined || one === two) return two;
  if (one === 'runtime' || two === 'runtime') return 'runtime';
  return one === null || two === null ? null : one;
}
