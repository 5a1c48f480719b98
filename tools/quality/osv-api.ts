import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Intelligence } from '../../src/intel/contract.ts';
import { type Fields, fields, textOf, texts } from '../../src/lib/fields.ts';
import type { Subject } from '../../src/model/match.ts';
import { judge } from '../../src/pipeline/match/match.ts';
import { osvPackage } from '../../src/plugins/feeds/osv-ecosystems.ts';
import { packageOfPurl } from '../../src/plugins/targets/sbom/package-of-purl.ts';
import type { Case, CaseSet, Expected, Finding } from './case.ts';

/**
 * Recorded answers of the OSV service, one case for each ecosystem. An id counts as expected where the intelligence at
 * hand has it for that package; what we report beyond the answer counts as wrong where the same databases say it.
 */
export function osvApi(folder: string, intelligence: Intelligence): CaseSet {
  const lines = readFileSync(join(folder, 'queries.jsonl'), 'utf8').trim().split('\n');
  const groups = new Map<string, Query[]>();
  const skipped: { id: string; why: string }[] = [];
  for (const [index, line] of lines.entries()) {
    const query = queryOf(fields(JSON.parse(line)));
    if (typeof query === 'string') skipped.push({ id: `query ${index + 1}`, why: query });
    else groups.set(query.group, [...(groups.get(query.group) ?? []), query]);
  }
  const cases = [...groups].map(([group, queries]) => caseOf(group, queries, intelligence));
  return { id: 'osv-api', cases, skipped };
}

type Query = {
  readonly group: string;
  readonly isDistro: boolean;
  readonly subject: Subject;
  readonly ids: readonly string[];
};

function queryOf(told: Fields): Query | string {
  const query = fields(told.query);
  const given = fields(query.package);
  if (query.commit !== undefined) return 'it asks for a commit';
  const purl = textOf(given.purl);
  const place = purl === null ? placeOf(given, textOf(query.version)) : placeOfPurl(purl);
  if (place === null) return `we know no ecosystem ${textOf(given.ecosystem) ?? purl ?? ''}`;
  const { stream, name, version, isDistro } = place;
  const subject: Subject = {
    ecosystem: stream,
    name,
    version,
    arch: null,
    keys: [{ stream, name, version }],
    module: null,
    distro: null,
  };
  return { group: stream, isDistro, subject, ids: texts(told.vulns) };
}

type Place = {
  readonly stream: string;
  readonly name: string;
  readonly version: string;
  readonly isDistro: boolean;
};

function placeOf(given: Fields, version: string | null): Place | null {
  const ecosystem = textOf(given.ecosystem) ?? '';
  const place = osvPackage({ ecosystem, name: textOf(given.name) ?? '', purl: null });
  return place === null || version === null ? null : { ...place, version };
}

function placeOfPurl(purl: string): Place | null {
  const pkg = packageOfPurl({ purlText: purl, evidence: [], source: null, licences: [], scope: null });
  return typeof pkg === 'string'
    ? null
    : { stream: pkg.ecosystem, name: pkg.name, version: pkg.version, isDistro: false };
}

function caseOf(group: string, queries: readonly Query[], intelligence: Intelligence): Case {
  const answers = new Map(queries.map((query) => [textOfSubject(query.subject), query]));
  const expected = queries.flatMap((query) => expectedOf(query, intelligence));
  return {
    id: group,
    group: group.split(':')[0] ?? group,
    kind: queries.some(({ isDistro }) => isDistro) ? 'distribution' : 'language',
    expected,
    isWrong: (finding) => {
      const query = answers.get(`${finding.package} ${finding.installed}`);
      if (query === undefined || query.ids.length === 0 || !isOfOsv(finding, query.subject, intelligence))
        return false;
      const named = new Set([
        ...query.ids.map((id) => intelligence.displayId(bare(id))),
        ...expectedOf(query, intelligence).map(({ vulnerability }) => vulnerability),
      ]);
      return !named.has(finding.vulnerability);
    },
    run: async () => queries.flatMap(({ subject }) => findingsOf(subject, intelligence)),
    whyNot: (missing) => whyNot(missing, queries, intelligence),
  };
}

function textOfSubject({ name, version }: Subject): string {
  return `${name} ${version}`;
}

// What a database of OSV itself says, newer than the answer or not: the record's own name is an OSV id.
function isOfOsv(finding: Finding, subject: Subject, intelligence: Intelligence): boolean {
  return judge(subject, intelligence).some(
    ({ vulnerability, feed }) =>
      vulnerability === finding.vulnerability && (feed === 'osv' || feed === 'ghsa' || feed === 'ubuntu'),
  );
}

function expectedOf({ subject, ids }: Query, intelligence: Intelligence): readonly Expected[] {
  const [key] = subject.keys;
  const statements = key === undefined ? [] : intelligence.statements(key);
  // One record may stand for several flaws.
  return ids.flatMap((id) =>
    statements
      .filter(({ vulnerability, record }) => vulnerability === bare(id) || record === id)
      .map(({ vulnerability }) => ({
        package: subject.name,
        installed: subject.version,
        vulnerability: intelligence.displayId(vulnerability),
      })),
  );
}

// Distributions' records are called after the CVE that they are about.
function bare(id: string): string {
  return id.replace(/^(?:ALPINE|DEBIAN|UBUNTU)-/, '');
}

function findingsOf(subject: Subject, intelligence: Intelligence): readonly Finding[] {
  return judge(subject, intelligence)
    .filter(({ result }) => result === 'affected')
    .map(({ vulnerability, fixedVersion }) => ({
      package: subject.name,
      installed: subject.version,
      vulnerability,
      fixed: fixedVersion,
    }));
}

function whyNot(missing: Expected, queries: readonly Query[], intelligence: Intelligence): string {
  const query = queries.find(
    ({ subject }) => subject.name === missing.package && subject.version === missing.installed,
  );
  const verdicts = query === undefined ? [] : judge(query.subject, intelligence);
  const verdict = verdicts.find(({ vulnerability }) => vulnerability === missing.vulnerability);
  return verdict?.proof.reason ?? 'nothing is said of it';
}
