import { type Fields, fields, textOf, texts } from '../../../lib/fields.ts';
import { openEntries } from '../archive.ts';
import { allOf, hexDialect } from '../constraints.ts';
import type { Feed, FeedRecord } from '../contract.ts';
import { type Interval, rangesOf } from '../intervals.ts';
import { yamlOf } from '../osv-file.ts';
import {
  factsOf,
  isoTime,
  problemRecord,
  problemRecords,
  statementRecord,
  streamRecord,
} from '../records.ts';

/** Advisories for Hex packages, after GitHub's, with version ranges in words. */
export const elixirAdvisories = {
  id: 'elixir-advisories',
  title: 'Elixir security advisories',
  sources: ['https://github.com/mirego/elixir-security-advisories'],
  licence: 'BSD-3-Clause',
  downloads: [
    {
      url: 'https://github.com/mirego/elixir-security-advisories/archive/HEAD.tar.gz',
      path: 'elixir-advisories/advisories.tar.gz',
    },
  ],
  wants: (path) => /(^|\/)elixir-(security-)?advisories(\/|-)[\w.-]*\.?(tar\.gz|zip)$/.test(path),
  async *read(file) {
    const source = openEntries(file, (path) => /(^|\/)packages\/[^/]+\/[^/]+\.ya?ml$/.test(path));
    for await (const entry of source.entries) {
      const read = yamlOf(entry);
      if ('why' in read) yield { kind: 'problem', problem: read };
      else yield* advisoryRecords(fields(read.value), entry.path);
    }
    yield streamRecord('hex', { complete: true, asOf: null });
    yield* problemRecords(source.problems);
  },
} satisfies Feed;

function* advisoryRecords(advisory: Fields, path: string): Generator<FeedRecord> {
  const id = textOf(advisory.id) ?? '';
  const name = textOf(advisory.package);
  if (!/^[A-Z][\w-]{4,60}$/.test(id) || name === null) {
    yield problemRecord('malformed', path, 'advisory lacks an id or package');
    return;
  }
  const severity = textOf(advisory.severity);
  yield factsOf({
    kind: 'vulnerability',
    id,
    source: 'elixir-advisories',
    title: textOf(advisory.title)?.slice(0, 300),
    description: textOf(advisory.description)?.slice(0, 4000),
    labels: severity === null ? [] : [{ source: 'ghsa', label: severity }],
    published: isoTime(textOf(advisory.disclosure_date)),
    references: [textOf(advisory.link) ?? ''].filter((url) => /^https?:\/\/\S+$/.test(url)),
  });
  const intervals: Interval[] = [];
  for (const range of texts(advisory.vulnerable_version_ranges)) {
    const affected = allOf(range, hexDialect);
    if ('why' in affected)
      yield { kind: 'problem', problem: { ...affected, where: `${path}: ${affected.where}` } };
    else intervals.push(...affected);
  }
  if (intervals.length === 0) return;
  const ranges = rangesOf(intervals, 'semver');
  yield statementRecord(
    { stream: 'hex', name },
    {
      vulnerability: id,
      feed: 'elixir-advisories',
      record: `${name}/${id}`,
      status: ranges.every((range) => range.fixed !== null) ? 'fixed' : 'affected',
      scheme: 'semver',
      ranges,
      severity,
    },
  );
}
