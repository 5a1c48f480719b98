import type { Package } from '../../model/package.ts';
import { parsePurl } from '../../model/purl.ts';
import type { VexIdentity } from '../../plugins/vex/contract.ts';

// A rough key, type and last name, under which documents and inventories meet before they are compared exactly.

/** The keys of everything that an identity may mean. */
export function purlNames({ purls }: VexIdentity): readonly string[] {
  return purls.map(({ type, name }) => `${type}/${name}`);
}

/** The keys of a package: its own, and that of the source that it was built from. */
export function packageNames(pkg: Package): ReadonlySet<string> {
  const own = parsePurl(pkg.purl);
  const type = own?.type ?? pkg.ecosystem;
  const names = [own?.name ?? pkg.name, ...(pkg.source === null ? [] : [pkg.source.name])];
  return new Set(names.map((name) => `${type}/${name}`));
}

const kept = new WeakMap<readonly Package[], ReadonlyMap<string, readonly Package[]>>();

/** The packages of an inventory by key; made once for each list. */
export function packagesByName(packages: readonly Package[]): ReadonlyMap<string, readonly Package[]> {
  const known = kept.get(packages);
  if (known !== undefined) return known;
  const byName = new Map<string, Package[]>();
  for (const pkg of packages) {
    for (const name of packageNames(pkg)) {
      const held = byName.get(name);
      if (held) held.push(pkg);
      else byName.set(name, [pkg]);
    }
  }
  kept.set(packages, byName);
  return byName;
}
