import type { PackageKey, Statement } from '../model/advisory.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import type { IntelligenceRevision } from './open.ts';

/** Most names that a search by the beginning of a package name gives, for each stream. */
export const namesPerStreamMax = 50;

/** What a revision knows of one vulnerability: its facts, and what is said of each package. */
export type VulnerabilityHit = {
  readonly vulnerability: Vulnerability;
  readonly packages: readonly { readonly key: PackageKey; readonly statements: readonly Statement[] }[];
};

/** Looks a vulnerability up by any of its ids (case of the letters does not matter); null when no source knows it. */
export function searchVulnerability(intelligence: IntelligenceRevision, id: string): VulnerabilityHit | null {
  const found = [id, id.toUpperCase(), ghsaCase(id)].map((name) => intelligence.vulnerability(name));
  const vulnerability = found.find((entry) => entry !== null) ?? null;
  if (vulnerability === null) return null;
  const packages = intelligence.keysOf(vulnerability.id).map((key) => ({
    key,
    statements: intelligence
      .statements(key)
      .filter((statement) => intelligence.displayId(statement.vulnerability) === vulnerability.id),
  }));
  return { vulnerability, packages };
}

/** GHSA ids are written with a large head and small letters. */
function ghsaCase(id: string): string {
  return /^ghsa-/i.test(id) ? `GHSA-${id.slice(5).toLowerCase()}` : id;
}

export type PackageHit = {
  readonly key: PackageKey;
  readonly statementCount: number;
  /** Display ids, sorted. */
  readonly vulnerabilities: readonly string[];
};

/**
 * Finds a package by name in every stream: the exact name, or with `isPrefix` all names that begin so. The package of
 * a Maven group is found by its whole coordinate.
 */
export function searchPackage(
  intelligence: IntelligenceRevision,
  name: string,
  options: { readonly isPrefix: boolean } = { isPrefix: false },
): readonly PackageHit[] {
  const hits: PackageHit[] = [];
  for (const { stream } of intelligence.streams()) {
    const names = options.isPrefix ? intelligence.namesIn(stream, name, namesPerStreamMax) : [name];
    for (const found of names) {
      const statements = intelligence.statements({ stream, name: found });
      if (statements.length === 0) continue;
      const ids = statements.map((statement) => intelligence.displayId(statement.vulnerability));
      hits.push({
        key: { stream, name: found },
        statementCount: statements.length,
        vulnerabilities: [...new Set(ids)].sort(),
      });
    }
  }
  return hits;
}
