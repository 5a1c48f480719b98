import { createHash } from 'node:crypto';
import { type Fields, fields, list, textOf, texts } from '../../../lib/fields.ts';
import type { AffectedRange } from '../../../model/advisory.ts';
import { semver } from '../../../versions/semver.ts';
import type { Feed, FeedRecord } from '../contract.ts';
import { jsonMembers } from '../json-stream.ts';
import { factsOf, isCve, problemRecord, statementRecord, streamRecord } from '../records.ts';

/** retire.js: JavaScript libraries with known flaws, by name and version. */
export const retirejs = {
  id: 'retirejs',
  title: 'retire.js repository',
  sources: [
    'https://github.com/RetireJS/retire.js/tree/master/repository',
    'https://retirejs.github.io/retire.js/',
  ],
  licence: 'Apache-2.0',
  downloads: [
    {
      url: 'https://raw.githubusercontent.com/RetireJS/retire.js/master/repository/jsrepository-v4.json',
      path: 'retirejs/jsrepository-v4.json',
    },
    {
      url: 'https://raw.githubusercontent.com/RetireJS/retire.js/master/repository/npmrepository.json',
      path: 'retirejs/npmrepository.json',
    },
  ],
  wants: (path) => /(^|\/)(retirejs[-/])?(jsrepository|npmrepository)[\w-]*\.json(\.gz)?$/.test(path),
  async *read(file) {
    for await (const member of jsonMembers(file, null)) {
      if ('kind' in member) yield { kind: 'problem', problem: member };
      else yield* libraryRecords(member.key, fields(member.value));
    }
    yield streamRecord('npm', { complete: false, asOf: null });
  },
} satisfies Feed;

function* libraryRecords(library: string, told: Fields): Generator<FeedRecord> {
  // The repository's own example and its switch to skip a file.
  if (library === 'retire-example' || library === 'dont check') return;
  const name = textOf(told.npmname) ?? library;
  // Libraries that never were npm packages are known by names that npm does not allow.
  if (!/^(@[a-z0-9~-][a-z0-9._~-]{0,100}\/)?[a-z0-9~-][a-z0-9._~-]{0,100}$/.test(name)) return;
  for (const vulnerability of list(told.vulnerabilities).map(fields)) yield* flawRecords(name, vulnerability);
}

function* flawRecords(name: string, told: Fields): Generator<FeedRecord> {
  const identifiers = fields(told.identifiers);
  const cves = texts(identifiers.CVE)
    .map((id) => id.trim())
    .filter(isCve);
  const github = textOf(identifiers.githubID);
  const ghsa = github !== null && /^GHSA(-[a-z0-9]{4}){3}$/.test(github) ? github : null;
  const ids = cves.length > 0 ? cves : [ghsa ?? ownId(name, told)];
  const severity = textOf(told.severity);
  const range = rangeOf(told);
  const record = `${name} ${textOf(told.atOrAbove) ?? ''}..${textOf(told.below) ?? ''}`;
  if (leavesNothing(range)) {
    yield problemRecord(
      'malformed',
      `retire.js: ${record.slice(0, 200)}`,
      'no version lies between its bounds',
    );
    return;
  }
  for (const id of ids) {
    yield factsOf({
      kind: 'vulnerability',
      id,
      source: 'retirejs',
      title: textOf(identifiers.summary)?.slice(0, 300),
      labels: severity === null ? [] : [{ source: 'retirejs', label: severity }],
      cwes: texts(told.cwe).filter((cwe) => /^CWE-\d+$/.test(cwe)),
      references: texts(told.info)
        .filter((url) => /^https?:\/\/\S+$/.test(url))
        .slice(0, 20),
    });
    yield statementRecord(
      { stream: 'npm', name },
      {
        vulnerability: id,
        feed: 'retirejs',
        record,
        status: range.fixed === null ? 'affected' : 'fixed',
        scheme: 'semver',
        ranges: [range],
        severity,
      },
    );
  }
  if (cves.length === 1 && ghsa !== null) yield { kind: 'alias', id: ids[0] ?? ghsa, alias: ghsa };
}

function rangeOf(told: Fields): AffectedRange {
  return { introduced: bound(told.atOrAbove), fixed: bound(told.below), lastAffected: null };
}

/**
 * A bound in the form of semver. They are also written with a star for the lowest pre-release (`1.3.0-*`), with a
 * pre-release after a point (`1.0.0.beta.3`) and with fewer numbers (`3.0.RC3`).
 * Source: https://github.com/RetireJS/retire.js/blob/master/node/lib/retire.js (`isAtOrAbove`)
 */
function bound(value: unknown): string | null {
  const text = textOf(value)?.trim() ?? null;
  const found = /^(\d{1,20}(?:\.\d{1,20}){0,2})[.-]([A-Za-z*][\w.*-]{0,100})$/.exec(text ?? '');
  if (found === null) return text;
  const [, numbers = '', word = ''] = found;
  const missing = 3 - numbers.split('.').length;
  return `${numbers}${'.0'.repeat(missing)}-${word === '*' ? '0' : word}`;
}

function leavesNothing({ introduced, fixed }: AffectedRange): boolean {
  if (introduced === null || fixed === null) return false;
  const order = semver.compare(introduced, fixed);
  return typeof order === 'number' && order >= 0;
}

/** Flaws without a public id are told apart by what is said of them. */
function ownId(name: string, told: Fields): string {
  const text = JSON.stringify([
    told.identifiers ?? null,
    told.info ?? null,
    told.atOrAbove ?? null,
    told.below ?? null,
  ]);
  return `RETIREJS-${name}-${createHash('sha256').update(text).digest('hex').slice(0, 10)}`;
}
