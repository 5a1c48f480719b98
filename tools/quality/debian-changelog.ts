import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Intelligence } from '../../src/intel/contract.ts';
import { type Fields, fields, list, textOf } from '../../src/lib/fields.ts';
import type { Case, CaseSet, Expected } from './case.ts';
import { findingsOf, inventoryOf, osOf, packageFrom } from './inventory.ts';

/**
 * What Debian's own changelogs say was mended after the installed version, and before it. A flaw counts as expected
 * where the intelligence at hand speaks of it for that source and release. A flaw that is mended in the installed
 * version counts where that intelligence knows of a fix: one that is older than the fix cannot tell.
 */
export function debianChangelog(folder: string, intelligence: Intelligence): CaseSet {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const skipped: { id: string; why: string }[] = [];
  const cases = files.map((file) => {
    const told = fields(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    return caseOf(file.replace(/\.json$/, ''), told, { intelligence, skipped });
  });
  return { id: 'debian-changelog', cases, skipped };
}

/** The day on which the changelogs were read. */
const readOn = '2026-11-22';

type World = { readonly intelligence: Intelligence; readonly skipped: { id: string; why: string }[] };

function caseOf(id: string, told: Fields, { intelligence, skipped }: World): Case {
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
  const mended = list(told.mustNotReport).map(fields).map(findingOf);
  const asOf = intelligence.stream(stream)?.asOf ?? readOn;
  const untold = asOf < readOn ? mended.filter((flaw) => isOpen(flaw, stream, intelligence)) : [];
  if (untold.length > 0) {
    const why = `the data is of ${asOf.slice(0, 10)}, and the fix in the package is later`;
    skipped.push({ id: `${id}: ${untold.length} labels`, why });
  }
  const forbidden = new Set(mended.filter((flaw) => !untold.includes(flaw)).map(textOfFinding));
  return {
    id,
    group: 'debian',
    kind: 'distribution',
    expected,
    isWrong: (finding) => forbidden.has(textOfFinding(finding)),
    run: async () => findingsOf(inventoryOf(osOf('debian', version), packages), intelligence),
  };
}

// Every statement on the flaw in that source knows no fix.
function isOpen(
  { package: name, vulnerability }: Expected,
  stream: string,
  intelligence: Intelligence,
): boolean {
  const own = intelligence
    .statements({ stream, name })
    .filter((statement) => intelligence.displayId(statement.vulnerability) === vulnerability);
  return own.length > 0 && own.every(({ ranges }) => ranges.every(({ fixed }) => fixed === null));
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
