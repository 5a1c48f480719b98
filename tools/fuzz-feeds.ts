import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openEntries } from '../src/plugins/feeds/archive.ts';
import { openChunks } from '../src/plugins/feeds/chunks.ts';
import type { Feed, FeedRecord } from '../src/plugins/feeds/contract.ts';
import { tarOf, zipOf } from '../testkit/feeds.ts';
import { sharedPath } from '../testkit/shared.ts';
import { type Dice, mutate } from './fuzz-mutate.ts';

type Member = { readonly path: string; readonly bytes: Buffer };

/** A file of a feeds directory: plain, or an archive of members. */
export type FeedSample = {
  readonly path: string;
  readonly archive: 'tar' | 'zip' | null;
  readonly members: readonly Member[];
};

const cutBytes = 24 * 1024;
const membersMax = 6;
const samplesMax = 40;
const recordsMax = 500_000;
const packed = /^(.*?\.(tar\.gz|zip))\/(.+)$/;

/** The project's own test data of a feed and, where it is there, the start of each file of the bundle. */
export async function feedSamples(feed: Feed, feedsFolder: string): Promise<readonly FeedSample[]> {
  return [...ownSamples(join(feedsFolder, feed.id, 'testdata')), ...(await sharedSamples(feed))]
    .filter(({ path }) => feed.wants(path))
    .slice(0, samplesMax);
}

function ownSamples(testdata: string): readonly FeedSample[] {
  if (!existsSync(testdata)) return [];
  return readdirSync(testdata).flatMap((name) => {
    const tree = join(testdata, name, 'tree');
    const samples = new Map<string, { archive: FeedSample['archive']; members: Member[] }>();
    for (const path of filesBelow(tree)) {
      const bytes = readFileSync(join(tree, path));
      const [, outer, ending, inner] = packed.exec(path) ?? [];
      const archive = outer === undefined ? null : ending === 'zip' ? 'zip' : 'tar';
      const known = samples.get(outer ?? path) ?? { archive, members: [] };
      known.members.push({ path: inner ?? path, bytes });
      samples.set(outer ?? path, known);
    }
    return [...samples].map(([path, sample]) => ({ path, ...sample }));
  });
}

function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => relative('.', path).split(sep).join('/'))
    .sort();
}

async function sharedSamples(feed: Feed): Promise<readonly FeedSample[]> {
  const root = sharedPath('feeds');
  if (root === null) return [];
  const samples: FeedSample[] = [];
  for (const path of filesBelow(root)
    .filter((name) => feed.wants(name))
    .slice(0, 8)) {
    const file = { path, absolutePath: join(root, path) };
    const archive = path.endsWith('.zip') ? 'zip' : path.endsWith('.tar.gz') ? 'tar' : null;
    const members = archive === null ? [{ path, bytes: await startOf(file) }] : await membersOf(file);
    if (members.length > 0) samples.push({ path, archive, members });
  }
  return samples;
}

async function startOf(file: { path: string; absolutePath: string }): Promise<Buffer> {
  for await (const chunk of openChunks(file).chunks) return Buffer.from(chunk.subarray(0, cutBytes));
  return Buffer.alloc(0);
}

async function membersOf(file: { path: string; absolutePath: string }): Promise<readonly Member[]> {
  const members: Member[] = [];
  for await (const { path, bytes } of openEntries(file, () => true).entries) {
    if (bytes.length > 0) members.push({ path, bytes: Buffer.from(bytes.subarray(0, cutBytes)) });
    if (members.length >= membersMax) break;
  }
  return members;
}

/** One damaged file, written under a folder of its own that `finish` removes. */
export function feedWriter(): {
  readonly write: (
    sample: FeedSample,
    corpus: readonly Buffer[],
    dice: Dice,
  ) => { path: string; absolutePath: string };
  readonly finish: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'openinspector-fuzz-'));
  return {
    write(sample, corpus, dice) {
      const chosen = dice(sample.members.length);
      const members = sample.members.map((member, index) =>
        index === chosen ? { ...member, bytes: mutate(member.bytes, corpus, dice) } : member,
      );
      let bytes = packOf(sample.archive, members);
      // Now and then the archive itself is what is damaged.
      if (sample.archive !== null && dice(8) === 0) bytes = mutate(bytes, corpus, dice);
      const absolutePath = join(folder, sample.path);
      mkdirSync(dirname(absolutePath), { recursive: true });
      writeFileSync(absolutePath, bytes);
      return { path: sample.path, absolutePath };
    },
    finish: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function packOf(archive: FeedSample['archive'], members: readonly Member[]): Buffer {
  if (archive === 'zip') return zipOf(members);
  return archive === 'tar' ? gzipSync(tarOf(members), { level: 1 }) : (members[0]?.bytes ?? Buffer.alloc(0));
}

/** Reads a file to its end; what a record must not be is an error. */
export async function readFeed(feed: Feed, file: { path: string; absolutePath: string }): Promise<void> {
  let count = 0;
  for await (const record of feed.read(file)) {
    checkRecord(record);
    if (++count > recordsMax) throw new Error(`more than ${recordsMax} records`);
  }
}

function checkRecord(record: FeedRecord): void {
  if (record.kind === 'problem') {
    const { where, why, limit, kind } = record.problem;
    if (where === '' || why === '' || (limit !== null) !== (kind === 'limit'))
      throw new Error(`a problem without its facts: ${JSON.stringify(record.problem)}`);
  } else if (record.kind === 'statement') {
    const { key, statement } = record;
    if (key.name === '' || statement.vulnerability === '' || typeof key.name !== 'string')
      throw new Error(`a statement without its key: ${JSON.stringify(record).slice(0, 300)}`);
    const saysRanges = statement.status === 'affected' || statement.status === 'fixed';
    if (saysRanges && statement.ranges.length + statement.versions.length === 0)
      throw new Error(`a statement about every version: ${JSON.stringify(record).slice(0, 300)}`);
  }
}
