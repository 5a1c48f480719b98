import { mkdirSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type Problem, problem, reasonOf } from '../model/problem.ts';
import type { Feed, FeedFile } from '../plugins/feeds/contract.ts';
import { feeds as allFeeds } from '../plugins/feeds/registry.ts';
import { joinAliases } from './aliases.ts';
import { packValue } from './codec.ts';
import type { FeedSummary, IntelligenceMeta } from './contract.ts';
import { type Gathered, type Gatherer, gatherer } from './gather.ts';
import { databaseFile, openTables, type Tables } from './layout.ts';
import { publishRevision, revisionOf } from './publish.ts';
import { type Written, writeContent } from './write.ts';

/** Deepest folder, and most files, of a feeds directory that are looked at. */
export const feedsDepthMax = 12;
export const feedFilesMax = 1_000_000;

export type BuildOptions = {
  /** Where the feed files lie, under the paths that feeds know. Files that no feed wants are passed over. */
  readonly feedsDirectory: string;
  /** Where revisions are kept. */
  readonly outDirectory: string;
  readonly onProgress: (progress: BuildProgress) => void;
  readonly now: Date;
  readonly isStarter?: boolean;
  /** The feeds to read with; all of them unless told otherwise. */
  readonly feeds?: readonly Feed[];
};

export type BuildProgress = {
  readonly stage: 'read' | 'join' | 'write';
  /** The file that is being read, or empty. */
  readonly path: string;
  readonly done: number;
  readonly total: number;
};

export type BuildResult = {
  readonly meta: IntelligenceMeta;
  /** The first of them; `problemTotal` counts all. */
  readonly problems: readonly Problem[];
  readonly problemTotal: number;
  /** The revision's own directory. */
  readonly directory: string;
  /** Statements left out because their flaw is withdrawn. */
  readonly withdrawnStatements: number;
};

/**
 * Builds a revision of the intelligence database out of a feeds directory and makes it the current one. The revision's
 * name is a hash of its content: equal feeds give equal revisions, whatever their order. The new directory appears
 * whole or not at all; readers of the old revision are not disturbed. A bad file or record is a problem, not an end.
 * Memory is bounded: statements and facts are grouped on disk. Throws when the directories cannot be used.
 */
export async function buildIntelligence(options: BuildOptions): Promise<BuildResult> {
  mkdirSync(options.outDirectory, { recursive: true });
  const directory = join(options.outDirectory, `.build-${process.pid}-${Date.now()}`);
  mkdirSync(directory);
  try {
    const feeds = options.feeds ?? allFeeds;
    const gather = gatherer({ directory, now: options.now });
    await readFeeds(options, feeds, gather);
    return await write(options, { feeds, gathered: gather.gathered, directory });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function readFeeds(options: BuildOptions, feeds: readonly Feed[], gather: Gatherer): Promise<void> {
  const paths = await feedPaths(options.feedsDirectory);
  const tasks = feeds.flatMap((feed, preference) =>
    paths.filter((path) => feed.wants(path)).map((path) => ({ feed, preference, path })),
  );
  if (tasks.length === 0) throw new Error(`no feed knows any file in ${options.feedsDirectory}`);
  for (const [done, { feed, preference, path }] of tasks.entries()) {
    options.onProgress({ stage: 'read', path, done, total: tasks.length });
    const file: FeedFile = { path, absolutePath: join(options.feedsDirectory, ...path.split('/')) };
    await readFile(feed, file, preference, gather);
  }
}

async function readFile(feed: Feed, file: FeedFile, preference: number, gather: Gatherer): Promise<void> {
  const from = { id: feed.id, preference };
  try {
    for await (const record of feed.read(file)) gather.add(record, from);
  } catch (error) {
    if (reasonOf(error).startsWith('assertion failed')) throw error;
    // A feed must not throw; when one does, the others still count.
    const why = `feed ${feed.id} failed on it: ${reasonOf(error)}`;
    gather.add({ kind: 'problem', problem: problem('unreadable', file.path, why) }, from);
  }
}

/** Every file below a directory, as sorted relative paths with `/`. Links are not followed. */
async function feedPaths(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  const pending = [{ path: directory, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of await readdir(next.path, { withFileTypes: true })) {
      const path = join(next.path, entry.name);
      if (entry.isDirectory() && next.depth < feedsDepthMax) pending.push({ path, depth: next.depth + 1 });
      else if (entry.isFile()) found.push(relative(directory, path).split(sep).join('/'));
    }
    if (found.length > feedFilesMax)
      throw new Error(`${directory} holds more than ${feedFilesMax} files (feedFilesMax)`);
  }
  return found.sort();
}

type Building = { readonly feeds: readonly Feed[]; readonly gathered: Gathered; readonly directory: string };

async function write(options: BuildOptions, { feeds, gathered, directory }: Building): Promise<BuildResult> {
  options.onProgress({ stage: 'join', path: '', done: 0, total: gathered.aliases.length });
  const joined = joinAliases(gathered.ids, gathered.aliases);
  const problems = [...gathered.problems, ...joined.problems];
  const path = join(directory, databaseFile);
  const tables = openTables(path, { readOnly: false });
  let meta: IntelligenceMeta;
  let written: Written;
  try {
    written = writeContent({
      gathered,
      classes: joined.classes,
      tables,
      directory,
      feedIds: feeds.map(({ id }) => id),
      onPartition: (done, total) => options.onProgress({ stage: 'write', path: '', done, total }),
    });
    const rest = writeRest(tables, gathered);
    meta = metaOf(options, { feeds, gathered, written, revision: revisionOf([...written.buckets, ...rest]) });
    tables.root.transactionSync(() => {
      tables.meta.put('meta', packValue(meta));
      tables.meta.put('epssDate', packValue(gathered.epss.date()));
      tables.meta.put('problems', packValue(problems));
    });
  } finally {
    await tables.root.close();
    gathered.statements.close();
    gathered.facts.close();
  }
  const problemTotal = gathered.problemTotal + joined.conflicts;
  const place = publishRevision(options.outDirectory, { directory, path, revision: meta.revision });
  return { meta, problems, problemTotal, directory: place, withdrawnStatements: written.withdrawnStatements };
}

/** Streams and EPSS scores. Gives the bytes that the revision's hash covers. */
function writeRest(tables: Tables, gathered: Gathered): readonly Buffer[] {
  const covered: Buffer[] = [];
  const streams = [...gathered.streams.entries()].sort(([left], [right]) => (left < right ? -1 : 1));
  tables.root.transactionSync(() => {
    for (const [stream, { feeds, complete, asOf }] of streams) {
      const bytes = packValue([[...feeds].sort(), complete, asOf]);
      tables.streams.put(stream, bytes);
      covered.push(Buffer.from(stream, 'utf8'), bytes);
    }
    for (const { key, bytes } of gathered.epss.blocks()) {
      tables.epss.put(key, bytes);
      covered.push(Buffer.from(key, 'utf8'), bytes);
    }
  });
  return covered;
}

function metaOf(
  options: BuildOptions,
  parts: {
    readonly feeds: readonly Feed[];
    readonly gathered: Gathered;
    readonly written: Written;
    readonly revision: string;
  },
): IntelligenceMeta {
  const { written, gathered } = parts;
  const summaries: FeedSummary[] = [];
  for (const [preference, { id }] of parts.feeds.entries()) {
    const counts = gathered.counts.get(id);
    const statements = written.statementsByFeed.get(preference) ?? 0;
    const told = written.vulnerabilitiesByFeed.get(preference) ?? 0;
    if (counts === undefined && statements === 0 && told === 0) continue;
    summaries.push({
      id,
      statements,
      vulnerabilities: told + (counts?.epssScores ?? 0),
      problems: counts?.problems ?? 0,
      asOf: counts?.asOf ?? null,
    });
  }
  return {
    revision: parts.revision,
    builtAt: options.now.toISOString(),
    isStarter: options.isStarter ?? false,
    statementCount: written.statementCount,
    keyCount: written.keyCount,
    vulnerabilityCount: written.vulnerabilityCount,
    feeds: summaries.sort((left, right) => (left.id < right.id ? -1 : 1)),
  };
}
