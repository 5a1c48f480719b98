import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildIntelligence } from '../src/intel/build.ts';
import type { PackageKey, Statement } from '../src/model/advisory.ts';
import type { Feed, FeedRecord } from '../src/plugins/feeds/contract.ts';
import { feeds } from '../src/plugins/feeds/registry.ts';
import { sharedPath } from './shared.ts';

// Real feeds at two times, about a month apart. A day between them takes one flaw in so many from the later one.
const pairs: readonly (readonly [older: string, newer: string])[] = [
  ['osv/Go/all-2026-07-20.zip', 'osv/Go/all.zip'],
  ['osv/crates.io/all-2026-07-20.zip', 'osv/crates.io/all.zip'],
  ['osv/PyPI/pypa-advisory-db-2026-06-22.tar.gz', 'osv/PyPI/pypa-advisory-db-2026-07-23.tar.gz'],
  ['osv/RubyGems/ruby-advisory-db-2026-07-21.tar.gz', 'osv/RubyGems/ruby-advisory-db-2026-08-22.tar.gz'],
  ['osv/Packagist/friendsofphp-2026-06-05.tar.gz', 'osv/Packagist/friendsofphp-2026-08-06.tar.gz'],
  ['os/alma/almalinux-osv-2026-07-21.tar.gz', 'os/alma/almalinux-osv-2026-08-21.tar.gz'],
  ['os/alpine/secdb-2024-11-30.tar.gz', 'os/alpine/secdb-2024-12-31.tar.gz'],
  ['os/debian/oval-definitions-bookworm-2023-06-14.xml.bz2', 'os/debian/oval-definitions-bookworm.xml.bz2'],
  ['os/ubuntu/com.ubuntu.noble.usn.oval-2024-10-31.xml.bz2', 'os/ubuntu/com.ubuntu.noble.usn.oval.xml.bz2'],
  ['exploit/known_exploited_vulnerabilities-2026-07.json', 'exploit/known_exploited_vulnerabilities.json'],
  ['exploit/epss_scores-2026-08-09.csv.gz', 'exploit/epss_scores-2026-08-16.csv.gz'],
];
const extraFile = 'extra.txt';

/** Which part of what changed between the two times a revision has: none of it, or one flaw in `days`. */
export type Day = { readonly days: number | null; readonly extra: readonly ExtraStatement[] };

export type ExtraStatement = { readonly key: PackageKey; readonly statement: Statement };

/** Whether the feeds of both times are here. */
export function hasBothTimes(): boolean {
  return pairs.every(
    ([older, newer]) => sharedPath('feeds-older', older) !== null && sharedPath('feeds', newer) !== null,
  );
}

/** Builds a revision of a day; answers its name. */
export async function buildDay(outDirectory: string, { days, extra }: Day): Promise<string> {
  const feedsDirectory = join(outDirectory, '.feeds');
  mkdirSync(feedsDirectory, { recursive: true });
  for (const [path] of pairs) {
    mkdirSync(join(feedsDirectory, path, '..'), { recursive: true });
    writeFileSync(join(feedsDirectory, path), '');
  }
  writeFileSync(join(feedsDirectory, extraFile), '');
  const { meta } = await buildIntelligence({
    feedsDirectory,
    outDirectory,
    onProgress: () => {},
    now: new Date('2026-08-22T00:00:00Z'),
    feeds: [...feeds.map((feed) => atDay(feed, days)), extraFeed(extra)],
  });
  return meta.revision;
}

function atDay(feed: Feed, days: number | null): Feed {
  return {
    ...feed,
    wants: (path) => path !== extraFile && feed.wants(path),
    async *read({ path }) {
      const newer = pairs.find(([older]) => older === path)?.[1] ?? '';
      const isTaken = (record: FeedRecord) => days !== null && isOfDay(record, days);
      const before = feed.read({ path, absolutePath: sharedPath('feeds-older', path) ?? '' });
      for await (const record of before) if (!isTaken(record)) yield record;
      if (days === null) return;
      const after = feed.read({ path, absolutePath: sharedPath('feeds', newer) ?? '' });
      for await (const record of after) if (isTaken(record)) yield record;
    },
  };
}

function isOfDay(record: FeedRecord, days: number): boolean {
  if (record.kind === 'stream' || record.kind === 'problem') return false;
  const id = record.kind === 'statement' ? record.statement.vulnerability : record.id;
  let hash = 7;
  for (let i = 0; i < id.length; i++) hash = (Math.imul(hash, 31) + id.charCodeAt(i)) >>> 0;
  return hash % days === 0;
}

function extraFeed(extra: readonly ExtraStatement[]): Feed {
  return {
    id: 'extra',
    title: '',
    sources: [],
    licence: '',
    downloads: [],
    wants: (path) => path === extraFile,
    read: () => extra.map((one) => ({ kind: 'statement', ...one }) as const),
  };
}
