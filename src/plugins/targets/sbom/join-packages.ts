import type { Evidence, Package } from '../../../model/package.ts';
import { widestScope } from './dependency-graph.ts';

/**
 * One package for each purl and owner, as an inventory has them, with every place that any of its components names.
 * Sorted by purl, then by first place.
 */
export function joinPackages(packages: readonly Package[]): readonly Package[] {
  const joined = new Map<string, Package[]>();
  for (const pkg of packages) {
    const key = `${pkg.purl} ${pkg.owner ?? ''}`;
    const known = joined.get(key);
    if (known) known.push(pkg);
    else joined.set(key, [pkg]);
  }
  return [...joined.values()]
    .map((same) => joinSame(same))
    .sort((a, b) => order(a.purl, b.purl) || order(a.evidence[0]?.path ?? '', b.evidence[0]?.path ?? ''));
}

function joinSame(same: readonly Package[]): Package {
  const [first, ...others] = same as [Package, ...Package[]];
  if (others.length === 0) return first;
  const longest = <T>(pick: (pkg: Package) => readonly T[]): readonly T[] =>
    pick(same.find((pkg) => pick(pkg).length > 0) ?? first);
  return {
    ...first,
    source: same.find(({ source }) => source !== null)?.source ?? null,
    evidence: distinctEvidence(same.flatMap(({ evidence }) => evidence)),
    scope: others.reduce((scope, pkg) => widestScope(scope, pkg.scope), first.scope),
    relation: same.some(({ relation }) => relation === 'direct')
      ? 'direct'
      : (same.find(({ relation }) => relation !== null)?.relation ?? null),
    introducedBy: same.some(({ relation }) => relation === 'direct')
      ? []
      : longest((pkg) => pkg.introducedBy),
    licences: longest((pkg) => pkg.licences),
    attributes: firstOfEach(same.map(({ attributes }) => attributes)),
  };
}

function firstOfEach(all: readonly Package['attributes'][]): Package['attributes'] {
  const first = new Map<string, string>();
  for (const attributes of all) {
    for (const [name, value] of Object.entries(attributes)) if (!first.has(name)) first.set(name, value);
  }
  return Object.fromEntries(first);
}

function distinctEvidence(evidence: readonly Evidence[]): readonly Evidence[] {
  const byPlace = new Map(evidence.map((item) => [`${item.path}\0${item.layer}\0${item.line}`, item]));
  return [...byPlace.values()].sort((a, b) => order(a.path, b.path) || (a.line ?? 0) - (b.line ?? 0));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
