import type { Package } from '../../model/package.ts';

/** Who needs whom, as far as the packages themselves tell. */
export type DependencyEdges = {
  /** What the subject asks for itself. */
  readonly direct: readonly Package[];
  /** Parent to the packages that it brings. */
  readonly children: ReadonlyMap<Package, readonly Package[]>;
};

/**
 * The dependency graph of an inventory. A package knows the names on the path that brought it; the edge is only drawn
 * where that path leads to one package, since two versions of a parent may stand side by side. Pure.
 */
export function dependencyEdges(packages: readonly Package[]): DependencyEdges {
  const byPath = new Map<string, Package[]>();
  for (const pkg of packages) {
    if (pkg.relation === null) continue;
    const key = pathKey(pkg.ecosystem, [...pkg.introducedBy, pkg.name]);
    const known = byPath.get(key);
    if (known) known.push(pkg);
    else byPath.set(key, [pkg]);
  }
  const children = new Map<Package, Package[]>();
  for (const pkg of packages) {
    if (pkg.relation !== 'transitive' || pkg.introducedBy.length === 0) continue;
    const parents = byPath.get(pathKey(pkg.ecosystem, pkg.introducedBy)) ?? [];
    const parent = parents.length === 1 ? parents[0] : undefined;
    if (parent === undefined || parent === pkg) continue;
    const known = children.get(parent);
    if (known) known.push(pkg);
    else children.set(parent, [pkg]);
  }
  return { direct: packages.filter(({ relation }) => relation === 'direct'), children };
}

function pathKey(ecosystem: string, names: readonly string[]): string {
  return JSON.stringify([ecosystem, ...names]);
}
