import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fields, list, textOf, texts } from '../../src/lib/fields.ts';
import type { Statement } from '../../src/model/advisory.ts';
import { memoryIntelligence, statement } from '../../testkit/intelligence.ts';
import { affectedRanges } from './advisory-bounds.ts';
import { type Case, type CaseSet, everythingElse } from './case.ts';
import { findingsOf, inventoryOf, packageFrom } from './inventory.ts';
import places from './trivy-compare.json' with { type: 'json' };
import { type TrivyRow, trivyStatements } from './trivy-database.ts';
import { trivyFixes } from './trivy-packages.ts';

/** Single versions against single advisories of language ecosystems, in each of their constraint syntaxes. */
export function trivyCompare(folder: string): CaseSet {
  const cases: Case[] = [];
  const skipped: { id: string; why: string }[] = [];
  const lines = readFileSync(join(folder, 'cases.jsonl'), 'utf8').trim().split('\n');
  for (const value of lines.map((line) => fields(JSON.parse(line)))) {
    const made = value.k === 'range' ? rangeCase(value) : driverCase(value);
    if (typeof made === 'string') skipped.push({ id: String(value.name), why: made });
    else cases.push(made);
  }
  return { id: 'trivy-compare', cases, skipped };
}

type Fields = ReturnType<typeof fields>;

function rangeCase(told: Fields): Case | string {
  const syntax = String(told.scheme);
  const place = (places.syntaxes as Readonly<Record<string, { ecosystem: string; scheme: string }>>)[syntax];
  if (place === undefined) return `we know no constraint syntax ${syntax}`;
  const version = String(told.version);
  const { ecosystem, scheme } = place;
  const advisory = fields(told.advisory);
  const ranges = affectedRanges(
    {
      vulnerable: texts(advisory.VulnerableVersions),
      patched: texts(advisory.PatchedVersions),
      unaffected: texts(advisory.UnaffectedVersions),
    },
    { stream: ecosystem, scheme },
  );
  // What a constraint that cannot be read means is not known, and the feeds say so.
  const said: Partial<Statement> = ranges === null ? { status: 'unknown' } : { status: 'affected' };
  const statements = [
    { stream: ecosystem, name: 'package', statement: statement('CVE-1', ranges ?? [], { scheme, ...said }) },
  ];
  return {
    id: `${syntax}: ${told.name}`,
    group: ecosystem,
    kind: 'language',
    expected:
      told.vulnerable === true ? [{ package: 'package', installed: version, vulnerability: 'CVE-1' }] : [],
    isWrong: everythingElse,
    run: async () =>
      findingsOf(
        inventoryOf(null, [packageFrom({ ecosystem, name: 'package', version })]),
        memoryIntelligence({ statements }),
      ),
  };
}

function driverCase(told: Fields): Case | string {
  const kind = String(told.libType).replace(/^ftypes\./, '');
  const ecosystem = (places.drivers as Readonly<Record<string, string>>)[kind];
  if (ecosystem === undefined) return `we know no ecosystem ${kind}`;
  if (String(told.name).startsWith('seal security')) return 'we know no vendor Seal Security';
  const args = fields(told.args);
  const pkg = packageFrom({ ecosystem, name: String(args.pkgName), version: String(args.pkgVer) });
  return {
    id: `driver: ${told.name}`,
    group: ecosystem,
    kind: 'language',
    expected: list(told.expected)
      .map(fields)
      .map((item) => ({
        package: pkg.name,
        installed: pkg.version,
        vulnerability: textOf(item.VulnerabilityID) ?? '',
        fixed: trivyFixes(textOf(item.FixedVersion)),
      })),
    isWrong: everythingElse,
    run: async () =>
      findingsOf(
        inventoryOf(null, [pkg]),
        memoryIntelligence({ statements: trivyStatements(list(told.advisories) as TrivyRow[]) }),
      ),
  };
}
