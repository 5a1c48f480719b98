import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Intelligence } from '../../src/intel/contract.ts';
import { type Fields, fields, list, textOf } from '../../src/lib/fields.ts';
import type { Case, CaseSet, Expected } from './case.ts';
import { findingsOf, inventoryOf, osOf, packageFrom } from './inventory.ts';

/**
 * What Debian's own changelogs say was mended after the installed version, and before it. A flaw counts as expected
 * where the intelligence at hand speaks of it for that source and release.
 */
export function debianChangelog(folder: string, intelligence: Intelligence): CaseSet {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const cases = files.map((file) => {
    const told = fields(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    return caseOf(file.replace(/\.json$/, ''), told, intelligence);
  });
  return { id: 'debian-changelog', cases, skipped: [] };
}

function caseOf(id: string, told: Fields, intelligence: Intelligence): Case {
  const version = textOf(fields(told.os).version) ?? '';
  const stream = `debian:${version}`;
  const installed = list(told.installed).map(fields);
  // One binary stands for its source: what is judged is the source.
  const sources = new Map(installed.map((item) => [textOf(item.source) ?? '', item]));
  const packages = [...sources].map(([name, item]) =>
    packageFrom({
      ecosystem: 'deb',
      name,
      version: textOf(item.sourceVersion) ?? '',
      source: { name, version: textOf(item.sourceVersion) ?? '' },
    }),
  );
  const expected = list(told.mustReport)
    .map(fields)
    .map(findingOf)
    .filter(({ package: name, vulnerability }) =>
      intelligence.keysOf(vulnerability).some((key) => key.stream === stream && key.name === name),
    );
  const forbidden = new Set(list(told.mustNotReport).map(fields).map(findingOf).map(textOfFinding));
  return {
    id,
    group: 'debian',
    kind: 'distribution',
    expected,
    isWrong: (finding) => forbidden.has(textOfFinding(finding)),
    run: async () => findingsOf(inventoryOf(osOf('debian', version), packages), intelligence),
  };
}

function findingOf(told: Fields): Expected {
  return {
    package: textOf(told.source) ?? '',
    installed: textOf(told.installed) ?? '',
    vulnerability: textOf(told.cve) ?? '',
  };
}

function textOfFinding({
  package: name,
  vulnerability,
}: Pick<Expected, 'package' | 'vulnerability'>): string {
  return `${name} ${vulnerability}`;
}
