import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fields, fields, textOf, texts } from '../../src/lib/fields.ts';
import type { Package } from '../../src/model/package.ts';
import type { Vulnerability } from '../../src/model/vulnerability.ts';
import { memoryIntelligence, vulnerability } from '../../testkit/intelligence.ts';
import type { Case, CaseSet, Expected, Finding } from './case.ts';
import places from './grype-matcher.json' with { type: 'json' };
import { findingsOf, inventoryOf, osOf, packageFrom } from './inventory.ts';
import type { KeyedStatement } from './trivy-database.ts';
import { type VunnelRecord, vunnelStatements } from './vunnel-records.ts';

/** One package each against real vendor records. */
export function grypeMatcher(folder: string): CaseSet {
  const cases: Case[] = [];
  const skipped: { id: string; why: string }[] = [];
  for (const database of readdirSync(folder).filter((name) =>
    existsSync(join(folder, name, 'cases.jsonl')),
  )) {
    const records = readRecords(join(folder, database, 'records'));
    const lines = readFileSync(join(folder, database, 'cases.jsonl'), 'utf8')
      .trim()
      .split('\n');
    for (const [index, line] of lines.entries()) {
      const told = fields(JSON.parse(line));
      const id = `${told.test} ${index + 1}`;
      const made = caseOf(id, told, records);
      if (typeof made === 'string') skipped.push({ id, why: made });
      else cases.push(made);
    }
  }
  return { id: 'grype-matcher', cases, skipped };
}

function readRecords(folder: string): readonly VunnelRecord[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.json'),
  );
  return paths.map((path) => {
    const told = fields(JSON.parse(readFileSync(join(folder, path), 'utf8')));
    return {
      identifier: textOf(told.identifier) ?? '',
      provider: path.split('/')[0] ?? '',
      item: fields(told.item),
    };
  });
}

function caseOf(id: string, told: Fields, records: readonly VunnelRecord[]): Case | string {
  const given = fields(told.package);
  const distro = fields(given.distro);
  const family = textOf(distro.family);
  const os = family === null ? null : (places.families as Readonly<Record<string, string>>)[family];
  if (os === undefined) return `we know no distribution ${family}`;
  const type = String(given.type);
  if (type === 'binary') return 'programs are matched by CPE there; we match no package by CPE';
  const only = told.only === null ? null : texts(told.only);
  const loaded = records.filter(
    ({ identifier }) => only === null || only.some((name) => isNamed(identifier, name)),
  );
  const wanted = fields(told.expected);
  const must = texts(wanted.mustMatch);
  if (must.length > 0 && loaded.every(({ provider }) => provider === 'nvd'))
    return 'only the NVD knows it there; we match no distribution package by CPE';
  const statements = loaded.flatMap(vunnelStatements);
  const intelligence = memoryIntelligence({ statements, vulnerabilities: aliasesOf(loaded) });
  const pkg = packageOf(given, type);
  const mustNot = new Set(texts(wanted.mustNotMatch).map((name) => intelligence.displayId(name)));
  const isExact = Array.isArray(wanted.exactly);
  return {
    id,
    group: os ?? type,
    kind: os === null ? 'language' : 'distribution',
    expected: must.map((name) => expectedOf(intelligence.displayId(name), pkg, wanted.fix)),
    isWrong: (finding: Finding) => isExact || mustNot.has(finding.vulnerability),
    run: async () => {
      const versionId = textOf(distro.version);
      return findingsOf(inventoryOf(os === null ? null : osOf(os, versionId), [pkg]), intelligence);
    },
  };
}

// Cases name records by their file: `rhel:8/cve-2018-0735`, or a bare CVE for the NVD.
function isNamed(identifier: string, name: string): boolean {
  return (
    identifier.toLowerCase() === name.toLowerCase() ||
    identifier.toLowerCase().endsWith(`/${name.toLowerCase()}`)
  );
}

function expectedOf(id: string, pkg: Package, fix: unknown): Expected {
  const item = { package: pkg.name, installed: pkg.version, vulnerability: id };
  const told = fields(fix);
  if (told.state === undefined) return item;
  const versions = texts(told.versions);
  return { ...item, fixed: versions.length === 0 ? null : versions };
}

function packageOf(given: Fields, type: string): Package {
  const name = textOf(given.name) ?? '';
  const version = (textOf(given.version) ?? '').replace(/^0:/, '');
  const upstream = fields(given.upstream);
  const sourceName = textOf(upstream.name);
  const modularity = textOf(given.modularity);
  return packageFrom({
    ecosystem: type,
    name,
    version: withEpoch(version, given.epoch),
    arch: textOf(given.arch),
    source: sourceName === null ? null : { name: sourceName, version: textOf(upstream.version) ?? version },
    attributes: modularity === null ? {} : { modularity },
  });
}

// The epoch of a test stands in the version, beside it, or in both.
function withEpoch(version: string, epoch: unknown): string {
  return typeof epoch === 'number' && epoch > 0 && !version.includes(':') ? `${epoch}:${version}` : version;
}

function aliasesOf(records: readonly VunnelRecord[]): readonly Vulnerability[] {
  const statements: readonly KeyedStatement[] = records.flatMap(vunnelStatements);
  return statements.flatMap(({ statement }) =>
    statement.advisory !== null && statement.vulnerability.startsWith('CVE-')
      ? [vulnerability(statement.vulnerability, { aliases: [statement.advisory] })]
      : [],
  );
}
