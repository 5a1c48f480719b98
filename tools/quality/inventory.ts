import type { Intelligence } from '../../src/intel/contract.ts';
import type { Inventory, InventoryFacts } from '../../src/model/inventory.ts';
import type { OsRelease } from '../../src/model/os-release.ts';
import type { Package } from '../../src/model/package.ts';
import { formatPurl } from '../../src/model/purl.ts';
import { judge } from '../../src/pipeline/match/match.ts';
import { prepare } from '../../src/pipeline/match/subject.ts';
import type { Finding } from './case.ts';

/** A package out of somebody else's list, with nothing but what is given. */
export function packageFrom(
  given: Pick<Package, 'ecosystem' | 'name' | 'version'> & Partial<Package>,
): Package {
  const { ecosystem, name, version } = given;
  return {
    purl: formatPurl({ type: ecosystem, namespace: null, name, version, qualifiers: {}, subpath: null }),
    arch: null,
    source: null,
    evidence: [],
    scope: null,
    relation: null,
    introducedBy: [],
    owner: null,
    licences: [],
    attributes: {},
    ...given,
  };
}

export function osOf(id: string, versionId: string | null): OsRelease {
  return { id, idLike: [], versionId, codename: null, prettyName: null };
}

/** A host of which nothing is known but its packages, so that kernels are judged too. */
export const plainHost: InventoryFacts = { isContainer: false, runningKernel: null, layers: [] };

/** An inventory made of packages alone. */
export function inventoryOf(os: OsRelease | null, packages: readonly Package[]): Inventory {
  return { os, packages, problems: [], facts: plainHost };
}

/** What we report on an inventory: every affected verdict of every package that is judged. */
export function findingsOf(inventory: Inventory, intelligence: Intelligence): readonly Finding[] {
  const findings: Finding[] = [];
  for (const pkg of inventory.packages) {
    const prepared = prepare(pkg, inventory.os, inventory.facts);
    if (prepared.kind === 'set-aside') continue;
    for (const { result, vulnerability, fixedVersion } of judge(prepared.subject, intelligence)) {
      if (result !== 'affected') continue;
      findings.push({ package: pkg.name, installed: pkg.version, vulnerability, fixed: fixedVersion });
    }
  }
  return findings;
}
