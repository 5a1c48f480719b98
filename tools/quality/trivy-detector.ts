import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fields, list, textOf } from '../../src/lib/fields.ts';
import { memoryIntelligence } from '../../testkit/intelligence.ts';
import { type Case, type CaseSet, everythingElse } from './case.ts';
import { findingsOf, inventoryOf } from './inventory.ts';
import { type TrivyRow, trivyStatements } from './trivy-database.ts';
import { familyOf, trivyFixes, trivyOs, trivyPackage } from './trivy-packages.ts';

/** Closed worlds of one or a few system packages each, with their whole database and the exact findings. */
export function trivyDetector(folder: string): CaseSet {
  const cases: Case[] = [];
  const skipped: { id: string; why: string }[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const vendor = file.replace(/\.json$/, '');
    for (const value of JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly unknown[]) {
      const made = caseOf(value, vendor);
      if (typeof made === 'string') skipped.push({ id: String(fields(value).id), why: made });
      else cases.push(made);
    }
  }
  return { id: 'trivy-detector', cases, skipped };
}

function caseOf(value: unknown, vendor: string): Case | string {
  const told = fields(value);
  const args = fields(told.args);
  const family = familyOf(args.dist === 'azurevs.Mariner' ? 'cbl-mariner' : vendor);
  if (family === null) return `we know no distribution ${vendor}`;
  if (args.pkgs === undefined) return 'the case does not give its packages';
  const version = (textOf(args.osVer) ?? '').replace(/-ESM$/, '');
  const inventory = inventoryOf(
    trivyOs(family, amazonVersion(family.id, version)),
    list(args.pkgs).map((pkg) => trivyPackage(pkg, family.ecosystem)),
  );
  const intelligence = memoryIntelligence({
    statements: trivyStatements(list(told.advisories) as TrivyRow[]),
  });
  return {
    id: String(told.id),
    group: family.id,
    kind: 'distribution',
    expected: list(told.expected)
      .map(fields)
      .map((item) => ({
        package: textOf(item.PkgName) ?? '',
        installed: textOf(item.InstalledVersion) ?? '',
        vulnerability: textOf(item.VulnerabilityID) ?? '',
        fixed: trivyFixes(textOf(item.FixedVersion)),
      })),
    isWrong: everythingElse,
    run: async () => findingsOf(inventory, intelligence),
  };
}

// The first Amazon Linux stands in os-release by year and month.
function amazonVersion(id: string, version: string): string {
  return id === 'amzn' && /^1(?:\.|$)/.test(version) ? '2018.03' : version;
}
