import { type Fields, fields, list, numberOf, textOf, texts } from '../../../lib/fields.ts';
import type { AffectedRange } from '../../../model/advisory.ts';
import { openEntries } from '../archive.ts';
import type { Feed, FeedRecord } from '../contract.ts';
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

/** Microsoft's monthly lists of .NET flaws: NuGet packages, and the shared runtimes and SDKs. */
export const dotnet = {
  id: 'dotnet',
  title: '.NET security advisories',
  sources: [
    'https://github.com/dotnet/core/tree/main/release-notes/timeline',
    'https://github.com/dotnet/announcements',
  ],
  licence: 'MIT',
  downloads: [{ url: 'https://github.com/dotnet/core/archive/HEAD.tar.gz', path: 'dotnet/core.tar.gz' }],
  wants: (path) => /(^|\/)(dotnet-core-cve[\w.-]*|dotnet\/core)\.(tar\.gz|zip)$/.test(path),
  async *read(file) {
    const source = openEntries(file, (path) => /(^|\/)cve\.json$/.test(path));
    let asOf: string | null = null;
    for await (const entry of source.entries) {
      const read = jsonOf(entry);
      if ('why' in read) yield { kind: 'problem', problem: read };
      else {
        const updated = isoTime(textOf(fields(read.value).last_updated));
        if (updated !== null && (asOf === null || updated > asOf)) asOf = updated;
        yield* monthRecords(fields(read.value), entry.path);
      }
    }
    // Only what Microsoft itself ships is in these lists.
    yield streamRecord('nuget', { complete: false, asOf });
    yield streamRecord('dotnet', { complete: false, asOf });
    yield* problemRecords(source.problems);
  },
} satisfies Feed;

function* monthRecords(month: Fields, path: string): Generator<FeedRecord> {
  const labels = new Map<string, string | null>();
  for (const disclosure of list(month.disclosures).map(fields)) {
    const id = textOf(disclosure.id) ?? '';
    if (!isCve(id)) {
      yield problemRecord('malformed', path, 'disclosure has no CVE id');
      continue;
    }
    labels.set(id, textOf(fields(disclosure.cna).severity));
    yield factsOfDisclosure(id, disclosure);
  }
  for (const [stream, entries] of [
    ['nuget', month.packages],
    ['dotnet', month.products],
  ] as const) {
    for (const entry of list(entries).map(fields)) yield entryRecord(entry, { stream, path, labels });
  }
}

function factsOfDisclosure(id: string, disclosure: Fields): FeedRecord {
  const cvss = fields(disclosure.cvss);
  const vector = textOf(cvss.vector);
  const label = textOf(fields(disclosure.cna).severity);
  const timeline = fields(disclosure.timeline);
  return factsOf({
    kind: 'vulnerability',
    id,
    source: 'microsoft',
    title: textOf(disclosure.problem)?.slice(0, 300),
    description: list(disclosure.description)
      .filter((line) => typeof line === 'string')
      .join('\n')
      .slice(0, 4000),
    cvss: ratingsOf(vector === null ? [] : [{ source: 'microsoft', vector, score: numberOf(cvss.score) }])
      .ratings,
    labels: label === null ? [] : [{ source: 'microsoft', label }],
    cwes: [textOf(disclosure.weakness) ?? ''].filter((cwe) => /^CWE-\d+$/.test(cwe)),
    published: isoTime(textOf(fields(timeline.disclosure).date)),
    references: texts(disclosure.references)
      .filter((url) => /^https?:\/\/\S+$/.test(url))
      .slice(0, 20),
  });
}

type Place = {
  readonly stream: 'nuget' | 'dotnet';
  readonly path: string;
  readonly labels: ReadonlyMap<string, string | null>;
};

function entryRecord(entry: Fields, { stream, path, labels }: Place): FeedRecord {
  const id = textOf(entry.cve_id) ?? '';
  const name = textOf(entry.name);
  const range: AffectedRange = {
    introduced: textOf(entry.min_vulnerable),
    fixed: textOf(entry.fixed),
    lastAffected: textOf(entry.fixed) === null ? textOf(entry.max_vulnerable) : null,
  };
  if (!isCve(id) || name === null || (range.fixed === null && range.lastAffected === null)) {
    return problemRecord('malformed', path, 'entry lacks a CVE, name or upper bound');
  }
  return statementRecord(
    { stream, name: name.toLowerCase() },
    {
      vulnerability: id,
      feed: 'dotnet',
      record: `${id} ${name}`,
      status: range.fixed === null ? 'affected' : 'fixed',
      scheme: stream === 'nuget' ? 'nuget' : 'semver',
      ranges: [range],
      severity: labels.get(id) ?? null,
    },
  );
}
