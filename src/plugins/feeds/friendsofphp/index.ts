import { type Fields, fields, textOf, texts } from '../../../lib/fields.ts';
import { openEntries } from '../archive.ts';
import { allOf, composerDialect } from '../constraints.ts';
import type { Feed, FeedRecord } from '../contract.ts';
import { type Interval, rangesOf } from '../intervals.ts';
import { yamlOf } from '../osv-file.ts';
import {
  factsOf,
  isCve,
  isoTime,
  problemRecord,
  problemRecords,
  statementRecord,
  streamRecord,
} from '../records.ts';

/** The FriendsOfPHP advisories for Composer packages: affected versions by branch. */
export const friendsofphp = {
  id: 'friendsofphp',
  title: 'FriendsOfPHP security advisories',
  sources: ['https://github.com/FriendsOfPHP/security-advisories'],
  licence: 'Unlicense (public domain)',
  downloads: [
    {
      url: 'https://github.com/FriendsOfPHP/security-advisories/archive/HEAD.tar.gz',
      path: 'friendsofphp/security-advisories.tar.gz',
    },
  ],
  wants: (path) => /(^|\/)friendsofphp(-[\w.-]+)?(\/security-advisories)?\.(tar\.gz|zip)$/.test(path),
  async *read(file) {
    const source = openEntries(file, (path) => /(^|\/)[^/.][^/]*\/[^/]+\/[^/]+\.yaml$/.test(path));
    for await (const entry of source.entries) {
      const read = yamlOf(entry);
      if ('why' in read) yield { kind: 'problem', problem: read };
      else yield* advisoryRecords(fields(read.value), entry.path);
    }
    yield streamRecord('composer', { complete: false, asOf: null });
    yield* problemRecords(source.problems);
  },
} satisfies Feed;

function* advisoryRecords(advisory: Fields, path: string): Generator<FeedRecord> {
  const name = /^composer:\/\/([\w.-]{1,100}\/[\w.-]{1,100})$/
    .exec(textOf(advisory.reference) ?? '')?.[1]
    ?.toLowerCase();
  if (name === undefined) {
    if (advisory.branches !== undefined)
      yield problemRecord('malformed', path, 'advisory names no Composer package');
    return;
  }
  const own = /([^/]+)\.yaml$/.exec(path)?.[1] ?? '';
  const cve = textOf(advisory.cve)?.trim() ?? '';
  // Files without a CVE are only known by their path.
  const id = isCve(cve) ? cve : /^GHSA-/.test(own) ? own : `FOP-${name}-${own}`.replace(/[^\w.:/-]/g, '-');
  const intervals: Interval[] = [];
  let published: string | null = null;
  for (const branch of Object.values(fields(advisory.branches)).map(fields)) {
    const affected = allOf(texts(branch.versions).join(', '), composerDialect);
    if ('why' in affected)
      yield { kind: 'problem', problem: { ...affected, where: `${path}: ${affected.where}` } };
    else intervals.push(...affected);
    published ??= isoTime(textOf(branch.time));
  }
  yield factsOf({
    kind: 'vulnerability',
    id,
    source: 'friendsofphp',
    title: textOf(advisory.title)?.slice(0, 300),
    published,
    references: [textOf(advisory.link) ?? ''].filter((url) => /^https?:\/\/\S+$/.test(url)),
  });
  if (intervals.length === 0) return;
  const ranges = rangesOf(intervals, 'composer');
  yield statementRecord(
    { stream: 'composer', name },
    {
      vulnerability: id,
      feed: 'friendsofphp',
      record: `${name}/${own}`,
      status: ranges.every((range) => range.fixed !== null) ? 'fixed' : 'affected',
      scheme: 'composer',
      ranges,
    },
  );
}
