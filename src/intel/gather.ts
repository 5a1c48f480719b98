import type { PackageKey, Statement } from '../model/advisory.ts';
import { assert } from '../model/assert.ts';
import { type Problem, problem } from '../model/problem.ts';
import type { FeedRecord, VulnerabilityFacts } from '../plugins/feeds/contract.ts';
import { type IdTable, idTable } from './aliases.ts';
import { encodeStatement, packValue } from './codec.ts';
import { type EpssTable, epssTable } from './epss-table.ts';
import { bucketCount, bucketOf, bucketsPerPartition, keyBytesMax, keyText } from './keys.ts';
import { openSpool, type Spool } from './spool.ts';

/** Problems that are kept, of all feeds and of each. The rest are counted. */
export const problemsKept = 1000;
export const problemsKeptPerFeed = 100;

export const partitionCount = bucketCount / bucketsPerPartition;

/** What was counted of one feed while reading. */
export type FeedCounts = { problems: number; asOf: string | null; epssScores: number };

export type StreamState = { readonly feeds: Set<string>; complete: boolean; asOf: string | null };

/** Everything that the feeds said: small things in memory, statements and facts on disk. */
export type Gathered = {
  readonly ids: IdTable;
  readonly aliases: (readonly [number, number])[];
  readonly schemes: readonly string[];
  readonly statements: Spool;
  readonly facts: Spool;
  readonly streams: Map<string, StreamState>;
  readonly epss: EpssTable;
  readonly counts: Map<string, FeedCounts>;
  readonly problems: Problem[];
  problemTotal: number;
};

/** Takes the records of feeds, one feed at a time. */
export type Gatherer = {
  readonly gathered: Gathered;
  add(record: FeedRecord, feed: { readonly id: string; readonly preference: number }): void;
};

export function gatherer(options: { readonly directory: string; readonly now: Date }): Gatherer {
  const schemes: string[] = [];
  const schemeNumbers = new Map<string, number>();
  const gathered: Gathered = {
    ids: idTable(),
    aliases: [],
    schemes,
    statements: openSpool(options.directory, 'statements', partitionCount),
    facts: openSpool(options.directory, 'facts', partitionCount),
    streams: new Map(),
    epss: epssTable(),
    counts: new Map(),
    problems: [],
    problemTotal: 0,
  };
  // Impossible dates in the future would make a feed look fresh for ever.
  const latest = new Date(options.now.getTime() + 86_400_000).toISOString();

  function countsOf(feed: string): FeedCounts {
    const known = gathered.counts.get(feed);
    if (known !== undefined) return known;
    const counts = { problems: 0, asOf: null, epssScores: 0 };
    gathered.counts.set(feed, counts);
    return counts;
  }

  function schemeNumber(scheme: string): number {
    const known = schemeNumbers.get(scheme);
    if (known !== undefined) return known;
    schemeNumbers.set(scheme, schemes.length);
    schemes.push(scheme);
    assert(schemes.length < 256, 'fewer than 256 version schemes');
    return schemes.length - 1;
  }

  function addStatement(
    key: PackageKey,
    statement: Statement,
    feed: { id: string; preference: number },
  ): void {
    const text = keyText(key);
    const keyBytes = Buffer.from(text, 'utf8');
    if (keyBytes.length > keyBytesMax) {
      addProblem(
        problem('limit', text.slice(0, 100), 'package name is too long to be kept', 'keyBytesMax'),
        feed.id,
      );
      return;
    }
    const header = Buffer.allocUnsafe(6);
    header.writeUInt32LE(gathered.ids.index(statement.vulnerability), 0);
    header[4] = feed.preference;
    header[5] = schemeNumber(statement.scheme);
    const partition = Math.floor(bucketOf(text) / bucketsPerPartition);
    gathered.statements.add(partition, [keyBytes, header, encodeStatement(statement)]);
  }

  function addFacts(facts: VulnerabilityFacts, feed: { id: string; preference: number }): void {
    const counts = countsOf(feed.id);
    counts.asOf = laterDay(
      counts.asOf,
      [facts.modified, facts.published, facts.epss?.date, facts.kev?.dateAdded],
      latest,
    );
    const { kind: _kind, epss, ...rest } = facts;
    if (epss !== undefined && gathered.epss.add(facts.id, epss)) counts.epssScores += 1;
    // Most EPSS scores are for CVEs of which nothing else is known here; they live in the score table alone.
    if (Object.keys(rest).length === 2 && epss !== undefined) return;
    const header = Buffer.allocUnsafe(5);
    const index = gathered.ids.index(facts.id);
    header.writeUInt32LE(index, 0);
    header[4] = feed.preference;
    gathered.facts.add(index % partitionCount, [header, packValue(rest)]);
  }

  function addProblem(found: Problem, feed: string): void {
    const counts = countsOf(feed);
    counts.problems += 1;
    gathered.problemTotal += 1;
    if (gathered.problems.length < problemsKept && counts.problems <= problemsKeptPerFeed)
      gathered.problems.push(found);
  }

  function addStream(record: Extract<FeedRecord, { kind: 'stream' }>, feed: string): void {
    const state = gathered.streams.get(record.stream) ?? {
      feeds: new Set<string>(),
      complete: false,
      asOf: null,
    };
    gathered.streams.set(record.stream, state);
    state.feeds.add(feed);
    state.complete ||= record.complete;
    state.asOf = laterDay(state.asOf, [record.asOf ?? undefined], latest);
    const counts = countsOf(feed);
    counts.asOf = laterDay(counts.asOf, [record.asOf ?? undefined], latest);
  }

  return {
    gathered,
    add(record, feed) {
      switch (record.kind) {
        case 'statement':
          return addStatement(record.key, record.statement, feed);
        case 'vulnerability':
          return addFacts(record, feed);
        case 'alias':
          if (record.id !== record.alias) {
            gathered.aliases.push([gathered.ids.index(record.id), gathered.ids.index(record.alias)]);
          }
          return;
        case 'stream':
          return addStream(record, feed.id);
        case 'problem':
          return addProblem(record.problem, feed.id);
      }
    },
  };
}

function laterDay(
  known: string | null,
  times: readonly (string | undefined)[],
  latest: string,
): string | null {
  let result = known;
  for (const time of times) {
    if (time !== undefined && time <= latest && (result === null || time > result)) result = time;
  }
  return result;
}
