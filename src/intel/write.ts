import { assert } from '../model/assert.ts';
import type { VulnerabilityFacts } from '../plugins/feeds/contract.ts';
import type { AliasClasses } from './aliases.ts';
import { encodeGroups, encodeVulnerability, packValue, type StatementGroup, unpackValue } from './codec.ts';
import { type Gathered, partitionCount } from './gather.ts';
import { bucketOf, bucketsPerPartition, contentHash } from './keys.ts';
import type { Tables } from './layout.ts';
import { type FactsFrom, mergeFacts } from './merge.ts';
import { openSpool, type Spool } from './spool.ts';
import { openValueLog, type ValueLog } from './value-log.ts';

/** What was written, and the hashes that stand for it. */
export type Written = {
  statementCount: number;
  keyCount: number;
  vulnerabilityCount: number;
  /** Statements left out because their flaw is withdrawn. */
  withdrawnStatements: number;
  /** By feed preference number. */
  readonly statementsByFeed: Map<number, number>;
  readonly vulnerabilitiesByFeed: Map<number, number>;
  /** A hash of every hash bucket, in order. */
  readonly buckets: Buffer[];
};

type Writing = {
  readonly gathered: Gathered;
  readonly classes: AliasClasses;
  readonly tables: Tables;
  readonly directory: string;
  readonly feedIds: readonly string[];
  readonly written: Written;
  readonly onPartition: (done: number, total: number) => void;
};

/** Writes vulnerabilities and statements, partition by partition. */
export function writeContent(options: Omit<Writing, 'written'>): Written {
  const written: Written = {
    statementCount: 0,
    keyCount: 0,
    vulnerabilityCount: 0,
    withdrawnStatements: 0,
    statementsByFeed: new Map(),
    vulnerabilitiesByFeed: new Map(),
    buckets: [],
  };
  const writing: Writing = { ...options, written };
  const withdrawn = withLog(writing, 'vulnerabilities', (log) => writeVulnerabilities(writing, log));
  writeAliases(writing);
  const pairs = openSpool(writing.directory, 'pairs', partitionCount);
  try {
    withLog(writing, 'statements', (log) => writeStatements(writing, { withdrawn, pairs, log }));
    withLog(writing, 'keys', (log) => writeKeysOf(pairs, log));
  } finally {
    pairs.close();
  }
  return written;
}

/** Values are gathered in a log and written in the order of their keys, which fills pages best and touches few. */
function withLog<T>(
  { tables, directory }: Writing,
  name: 'vulnerabilities' | 'statements' | 'keys',
  work: (log: ValueLog) => T,
): T {
  const log = openValueLog(directory, name);
  try {
    const result = work(log);
    log.writeTo(tables.root, tables[name]);
    return result;
  } finally {
    log.close();
  }
}

function partitionOf(text: string): number {
  return Math.floor(bucketOf(text) / bucketsPerPartition);
}

/** Gives the display indexes of withdrawn vulnerabilities. */
function writeVulnerabilities(writing: Writing, log: ValueLog): ReadonlySet<number> {
  const spool = openSpool(writing.directory, 'classes', partitionCount);
  const withdrawn = new Set<number>();
  try {
    spreadFacts(writing, spool);
    const members = displaysByPartition(writing);
    for (let partition = 0; partition < partitionCount; partition += 1) {
      const told = factsByDisplay(spool, partition);
      const buckets = newBuckets();
      for (const display of members[partition] ?? []) {
        writeVulnerability(writing, { display, told: told.get(display) ?? [], buckets, withdrawn, log });
      }
      writeBuckets(writing, { prefix: 'v', partition, buckets });
      writing.onPartition(partition + 1, partitionCount * 2);
    }
  } finally {
    spool.close();
  }
  return withdrawn;
}

function writeAliases({ gathered, classes, tables }: Writing): void {
  const { ids } = gathered.ids;
  const others = ids.flatMap((id, index) => (classes.display(index) === index ? [] : [{ id, index }]));
  others.sort((left, right) => compareText(left.id, right.id));
  tables.root.transactionSync(() => {
    for (const { id, index } of others) {
      tables.aliases.put(id, Buffer.from(ids[classes.display(index)] ?? '', 'utf8'));
    }
  });
}

/** Facts go to the partition of the display id that they ended up under. */
function spreadFacts({ gathered, classes }: Writing, spool: Spool): void {
  for (let partition = 0; partition < partitionCount; partition += 1) {
    for (const [header, bytes] of gathered.facts.take(partition)) {
      assert(header !== undefined && bytes !== undefined, 'facts record has two fields');
      const display = classes.display(header.readUInt32LE(0));
      const place = Buffer.alloc(5);
      place.writeUInt32LE(display, 0);
      place[4] = header[4] ?? 0;
      spool.add(partitionOf(gathered.ids.ids[display] ?? ''), [place, bytes]);
    }
  }
}

function displaysByPartition({ gathered, classes }: Writing): readonly (readonly number[])[] {
  const members: number[][] = Array.from({ length: partitionCount }, () => []);
  for (const [index, id] of gathered.ids.ids.entries()) {
    if (classes.display(index) === index) members[partitionOf(id)]?.push(index);
  }
  return members;
}

function factsByDisplay(spool: Spool, partition: number): ReadonlyMap<number, readonly FactsFrom[]> {
  const told = new Map<number, FactsFrom[]>();
  for (const [place, bytes] of spool.take(partition)) {
    assert(place !== undefined && bytes !== undefined, 'class record has two fields');
    const facts = unpackValue(bytes) as Omit<VulnerabilityFacts, 'kind'>;
    const entry = { preference: place[4] ?? 0, facts };
    const known = told.get(place.readUInt32LE(0));
    if (known === undefined) told.set(place.readUInt32LE(0), [entry]);
    else known.push(entry);
  }
  return told;
}

type Bucket = Map<string, Buffer>;

function newBuckets(): readonly Bucket[] {
  return Array.from({ length: bucketsPerPartition }, () => new Map());
}

function writeVulnerability(
  { gathered, classes, written }: Writing,
  parts: {
    readonly display: number;
    readonly told: readonly FactsFrom[];
    readonly buckets: readonly Bucket[];
    readonly withdrawn: Set<number>;
    readonly log: ValueLog;
  },
): void {
  const { ids } = gathered.ids;
  const id = ids[parts.display] ?? '';
  const aliases = classes.aliases(parts.display).map((index) => ids[index] ?? '');
  const vulnerability = mergeFacts({ id, aliases }, parts.told);
  if (vulnerability.withdrawn !== null) parts.withdrawn.add(parts.display);
  const bytes = encodeVulnerability(vulnerability);
  parts.log.add(id, bytes);
  parts.buckets[bucketOf(id) % bucketsPerPartition]?.set(id, contentHash(bytes));
  written.vulnerabilityCount += 1;
  for (const feed of new Set(parts.told.map(({ preference }) => preference))) {
    written.vulnerabilitiesByFeed.set(feed, (written.vulnerabilitiesByFeed.get(feed) ?? 0) + 1);
  }
}

function writeBuckets(
  { tables, written }: Writing,
  parts: { readonly prefix: 'k' | 'v'; readonly partition: number; readonly buckets: readonly Bucket[] },
): void {
  const writes: { readonly key: string; readonly bytes: Buffer }[] = [];
  for (const [index, bucket] of parts.buckets.entries()) {
    const sorted = [...bucket.entries()].sort(([left], [right]) => (left < right ? -1 : 1));
    const bytes = packValue(sorted.flat());
    writes.push({ key: `${parts.prefix}${parts.partition * bucketsPerPartition + index}`, bytes });
    written.buckets.push(contentHash(bytes));
  }
  tables.root.transactionSync(() => {
    for (const { key, bytes } of writes) tables.hashes.put(key, bytes);
  });
}

type Held = {
  readonly display: number;
  readonly feed: number;
  readonly scheme: number;
  readonly bytes: Buffer;
};

type Statements = { readonly withdrawn: ReadonlySet<number>; readonly pairs: Spool; readonly log: ValueLog };

function writeStatements(writing: Writing, { withdrawn, pairs, log }: Statements): void {
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const buckets = newBuckets();
    for (const [key, held] of statementsByKey(writing, partition, withdrawn)) {
      writeKey(writing, { key, held, buckets, pairs, log });
    }
    writeBuckets(writing, { prefix: 'k', partition, buckets });
    writing.onPartition(partitionCount + partition + 1, partitionCount * 2);
  }
}

function statementsByKey(
  { gathered, classes, written }: Writing,
  partition: number,
  withdrawn: ReadonlySet<number>,
): ReadonlyMap<string, readonly Held[]> {
  const byKey = new Map<string, Held[]>();
  for (const [keyBytes, header, bytes] of gathered.statements.take(partition)) {
    assert(
      keyBytes !== undefined && header !== undefined && bytes !== undefined,
      'statement record has three fields',
    );
    const display = classes.display(header.readUInt32LE(0));
    if (withdrawn.has(display)) {
      written.withdrawnStatements += 1;
      continue;
    }
    const key = keyBytes.toString('utf8');
    const held = { display, feed: header[4] ?? 0, scheme: header[5] ?? 0, bytes };
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [held]);
    else known.push(held);
  }
  return byKey;
}

/** Writes one key: its statements sorted and without exact repeats, grouped by feed and scheme. */
function writeKey(
  writing: Writing,
  parts: {
    readonly key: string;
    readonly held: readonly Held[];
    readonly buckets: readonly Bucket[];
    readonly pairs: Spool;
    readonly log: ValueLog;
  },
): void {
  const { gathered, feedIds, written } = writing;
  const { ids } = gathered.ids;
  const sorted = distinct(parts.held.toSorted((left, right) => compareHeld(left, right, gathered, feedIds)));
  const groups: { feed: string; scheme: string; statements: Buffer[] }[] = [];
  const displays: string[] = [];
  for (const { display, feed, scheme, bytes } of sorted) {
    const [feedId, schemeId] = [feedIds[feed] ?? '', gathered.schemes[scheme] ?? ''];
    const last = groups.at(-1);
    if (last?.feed === feedId && last.scheme === schemeId) last.statements.push(bytes);
    else groups.push({ feed: feedId, scheme: schemeId, statements: [bytes] });
    displays.push(ids[display] ?? '');
    written.statementsByFeed.set(feed, (written.statementsByFeed.get(feed) ?? 0) + 1);
  }
  const value = encodeGroups(groups satisfies readonly StatementGroup[]);
  parts.log.add(parts.key, value);
  // The display ids belong to what is judged: a statement that is shown under another id has changed.
  const hashed = Buffer.concat([value, Buffer.from(displays.join('\n'), 'utf8')]);
  parts.buckets[bucketOf(parts.key) % bucketsPerPartition]?.set(parts.key, contentHash(hashed));
  const keyBytes = Buffer.from(parts.key, 'utf8');
  for (const display of new Set(displays)) {
    parts.pairs.add(partitionOf(display), [Buffer.from(display, 'utf8'), keyBytes]);
  }
  written.keyCount += 1;
  written.statementCount += sorted.length;
}

function compareHeld(left: Held, right: Held, gathered: Gathered, feedIds: readonly string[]): number {
  return (
    compareText(feedIds[left.feed] ?? '', feedIds[right.feed] ?? '') ||
    compareText(gathered.schemes[left.scheme] ?? '', gathered.schemes[right.scheme] ?? '') ||
    Buffer.compare(left.bytes, right.bytes)
  );
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function distinct(sorted: readonly Held[]): readonly Held[] {
  return sorted.filter((held, index) => {
    const before = sorted[index - 1];
    return (
      before === undefined ||
      before.feed !== held.feed ||
      before.scheme !== held.scheme ||
      !before.bytes.equals(held.bytes)
    );
  });
}

/** The other direction: from a vulnerability to the keys that speak of it. */
function writeKeysOf(pairs: Spool, log: ValueLog): void {
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const byDisplay = new Map<string, string[]>();
    for (const [display, key] of pairs.take(partition)) {
      assert(display !== undefined && key !== undefined, 'pair record has two fields');
      const known = byDisplay.get(display.toString('utf8'));
      if (known === undefined) byDisplay.set(display.toString('utf8'), [key.toString('utf8')]);
      else known.push(key.toString('utf8'));
    }
    for (const [display, keys] of byDisplay) log.add(display, packValue(keys.sort()));
  }
}
