import { openEntries } from '../archive.ts';
import type { FeedFile, FeedRecord } from '../contract.ts';
import { problemRecord, problemRecords, streamRecord } from '../records.ts';
import { releaseAfter, releaseOf } from './releases.ts';
import { type TrackerReading, trackerRecords } from './tracker-file.ts';

export function isTrackerArchive(path: string): boolean {
  return /(^|\/)ubuntu\/ubuntu-cve-tracker[\w.-]*\.(tar\.gz|zip)$/.test(path);
}

/** Most statements about the release in development that are held until its name is known. */
const develStatementsMax = 2_000_000;

/**
 * The tracker's text files, one per CVE, in `active`, `retired` and `ignored`. A file moves between those when work
 * on it ends, so it is known by its CVE and never by its path.
 * Source: https://git.launchpad.net/ubuntu-cve-tracker/tree/README
 */
export async function* readTracker(file: FeedFile): AsyncGenerator<FeedRecord> {
  const source = openEntries(file, (path) => /(^|\/)(active|retired|ignored)\/CVE-[\w-]{6,40}$/.test(path));
  const reading: TrackerReading = {
    codenames: new Set(),
    streams: new Set(),
    unknown: new Set(),
    endedCount: 0,
    devel: [],
  };
  for await (const entry of source.entries) {
    yield* trackerRecords(entry.path, entry.bytes.toString('utf8'), reading);
    if (reading.devel.length > develStatementsMax) {
      yield problemRecord('limit', file.path, 'too many statements about `devel`', 'develStatementsMax');
      reading.devel.length = 0;
    }
  }
  const devel = releaseAfter(reading.codenames);
  if (devel !== null && reading.devel.length > 0) {
    const stream = `ubuntu:${devel.version}`;
    for (const make of reading.devel) yield make(stream);
    yield streamRecord(stream, { complete: false, asOf: null });
  }
  for (const stream of reading.streams) yield streamRecord(stream, { complete: true, asOf: null });
  if (reading.endedCount > 0) {
    const why = `${reading.endedCount} statuses tell that support ended and not whether the package is affected`;
    yield problemRecord('not-assessed', file.path, why);
  }
  for (const codename of reading.unknown) {
    if (releaseOf(codename) === null) {
      yield problemRecord('unsupported', file.path, `Ubuntu release ${codename.slice(0, 40)} is not known`);
    }
  }
  yield* problemRecords(source.problems);
}
