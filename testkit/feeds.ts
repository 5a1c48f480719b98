import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { crc32, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Feed, FeedRecord } from '../src/plugins/feeds/contract.ts';
import { versionScheme } from '../src/versions/registry.ts';

/**
 * A golden case: `testdata/<case>/tree` is a feeds directory, and `expected.json` beside it what its files must give.
 * A folder whose name ends in `.tar.gz` or `.zip` stands for an archive of what is in it.
 */
export type FeedCase = {
  readonly name: string;
  readonly folder: string;
  /** Path in the feeds directory to its bytes, archives packed. */
  readonly files: ReadonlyMap<string, Buffer>;
};

/** What every feed has to keep: names, sources, golden cases, and problems instead of throws for any bytes. */
export function feedContract(feeds: readonly Feed[], folder: string): void {
  testRegistry(feeds, folder);
  for (const feed of feeds) {
    describe(`feed ${feed.id}`, () => {
      const cases = readFeedCases(join(folder, feed.id, 'testdata'));
      testDeclaration(feed, folder, cases);
      for (const golden of cases) {
        testGolden(feed, golden);
        testDamage(feed, golden);
      }
    });
  }
}

/** The golden cases below a `testdata` folder, by name. */
export function readFeedCases(testdata: string): readonly FeedCase[] {
  if (!existsSync(testdata)) return [];
  return readdirSync(testdata)
    .filter((name) => existsSync(join(testdata, name, 'tree')))
    .sort()
    .map((name) => ({ name, folder: join(testdata, name), files: packTree(join(testdata, name, 'tree')) }));
}

/** Writes files under a directory. */
export function writeTree(directory: string, files: ReadonlyMap<string, Buffer>): void {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), bytes);
  }
}

/** Everything that a feed says of the files that it wants, in the order of paths. Stops at `recordsMax`. */
export async function readAll(
  feed: Feed,
  directory: string,
  recordsMax = 100_000,
): Promise<readonly FeedRecord[]> {
  const records: FeedRecord[] = [];
  for (const path of listFiles(directory).filter((name) => feed.wants(name))) {
    for await (const record of feed.read({ path, absolutePath: join(directory, path) })) {
      records.push(record);
      assert.ok(records.length <= recordsMax, `more than ${recordsMax} records`);
    }
  }
  return records;
}

function listFiles(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

const packedFolder = /\.(tar\.gz|zip)(?=\/|$)/;

function packTree(tree: string): ReadonlyMap<string, Buffer> {
  const archives = new Map<string, { path: string; bytes: Buffer }[]>();
  const files = new Map<string, Buffer>();
  for (const path of listFiles(tree)) {
    const bytes = readFileSync(join(tree, path));
    const match = packedFolder.exec(path);
    if (match === null) files.set(path, bytes);
    else {
      const name = path.slice(0, match.index + match[0].length);
      archives.set(name, [...(archives.get(name) ?? []), { path: path.slice(name.length + 1), bytes }]);
    }
  }
  for (const [name, members] of archives) {
    files.set(name, name.endsWith('.zip') ? zipOf(members) : gzipSync(tarOf(members)));
  }
  return files;
}

type Member = { readonly path: string; readonly bytes: Buffer };

/** A ustar archive of some files. */
export function tarOf(members: readonly Member[]): Buffer {
  const blocks = members.flatMap(({ path, bytes }) => {
    const header = Buffer.alloc(512);
    header.write(path.slice(-100), 0, 'utf8');
    header.write('0000644\0', 100, 'latin1');
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    header.write('        0', 148, 'latin1');
    header.write('ustar\0' + '00', 257, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A zip of some files, stored without compression. */
export function zipOf(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, bytes } of members) {
    const name = Buffer.from(path, 'utf8');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, bytes]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, name]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

function testRegistry(feeds: readonly Feed[], folder: string): void {
  test('every folder is a feed and every feed a folder', () => {
    const folders = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'index.ts')));
    assert.deepEqual(feeds.map(({ id }) => id).sort(), folders.sort());
  });

  test('no two feeds fetch to one path', () => {
    const paths = feeds.flatMap(({ downloads }) => downloads.map(({ path }) => path));
    assert.equal(new Set(paths).size, paths.length);
  });
}

function testDeclaration(feed: Feed, folder: string, cases: readonly FeedCase[]): void {
  test('is named after its folder and names its sources and licence', () => {
    assert.ok(existsSync(join(folder, feed.id, 'index.ts')));
    assert.match(feed.id, /^[a-z][a-z0-9-]*$/);
    assert.ok(feed.title.length > 0 && feed.licence.length > 0);
    assert.ok(feed.sources.length > 0);
    for (const source of feed.sources)
      assert.ok(URL.canParse(source) && source.startsWith('https://'), source);
  });

  test('wants what it fetches, and nothing outside', () => {
    for (const { url, path } of feed.downloads) {
      assert.ok(URL.canParse(url) && url.startsWith('https://'), url);
      assert.ok(feed.wants(path), path);
    }
    for (const path of ['README.md', 'MANIFEST.json', '', '../x', 'a/b/c.txt'])
      assert.equal(feed.wants(path), false, path);
  });

  test('has a golden case', () => assert.ok(cases.length > 0));
}

function testGolden(feed: Feed, golden: FeedCase): void {
  test(`case ${golden.name} gives what it gave`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'openinspector-feed-'));
    try {
      writeTree(directory, golden.files);
      const records = await readAll(feed, directory);
      for (const record of records) checkRecord(feed, record);
      checkStreams(records);
      const place = join(golden.folder, 'expected.json');
      const lines = records.map((record) => JSON.stringify(withoutEmpty(record)));
      const written = `[\n${lines.join(',\n')}\n]\n`;
      if (process.env.OPENINSPECTOR_GOLDEN === 'write') writeFileSync(place, written);
      assert.deepEqual(JSON.parse(written), JSON.parse(readFileSync(place, 'utf8')));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

// Without what is empty, so that a person can read it.
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([name, inner]) =>
      inner !== null &&
      inner !== undefined &&
      (name === 'ranges' || !(Array.isArray(inner) && inner.length === 0)),
  );
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutEmpty(inner)]));
}

const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?$/;

function checkRecord(feed: Feed, record: FeedRecord): void {
  switch (record.kind) {
    case 'statement': {
      const { key, statement } = record;
      assert.match(key.stream, /^[a-z0-9][a-z0-9.:_+-]*$/);
      assert.ok(key.name.length > 0);
      assert.equal(statement.feed, feed.id);
      assert.ok(statement.record.length > 0 && statement.vulnerability.length > 0);
      assert.ok(versionScheme(statement.scheme) !== null, statement.scheme);
      // An empty list of ranges would read as "every version".
      if (statement.status === 'affected' || statement.status === 'fixed') {
        assert.ok(statement.ranges.length > 0 || statement.versions.length > 0);
      }
      return;
    }
    case 'vulnerability':
      assert.ok(record.id.length > 0 && record.source.length > 0);
      for (const { score } of record.cvss ?? []) assert.ok(score >= 0 && score <= 10);
      for (const time of [record.published, record.modified, record.withdrawn]) {
        if (time !== undefined) assert.match(time, isoTime);
      }
      return;
    case 'alias':
      assert.notEqual(record.id, record.alias);
      return;
    case 'stream':
      if (record.asOf !== null) assert.match(record.asOf, isoTime);
      return;
    case 'problem':
      checkProblem(record);
  }
}

function checkProblem({ problem }: Extract<FeedRecord, { kind: 'problem' }>): void {
  assert.ok(problem.where.length > 0 && problem.why.length > 0);
  assert.equal(problem.limit !== null, problem.kind === 'limit');
}

/** A stream with statements must be known as assessed, or nothing in it would ever be judged. */
function checkStreams(records: readonly FeedRecord[]): void {
  const assessed = new Set(records.flatMap((record) => (record.kind === 'stream' ? [record.stream] : [])));
  for (const record of records) {
    if (record.kind === 'statement') assert.ok(assessed.has(record.key.stream), record.key.stream);
  }
}

function testDamage(feed: Feed, golden: FeedCase): void {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'openinspector-feed-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));
  const wanted = [...golden.files].filter(([path]) => feed.wants(path));

  async function readDamaged(path: string, bytes: Buffer): Promise<readonly FeedRecord[]> {
    rmSync(directory, { recursive: true, force: true });
    writeTree(directory, new Map([[path, bytes]]));
    const records = await readAll(feed, directory, 20_000);
    for (const record of records) if (record.kind === 'problem') checkProblem(record);
    return records;
  }

  test(`case ${golden.name}: files that end early give problems, not throws`, async () => {
    for (const [path, bytes] of wanted) {
      for (const share of [0.1, 0.5, 0.9, 0.99]) {
        const records = await readDamaged(path, bytes.subarray(0, Math.floor(bytes.length * share)));
        assert.ok(
          records.some(({ kind }) => kind === 'problem'),
          `${path} cut at ${share} gave no problem`,
        );
      }
    }
  });

  test(`case ${golden.name}: empty and missing files do not throw`, async () => {
    for (const [path] of wanted) {
      await readDamaged(path, Buffer.alloc(0));
      const missing = [];
      for await (const record of feed.read({ path, absolutePath: join(directory, 'absent') }))
        missing.push(record);
      assert.ok(missing.some(({ kind }) => kind === 'problem'));
    }
  });

  test(`case ${golden.name}: damaged bytes never throw`, async () => {
    for (const [path, bytes] of wanted) {
      const places = fc.array(fc.tuple(fc.nat(Math.max(bytes.length - 1, 0)), fc.nat(255)), {
        minLength: 1,
        maxLength: 8,
      });
      await fc.assert(
        fc.asyncProperty(places, async (changes) => {
          const damaged = Buffer.from(bytes);
          for (const [at, byte] of changes) damaged[at] = byte;
          await readDamaged(path, damaged);
        }),
        { numRuns: 15 },
      );
    }
  });

  test(`case ${golden.name}: values of any other type never throw`, async () => {
    const values = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.string(),
      fc.constant([]),
      fc.constant({}),
      fc.constant([{}]),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), values, async (at, value) => {
        for (const [path, bytes] of swapValues(golden, at, value))
          if (feed.wants(path)) await readDamaged(path, bytes);
      }),
      { numRuns: 25 },
    );
  });
}

/** The case's files with one value of each JSON document put in another's place. */
function swapValues(golden: FeedCase, at: number, value: unknown): ReadonlyMap<string, Buffer> {
  const tree = join(golden.folder, 'tree');
  const directory = mkdtempSync(join(tmpdir(), 'openinspector-swap-'));
  try {
    for (const path of listFiles(tree)) {
      const bytes = readFileSync(join(tree, path));
      writeTree(directory, new Map([[path, path.endsWith('.json') ? swapped(bytes, at, value) : bytes]]));
    }
    return packTree(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function swapped(bytes: Buffer, at: number, value: unknown): Buffer {
  const document = jsonOf(bytes);
  const places: (() => void)[] = [];
  const pending: unknown[] = [document];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const holder = next as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      places.push(() => {
        holder[key] = value;
      });
      pending.push(holder[key]);
    }
  }
  if (document === undefined) return bytes;
  places[at % Math.max(places.length, 1)]?.();
  return Buffer.from(JSON.stringify(document));
}

/** Undefined for files that hold a document a line. */
function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
