import { type Fields, fields, numberOf, textOf, texts } from '../../../lib/fields.ts';
import type { Problem } from '../../../model/problem.ts';
import { versionScheme } from '../../../versions/registry.ts';
import { openEntries } from '../archive.ts';
import { anyOf, npmDialect } from '../constraints.ts';
import type { Feed, FeedRecord } from '../contract.ts';
import { type Interval, intervalAlgebra, rangesOf } from '../intervals.ts';
import {
  factsOf,
  isCve,
  isoTime,
  jsonOf,
  problemRecord,
  problemRecords,
  ratingsOf,
  statementRecord,
  streamRecord,
} from '../records.ts';

/** The Node.js security working group: Node.js itself, and npm packages until 2019. */
export const nodeSecurityWg = {
  id: 'node-security-wg',
  title: 'Node.js Security Working Group',
  sources: [
    'https://github.com/nodejs/security-wg/tree/main/vuln',
    'https://nodejs.org/en/blog/vulnerability',
  ],
  licence: 'MIT',
  downloads: [
    {
      url: 'https://github.com/nodejs/security-wg/archive/HEAD.tar.gz',
      path: 'node-security-wg/security-wg.tar.gz',
    },
  ],
  wants: (path) =>
    /(^|\/)(nodejs-security-wg[\w.-]*|node-security-wg\/security-wg)\.(tar\.gz|zip)$/.test(path),
  async *read(file) {
    const source = openEntries(file, (path) => /(^|\/)vuln\/(npm|core)\/\d+\.json$/.test(path));
    for await (const entry of source.entries) {
      const read = jsonOf(entry);
      if ('why' in read) yield { kind: 'problem', problem: read };
      else if (/(^|\/)core\//.test(entry.path)) yield* coreRecords(fields(read.value), entry.path);
      else yield* npmRecords(fields(read.value), entry.path);
    }
    yield streamRecord('node', { complete: true, asOf: null });
    yield streamRecord('npm', { complete: false, asOf: null });
    yield* problemRecords(source.problems);
  },
} satisfies Feed;

type Advisory = {
  readonly ids: readonly string[];
  readonly record: string;
  readonly key: { readonly stream: string; readonly name: string };
  readonly vulnerable: string;
  readonly patched: string | null;
  readonly severity: string | null;
};

function* npmRecords(told: Fields, path: string): Generator<FeedRecord> {
  const name = textOf(told.module_name);
  const number = numberOf(told.id);
  const vulnerable = textOf(told.vulnerable_versions);
  if (name === null || number === null || vulnerable === null) {
    yield problemRecord('malformed', path, 'advisory lacks a package, number or vulnerable versions');
    return;
  }
  const cves = texts(told.cves)
    .map((id) => id.trim())
    .filter(isCve);
  const ids = cves.length > 0 ? cves : [`NSWG-${number}`];
  const vector = textOf(told.cvss_vector);
  for (const id of ids) {
    yield factsOf({
      kind: 'vulnerability',
      id,
      source: 'node-security-wg',
      title: textOf(told.title)?.slice(0, 300),
      description: textOf(told.overview)?.slice(0, 4000),
      cvss: ratingsOf(
        vector === null ? [] : [{ source: 'node-security-wg', vector, score: numberOf(told.cvss_score) }],
      ).ratings,
      published: isoTime(textOf(told.publish_date)),
      modified: isoTime(textOf(told.updated_at)),
      references: texts(told.references)
        .filter((url) => /^https?:\/\/\S+$/.test(url))
        .slice(0, 20),
    });
  }
  yield* advisoryRecords({
    ids,
    record: `npm/${number}`,
    key: { stream: 'npm', name },
    vulnerable,
    patched: null,
    severity: null,
  });
}

function* coreRecords(told: Fields, path: string): Generator<FeedRecord> {
  const number = /(\d+)\.json$/.exec(path)?.[1] ?? '';
  const vulnerable = textOf(told.vulnerable);
  if (vulnerable === null) {
    yield problemRecord('malformed', path, 'advisory lacks its vulnerable versions');
    return;
  }
  const cves = texts(told.cve)
    .map((id) => id.trim())
    .filter(isCve);
  const ids = cves.length > 0 ? cves : [`NODE-CORE-${number}`];
  const severity = textOf(told.severity);
  const reference = textOf(told.ref) ?? '';
  for (const id of ids) {
    yield factsOf({
      kind: 'vulnerability',
      id,
      source: 'node-security-wg',
      description: textOf(told.overview)?.slice(0, 4000),
      labels: severity === null ? [] : [{ source: 'node-security-wg', label: severity }],
      references: /^https?:\/\/\S+$/.test(reference) ? [reference] : [],
    });
  }
  yield* advisoryRecords({
    ids,
    record: `core/${number}`,
    key: { stream: 'node', name: 'node' },
    vulnerable,
    patched: textOf(told.patched),
    severity,
  });
}

function* advisoryRecords(advisory: Advisory): Generator<FeedRecord> {
  const intervals = affectedOf(advisory);
  if ('why' in intervals) {
    yield { kind: 'problem', problem: { ...intervals, where: `${advisory.record}: ${intervals.where}` } };
    return;
  }
  if (intervals.length === 0) return;
  const ranges = rangesOf(intervals, 'semver');
  for (const vulnerability of advisory.ids) {
    yield statementRecord(advisory.key, {
      vulnerability,
      feed: 'node-security-wg',
      record: advisory.record,
      status: ranges.every((range) => range.fixed !== null) ? 'fixed' : 'affected',
      scheme: 'semver',
      ranges,
      severity: advisory.severity,
    });
  }
}

/** Release lines are called vulnerable as a whole; the patched versions are what is taken out of them. */
function affectedOf({ vulnerable, patched, record }: Advisory): readonly Interval[] | Problem {
  const lines = anyOf(vulnerable, npmDialect);
  const scheme = versionScheme('semver');
  if ('why' in lines || patched === null || scheme === null) return lines;
  const safe = anyOf(patched, npmDialect);
  if ('why' in safe) return safe;
  const algebra = intervalAlgebra(scheme, record);
  const unpatched = algebra.complement(safe);
  return 'why' in unpatched ? unpatched : algebra.intersect(lines, unpatched);
}
