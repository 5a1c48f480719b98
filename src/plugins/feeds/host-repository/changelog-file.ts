import { below } from '../../../model/advisory.ts';
import { openEntries } from '../archive.ts';
import type { FeedFile, FeedRecord } from '../contract.ts';
import { problemRecord, problemRecords, statementRecord, streamRecord } from '../records.ts';
import { type ChangelogEntry, parseChangelog } from './changelog.ts';
import type { RepositoryFile } from './layout.ts';

/**
 * What the changelog of a source package says: each flaw that an entry names is fixed in that entry's version, the
 * oldest one that names it. Entries under a former name of the source say nothing of versions under the present one.
 */
export async function* readChangelogFile(file: FeedFile, place: RepositoryFile): AsyncGenerator<FeedRecord> {
  const source = openEntries(file, () => true);
  for await (const { bytes } of source.entries) {
    // A changelog that is cut off has lost its oldest entries, which are those that count.
    if (source.problems.length === 0) yield* changelogRecords(file.path, bytes.toString('utf8'), place);
  }
  yield* problemRecords(source.problems);
}

function* changelogRecords(where: string, text: string, place: RepositoryFile): Generator<FeedRecord> {
  const { entries, isWhole } = parseChangelog(text);
  if (!isWhole) {
    const why = 'changelog has more entries than are looked at, so the oldest mention of a flaw is not known';
    yield problemRecord('limit', where, why, 'changelogEntriesMax');
    return;
  }
  const own = entries.filter(({ source }) => source === place.source);
  const [newest] = own;
  if (newest === undefined) {
    yield problemRecord('malformed', where, `is no changelog of ${place.source}`);
    return;
  }
  for (const [vulnerability, { version }] of fixesOf(own)) yield fixRecord({ vulnerability, version, place });
  yield streamRecord(place.stream, { complete: false, asOf: dayOf(newest.date) });
}

// Entries stand from the newest to the oldest, so the last one that names a flaw stays.
function fixesOf(entries: readonly ChangelogEntry[]): ReadonlyMap<string, ChangelogEntry> {
  const fixes = new Map<string, ChangelogEntry>();
  for (const entry of entries) for (const cve of entry.cves) fixes.set(cve, entry);
  return fixes;
}

type Fix = { readonly vulnerability: string; readonly version: string; readonly place: RepositoryFile };

function fixRecord({ vulnerability, version, place }: Fix): FeedRecord {
  const { stream, source, repository } = place;
  return statementRecord(
    { stream, name: source },
    {
      vulnerability,
      feed: 'host-repository',
      record: `changelog of ${source} ${place.version}, entry ${version}, in ${repository}`,
      status: 'fixed',
      scheme: 'deb',
      ranges: [below(version)],
      note: 'named in the changelog',
    },
  );
}

function dayOf(date: string | null): string | null {
  const time = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? null : new Date(time).toISOString().slice(0, 10);
}
