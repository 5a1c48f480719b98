import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { type BoltTree, boltOf, writeRealBolt } from '../../testkit/bolt.ts';
import {
  type BoltBounds,
  type BoltBucket,
  BoltError,
  type BoltSource,
  readBolt,
  readBoltFile,
  usualBoltBounds,
} from './bolt.ts';

const folder = mkdtempSync(join(tmpdir(), 'bolt-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const many = Object.fromEntries(
  Array.from({ length: 1500 }, (_, at) => [`key ${at * 7}`, `value of ${at}`.repeat(1 + (at % 9))]),
);
const tree: BoltTree = {
  v1: {
    version: Buffer.from([4, 0]),
    small: { a: 'one', b: 'two', empty: '' },
    nested: { deep: { deeper: { deepest: { key: 'found' } } } },
    many,
    // Larger than a page: its leaf has overflow pages.
    large: { blob: Buffer.alloc(50_000, 7), behind: 'it' },
    none: {},
  },
  other: { x: 'y' },
};

const bounds: BoltBounds = { ...usualBoltBounds, entriesMax: 20_000 };

function sourceOf(bytes: Uint8Array): BoltSource {
  return { read: async (offset, length) => bytes.subarray(offset, offset + length) };
}

/** Everything below a bucket, as the tree that it was made of. */
async function wholeOf(bucket: BoltBucket, depth = 0): Promise<BoltTree> {
  const found: Record<string, Buffer | BoltTree> = {};
  for await (const { key, value, bucket: inner } of bucket.entries()) {
    if (value) found[Buffer.from(key).toString()] = Buffer.from(value);
    else if (inner && depth < 8) found[Buffer.from(key).toString()] = await wholeOf(inner, depth + 1);
  }
  return found;
}

function asBuffers(value: BoltTree): BoltTree {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      typeof item === 'string' ? Buffer.from(item) : Buffer.isBuffer(item) ? item : asBuffers(item),
    ]),
  );
}

async function checkTree(path: string): Promise<void> {
  assert.deepEqual(await readBoltFile(path, bounds, (root) => wholeOf(root)), asBuffers(tree));
  await readBoltFile(path, bounds, async (root) => {
    const v1 = await root.bucket('v1');
    const keys = await v1?.bucket('many');
    for (const [key, value] of Object.entries(many))
      assert.equal(Buffer.from((await keys?.value(key)) ?? []).toString(), value);
    assert.equal(await keys?.value('key 1'), null);
    assert.equal(await keys?.value('zzz'), null);
    assert.equal(await v1?.value('small'), null, 'a bucket is no value');
    assert.equal(await v1?.bucket('version'), null, 'a value is no bucket');
    assert.equal(await v1?.bucket('absent'), null);
  });
}

describe('a bolt database', () => {
  test('written by bbolt is read whole, and each key by itself', async (context) => {
    const path = join(folder, 'real.db');
    const why = writeRealBolt(path, tree);
    if (why !== null) return context.skip(why);
    await checkTree(path);
  });

  test('made by hand is read whole, with inline, nested, overflowing and branching buckets', async () => {
    for (const options of [{}, { inlineMax: 0 }, { perPage: 7 }]) {
      const path = join(folder, `made-${JSON.stringify(options).length}.db`);
      writeFileSync(path, boltOf(tree, options));
      await checkTree(path);
    }
  });

  test('is read by its newest meta page that is whole', async () => {
    const bytes = boltOf({ a: { key: 'value' } });
    for (const damaged of [0, 4096]) {
      const copy = Buffer.from(bytes);
      copy.fill(0xff, damaged + 20, damaged + 60);
      const found = await readBolt(sourceOf(copy), bounds, (root) => wholeOf(root));
      assert.deepEqual(found, { a: { key: Buffer.from('value') } });
    }
    const copy = Buffer.from(bytes);
    copy.fill(0xff, 20, 60).fill(0xff, 4096 + 20, 4096 + 60);
    await assert.rejects(
      readBolt(sourceOf(copy), bounds, (root) => wholeOf(root)),
      /neither of its meta pages/,
    );
  });

  test('that is written to meanwhile is read again, and given up where it never stands still', async () => {
    const before = boltOf({ a: { key: 'before' } });
    const later = boltOf({ a: { key: 'after' } });
    later.writeBigUInt64LE(9n, 64);
    fixSum(later, 0);
    let bytes = before;
    const source: BoltSource = { read: async (offset, length) => bytes.subarray(offset, offset + length) };
    let calls = 0;
    const found = await readBolt(source, bounds, async (root) => {
      if (calls++ === 0) bytes = later;
      return (await root.bucket('a'))?.value('key');
    });
    assert.equal(Buffer.from(found ?? []).toString(), 'after');
    assert.equal(calls, 2);
    let transaction = 10n;
    await assert.rejects(
      readBolt(source, bounds, async () => {
        later.writeBigUInt64LE(transaction++, 64);
        fixSum(later, 0);
      }),
      /was written to each of the/,
    );
  });

  test('that leads in circles, out of itself or into nonsense is an error', async () => {
    const branched = boltOf({ many }, { perPage: 10 });
    const root = Number(branched.readBigUInt64LE(32));
    const rows: readonly (readonly [string, (bytes: Buffer) => void, RegExp])[] = [
      ['page of nonsense', (bytes) => bytes.writeUInt16LE(16, root * 4096 + 8), /kind 16/],
      ['too many elements', (bytes) => bytes.writeUInt16LE(0xffff, root * 4096 + 10), /do not fit/],
      ['another page', (bytes) => bytes.writeBigUInt64LE(3n, root * 4096), /another page/],
      ['overflow', (bytes) => bytes.writeUInt32LE(0xffffffff, root * 4096 + 12), /past the pages in use/],
      [
        'value out of its page',
        (bytes) => bytes.writeUInt32LE(0xfffffff0, root * 4096 + 16 + 12),
        /out of its page/,
      ],
      ['a circle', (bytes) => circle(bytes), /deeper than/],
    ];
    for (const [name, damage, why] of rows) {
      const copy = Buffer.from(branched);
      damage(copy);
      await assert.rejects(
        readBolt(sourceOf(copy), bounds, (bucket) => wholeOf(bucket)),
        (error) => error instanceof BoltError && why.test(error.message),
        name,
      );
    }
  });

  test('passes no bound', async () => {
    const bytes = boltOf({ many }, { perPage: 10 });
    const rows = [
      ['pagesMax', 20],
      ['bytesMax', 40_000],
      ['entriesMax', 100],
      ['depthMax', 0],
    ] as const;
    for (const [limit, most] of rows)
      await assert.rejects(
        readBolt(sourceOf(bytes), { ...bounds, [limit]: most }, (root) => wholeOf(root)),
        (error) => error instanceof BoltError && error.limit === limit,
      );
  });

  test('of any bytes gives an answer or its own error', async () => {
    const whole = boltOf(
      { v1: { a: { x: 'y' }, many: Object.fromEntries(Object.entries(many).slice(0, 40)) } },
      { perPage: 7 },
    );
    const attempt = async (bytes: Uint8Array) => {
      try {
        await readBolt(
          sourceOf(bytes),
          { pagesMax: 500, bytesMax: 1 << 24, entriesMax: 5000, depthMax: 8 },
          wholeOf,
        );
      } catch (error) {
        assert.ok(error instanceof BoltError, String(error));
      }
    };
    const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 30 }),
        fc.nat(whole.length),
        async (changes, cut) => {
          const bytes = Buffer.from(whole);
          // Meta pages are checked by their sum: damage behind them goes further.
          for (const [at, byte] of changes) bytes[at < 8192 ? at + 8192 : at] = byte;
          await attempt(bytes);
          await attempt(bytes.subarray(0, cut));
        },
      ),
      { numRuns: 300 },
    );
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 9000 }), attempt), { numRuns: 100 });
  });
});

// The branch of the first bucket leads to itself.
function circle(bytes: Buffer): void {
  for (let page = 2; page * 4096 < bytes.length; page++) {
    if (bytes.readUInt16LE(page * 4096 + 8) !== 1) continue;
    bytes.writeBigUInt64LE(BigInt(page), page * 4096 + 16 + 8);
  }
}

function fixSum(bytes: Buffer, page: number): void {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes.subarray(page * 4096 + 16, page * 4096 + 72))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  bytes.writeBigUInt64LE(hash, page * 4096 + 72);
}
