import { createHash } from 'node:crypto';
import { type Fields, fields, list, textOf, texts } from '../../../lib/fields.ts';
import type { AffectedRange } from '../../../model/advisory.ts';
import type { Feed, FeedRecord } from '../contract.ts';
import { jsonMembers } from '../json-stream.ts';
import { factsOf, isCve, statementRecord, streamRecord } from '../records.ts';

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
        record: `${name} ${textOf(told.atOrAbove) ?? ''}..${textOf(told.below) ?? ''}`,
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
  return { introduced: textOf(told.atOrAbove), fixed: textOf(told.below), lastAffected: null };
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
