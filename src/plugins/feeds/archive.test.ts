import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { tarOf, zipOf } from '../../../testkit/feeds.ts';
import type { Problem } from '../../model/problem.ts';
import { openEntries, unpackEntry } from './archive.ts';
import { openChunks, packingOf } from './chunks.ts';
import { jsonMembers } from './json-stream.ts';

const directory = mkdtempSync(join(tmpdir(), 'openinspector-archive-'));
after(() => rmSync(directory, { recursive: true, force: true }));

let counter = 0;

function fileOf(bytes: Uint8Array | string) {
  counter += 1;
  const absolutePath = join(directory, `file-${counter}`);
  writeFileSync(absolutePath, bytes);
  return { path: 'the/file', absolutePath };
}

async function entriesOf(bytes: Uint8Array | string, accepts: (path: string) => boolean = () => true) {
  const source = openEntries(fileOf(bytes), accepts);
  const entries: Record<string, string> = {};
  for await (const entry of source.entries) entries[entry.path] = entry.bytes.toString('utf8');
  return { entries, problems: source.problems };
}

const members = [
  { path: 'a/one.json', bytes: Buffer.from('{"a":1}') },
  { path: 'b/two.txt', bytes: Buffer.alloc(2000, 'x') },
  { path: 'c/empty', bytes: Buffer.alloc(0) },
];

const expected = { 'a/one.json': '{"a":1}', 'b/two.txt': 'x'.repeat(2000), 'c/empty': '' };

// `hello` and a line end, packed by bzip2.
const bzip2Hello = Buffer.from('QlpoOTFBWSZTWcHAgOIAAAFBAAAQAkSgADDNAMNGKZcXckU4UJDBwIDi', 'base64');

describe('openEntries', () => {
  for (const [name, bytes] of [
    ['tar', tarOf(members)],
    ['tar.gz', gzipSync(tarOf(members))],
    ['tar.zst', zstdCompressSync(tarOf(members))],
    ['zip', zipOf(members)],
  ] as const) {
    test(`${name}: every member, and only the accepted ones`, async () => {
      assert.deepEqual(await entriesOf(bytes), { entries: expected, problems: [] });
      const some = await entriesOf(bytes, (path) => path.endsWith('.json'));
      assert.deepEqual(some.entries, { 'a/one.json': '{"a":1}' });
    });
  }

  test('a file that is no archive is one entry, unpacked', async () => {
    assert.deepEqual((await entriesOf('{"a":1}')).entries, { 'the/file': '{"a":1}' });
    assert.deepEqual((await entriesOf(gzipSync('{"a":1}'))).entries, { 'the/file': '{"a":1}' });
  });

  test('long names and pax headers are read', async () => {
    const long = `${'deep/'.repeat(40)}file.json`;
    const record = (text: string) => `${text.length + String(text.length + 3).length + 1} ${text}`;
    const pax = Buffer.from(record(`path=${long}\n`));
    const withPax = typed(
      tarOf([
        { path: 'PaxHeader', bytes: pax },
        { path: 'short', bytes: Buffer.from('x') },
      ]),
      'x',
    );
    const withGnu = typed(
      tarOf([
        { path: '././@LongLink', bytes: Buffer.from(`${long}\0`) },
        { path: 'short', bytes: Buffer.from('x') },
      ]),
      'L',
    );
    assert.deepEqual((await entriesOf(withPax)).entries, { [long]: 'x' });
    assert.deepEqual((await entriesOf(withGnu)).entries, { [long]: 'x' });
  });

  test('links are skipped', async () => {
    assert.deepEqual((await entriesOf(typed(tarOf(members), '2'))).entries, {
      'b/two.txt': 'x'.repeat(2000),
      'c/empty': '',
    });
  });

  test('what is cut, damaged or absent is a problem', async () => {
    const kinds = async (bytes: Uint8Array) => (await entriesOf(bytes)).problems.map(({ kind }) => kind);
    assert.deepEqual(await kinds(tarOf(members).subarray(0, 1800)), ['unreadable']);
    assert.ok((await kinds(gzipSync(tarOf(members)).subarray(0, 60))).includes('unreadable'));
    const wrongSum = tarOf(members);
    wrongSum[1030] = 0xff;
    assert.deepEqual(await kinds(wrongSum), ['malformed']);
    const wrongBytes = zipOf(members);
    wrongBytes[45] = 0xff;
    assert.deepEqual(await kinds(wrongBytes), ['malformed']);
    const source = openEntries({ path: 'x', absolutePath: join(directory, 'absent') }, () => true);
    for await (const _entry of source.entries);
    assert.ok(source.problems.length > 0);
  });

  test('a packed member is unpacked, and a broken one is a problem', () => {
    const entry = { path: 'x', bytes: gzipSync('hello') };
    const unpacked = unpackEntry(entry);
    assert.equal('bytes' in unpacked && unpacked.bytes.toString(), 'hello');
    assert.ok('why' in unpackEntry({ path: 'x', bytes: entry.bytes.subarray(0, 12) }));
  });
});

/** The tar with its first header's type changed. */
function typed(tar: Buffer, type: string): Buffer {
  tar.write(type, 156, 'latin1');
  tar.write('        ', 148, 'latin1');
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return tar;
}

describe('openChunks', () => {
  test('bzip2 is unpacked, and a cut one is a problem', async () => {
    const read = async (bytes: Uint8Array) => {
      const source = openChunks(fileOf(bytes));
      const parts: Buffer[] = [];
      for await (const chunk of source.chunks) parts.push(chunk);
      return { text: Buffer.concat(parts).toString(), problems: source.problems.length };
    };
    assert.deepEqual(await read(bzip2Hello), { text: 'hello\n', problems: 0 });
    assert.equal((await read(bzip2Hello.subarray(0, 20))).problems, 1);
  });

  test('xz is refused by name', async () => {
    const source = openChunks(fileOf(Buffer.from('fd377a585a000000', 'hex')));
    for await (const _chunk of source.chunks);
    assert.equal(source.problems[0]?.kind, 'unsupported');
    assert.equal(packingOf(new Uint8Array()), 'none');
  });
});

async function membersOf(text: string | Uint8Array, inside: string | null) {
  const found: unknown[] = [];
  const problems: Problem[] = [];
  for await (const member of jsonMembers(fileOf(text), inside)) {
    if ('why' in member) problems.push(member);
    else found.push([member.key, member.value]);
  }
  return { found, problems };
}

describe('jsonMembers', () => {
  test('gives what JSON.parse gives, member by member', async () => {
    const document = fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()));
    await fc.assert(
      fc.asyncProperty(document, fc.boolean(), async (value, isIndented) => {
        const plain = JSON.parse(JSON.stringify(value));
        const expectedMembers = Object.entries(plain);
        const text = JSON.stringify(plain, null, isIndented ? 1 : 0);
        const escaped = expectedMembers.map(([key, inner]) => [
          Array.isArray(plain) ? key : JSON.stringify(key).slice(1, -1),
          inner,
        ]);
        assert.deepEqual(await membersOf(text, null), { found: escaped, problems: [] });
        const wrapped = `{"other":[1,{"items":2}],"items":${text},"after":{"items":[3]}}`;
        assert.deepEqual(await membersOf(wrapped, 'items'), { found: escaped, problems: [] });
      }),
      { numRuns: 60 },
    );
  });

  test('a bad member is a problem and reading goes on', async () => {
    const { found, problems } = await membersOf('[{"a":1},{"b":},{"c":3}]', null);
    assert.deepEqual(found, [
      ['0', { a: 1 }],
      ['2', { c: 3 }],
    ]);
    assert.equal(problems.length, 1);
  });

  test('an early end and a missing field are told apart', async () => {
    assert.match((await membersOf('{"items":[1,2', 'items')).problems[0]?.why ?? '', /ends early/);
    assert.match((await membersOf('{"other":[1,2]}', 'items')).problems[0]?.why ?? '', /has no items/);
    assert.match((await membersOf('<html>', null)).problems[0]?.why ?? '', /has no list or object/);
  });

  test('members that lie across chunks are whole', async () => {
    const items = Array.from({ length: 300 }, (_unused, index) => ({
      index,
      text: 'é"{[,:]}\\'.repeat(2000),
    }));
    const { found, problems } = await membersOf(gzipSync(JSON.stringify({ items })), 'items');
    assert.equal(problems.length, 0);
    assert.deepEqual(
      found,
      items.map((item, index) => [String(index), item]),
    );
  });
});
