import { below, everyVersion, type StatementStatus } from '../../../model/advisory.ts';
import { openEntries } from '../archive.ts';
import type { FeedFile, FeedRecord } from '../contract.ts';
import { cvesIn, problemRecord, problemRecords, statementRecord, streamRecord } from '../records.ts';
import { streamOfCodename } from './releases.ts';

export function isAdvisoryLists(path: string): boolean {
  return /(^|\/)(debian\/security-tracker-lists-[^/]+\.tar\.gz|debian-tracker\/(DSA|DLA)\/list)$/.test(path);
}

/**
 * The tracker's `DSA/list` and `DLA/list`: which release was fixed in which version, by advisory. Advisories are only
 * part of what the tracker knows, so they do not make a release assessed completely.
 * Source: https://security-team.debian.org/security_tracker.html (the DSA list)
 */
export async function* readAdvisoryLists(file: FeedFile): AsyncGenerator<FeedRecord> {
  const source = openEntries(file, (path) => /(^|\/)(DSA|DLA)\/list$/.test(path));
  const streams = new Set<string>();
  for await (const entry of source.entries) {
    yield* readList(entry.path, entry.bytes.toString('utf8'), streams);
  }
  for (const stream of streams) yield streamRecord(stream, { complete: false, asOf: null });
  yield* problemRecords(source.problems);
}

type Advisory = { readonly id: string; cves: readonly string[] };

function* readList(path: string, text: string, streams: Set<string>): Generator<FeedRecord> {
  let advisory: Advisory | null = null;
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    const heading = /^\[\d\d? \w{3} \d{4}\] ((?:DSA|DLA|DTSA)-[\w.-]+)/.exec(line);
    if (heading !== null) advisory = { id: heading[1] ?? '', cves: [] };
    else if (advisory !== null && /^\s+\{/.test(line)) advisory.cves = cvesIn(line);
    else if (advisory !== null && /^\s+\[/.test(line)) {
      yield* fixRecords(line, { advisory, where: `${path}:${number}`, streams });
    }
  }
}

type Place = { readonly advisory: Advisory; readonly where: string; readonly streams: Set<string> };

function* fixRecords(line: string, { advisory, where, streams }: Place): Generator<FeedRecord> {
  const match = /^\s+\[([a-z]+)\] - ([^\s]{1,200}) {1,4}([^\s]{1,200})/.exec(line);
  const stream = match === null ? null : streamOfCodename(match[1] ?? '');
  const state = match === null ? null : stateOf(match[3] ?? '');
  if (match === null || stream === null || state === null) {
    yield problemRecord('malformed', where, 'line is not `[release] - package version`');
    return;
  }
  streams.add(stream);
  for (const vulnerability of advisory.cves) {
    yield statementRecord(
      { stream, name: match[2] ?? '' },
      {
        vulnerability,
        advisory: advisory.id,
        feed: 'debian-tracker',
        record: `${advisory.id} ${stream}`,
        status: state.status,
        scheme: 'deb',
        ranges:
          state.status === 'not-affected' ? [] : [state.fixed === null ? everyVersion : below(state.fixed)],
      },
    );
  }
}

const words: Readonly<Record<string, StatementStatus>> = {
  '<not-affected>': 'not-affected',
  '<unfixed>': 'affected',
  '<end-of-life>': 'end-of-life',
  '<no-dsa>': 'affected',
  '<postponed>': 'deferred',
  '<ignored>': 'will-not-fix',
  '<undetermined>': 'unknown',
  '<removed>': 'affected',
};

function stateOf(
  version: string,
): { readonly status: StatementStatus; readonly fixed: string | null } | null {
  if (!version.startsWith('<')) return { status: 'fixed', fixed: version };
  const status = words[version];
  return status === undefined ? null : { status, fixed: null };
}
