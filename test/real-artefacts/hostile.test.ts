import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { defaultLimits, LimitError, type ScanLimits } from '../../src/lib/limits.ts';
import { createTarParser } from '../../src/lib/tar.ts';
import type { Problem } from '../../src/model/problem.ts';
import { runTask } from '../../src/pipeline/collect/child.ts';
import { mergeReadings } from '../../src/pipeline/collect/merge.ts';
import type { Reading } from '../../src/pipeline/collect/reading.ts';
import { debian12, dpkgStanza, type Member, sha256, tarOf, writeTree } from '../../testkit/images.ts';
import { newFolder, run, without } from './tools.ts';

// What an attacker puts into an archive or a tree: refused or bounded by a named limit, and the rest still read. What
// single readers refuse is tested beside them.

const folder = newFolder('hostile');
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const place = () => join(folder, `place-${count++}`);
const facts = { isContainer: true, runningKernel: null, layers: [] };
const module = (name: string) => JSON.stringify({ name, version: '1.0.0' });
const ours = { 'var/lib/dpkg/status': dpkgStanza('bash', '5.2.15-2') };

function readLayer(bytes: Buffer, limits: ScanLimits = defaultLimits): Promise<Reading> {
  const path = place();
  writeFileSync(path, bytes);
  const blob = { path, offsetBytes: 0, sizeBytes: bytes.length, digest: sha256(bytes), diffId: sha256('x') };
  return runTask({ kind: 'layer', blob }, limits, () => {});
}

function readTree(root: string, limits: ScanLimits = defaultLimits): Promise<Reading> {
  const skip = { paths: [], names: [], installedOnly: false };
  return runTask({ kind: 'tree', root, skip }, limits, () => {});
}

function names(...readings: readonly Reading[]): readonly string[] {
  const stack = readings.map((reading, index) => ({ reading, layer: `${index}` }));
  return mergeReadings(stack, facts, []).packages.map(({ name, version }) => `${name} ${version}`);
}

function told(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ kind, limit, why }) => `${kind} ${limit ?? '-'}: ${why}`);
}

// A tar whose named member says that it has another size, in the raw bytes of its field.
function withSize(members: Readonly<Record<string, Member>>, name: string, field: Buffer): Buffer {
  const bytes = tarOf(members);
  const at = bytes.indexOf(`${name}\0`);
  field.copy(bytes, at + 124);
  bytes.fill(' ', at + 148, at + 156);
  const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148);
  return bytes;
}

function octal(size: number): Buffer {
  return Buffer.from(`${size.toString(8).padStart(11, '0')}\0`);
}

describe('hostile layers', () => {
  test('bombs in each packing stop by their ratio, and what came before counts', async () => {
    const bomb = tarOf({ ...ours, 'var/lib/big': Buffer.alloc(80 * 2 ** 20) });
    for (const packed of [gzipSync(bomb), zstdCompressSync(bomb)]) {
      const reading = await readLayer(packed, { ...defaultLimits, expansionRatioMax: 50 });
      assert.deepEqual(told(reading.problems), ['limit expansionRatioMax: expands more than 50 times']);
      assert.equal(reading.isComplete, false);
      assert.deepEqual(names(reading), ['bash 5.2.15-2']);
    }
  });

  test('a layer packed twice is no tar', async () => {
    const reading = await readLayer(gzipSync(gzipSync(tarOf(ours))));
    assert.equal(reading.problems[0]?.kind, 'malformed');
    assert.deepEqual(names(reading), []);
  });

  test('more unpacked bytes than the limit', async () => {
    const reading = await readLayer(tarOf({ ...ours, big: Buffer.alloc(2 ** 20) }), {
      ...defaultLimits,
      archiveBytesMax: 2 ** 19,
    });
    assert.deepEqual(told(reading.problems), ['limit archiveBytesMax: more than 524288 bytes unpacked']);
  });

  test('a member that says it is larger than what is left of the archive', async () => {
    const members = { ...ours, 'app/node_modules/a/package.json': module('a') };
    const reading = await readLayer(withSize(members, 'app/node_modules/a/package.json', octal(100_000)));
    assert.equal(reading.problems.length, 1);
    assert.match(
      told(reading.problems)[0] ?? '',
      /^malformed -: ends in the middle of an entry \(at byte \d+ of the tar\)$/,
    );
    assert.deepEqual(names(reading), ['bash 5.2.15-2']);
  });

  test('sizes below zero and past every number', async () => {
    const members = { ...ours, 'app/node_modules/a/package.json': module('a') };
    const negative = Buffer.alloc(12, 0xff);
    const huge = Buffer.from([0x80, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    for (const [field, number] of [
      [negative, '-1'],
      [huge, '4.722366482869645e+21'],
    ] as const) {
      const reading = await readLayer(withSize(members, 'app/node_modules/a/package.json', field));
      const [only, ...others] = told(reading.problems);
      assert.ok(only?.startsWith(`malformed -: impossible number ${number}`), only);
      assert.deepEqual(others, []);
      assert.deepEqual(names(reading), ['bash 5.2.15-2']);
    }
  });

  test('a wanted file past its own limit is passed over, and the rest is read', async () => {
    const reading = await readLayer(
      tarOf({ 'snap/a/1/meta/snap.yaml': Buffer.alloc(5 * 2 ** 20, ' '), ...ours }),
    );
    const why = '5242880 bytes, and at most 4194304 are read';
    assert.deepEqual(told(reading.problems), [`limit sizeMaxBytes: ${why}`]);
    assert.equal(reading.isComplete, true);
    assert.deepEqual(names(reading), ['bash 5.2.15-2']);
  });

  test('a name past the limit ends the reading by name, and what came before counts', async () => {
    const path = `${'d/'.repeat(2100)}f`;
    const record = ` path=${path}\n`;
    const pax = `${record.length + 4}${record}`;
    const long = Buffer.concat([
      tarOf(ours).subarray(0, -1024),
      tarOf({ 'PaxHeader/x': pax }).subarray(0, -1024),
      tarOf({ x: 'content' }),
    ]);
    const at = long.indexOf('PaxHeader/x\0');
    const typed = withType(long, at, 'x');
    const reading = await readLayer(typed);
    assert.equal(reading.problems.length, 1);
    assert.ok(
      told(reading.problems)[0]?.startsWith('limit pathLengthMax: a path of 4201 characters: d/d/d/'),
      told(reading.problems)[0],
    );
    assert.deepEqual(names(reading), ['bash 5.2.15-2']);
  });

  test('of members with one name the last counts', async () => {
    const twice = Buffer.concat([
      tarOf({ 'var/lib/dpkg/status': dpkgStanza('old', '1') }).subarray(0, -1024),
      tarOf(ours),
    ]);
    const reading = await readLayer(twice);
    assert.deepEqual(told(reading.problems), []);
    assert.deepEqual(names(reading), ['bash 5.2.15-2']);
  });

  test('devices in place of files hide them, and are never opened', async () => {
    const below = await readLayer(tarOf(ours));
    const above = await readLayer(
      tarOf({ 'var/lib/dpkg/status': { device: true }, 'app/node_modules/a/package.json': module('a') }),
    );
    assert.deepEqual(told(above.problems), []);
    assert.deepEqual(names(below, above), ['a 1.0.0']);
  });

  test('links in circles at the root end, and files written through them are listed', async () => {
    const reading = await readLayer(
      tarOf({ lib: { link: 'usr/lib' }, 'usr/lib': { link: '../lib' }, self: { link: 'self' }, ...ours }),
    );
    const above = await readLayer(
      tarOf({
        'lib/node_modules/a/package.json': module('a'),
        'self/node_modules/b/package.json': module('b'),
      }),
    );
    assert.deepEqual(names(reading, above), ['bash 5.2.15-2', 'a 1.0.0', 'b 1.0.0']);
  });

  test('hard links out of the layer or to nothing are told, and the rest is read', async () => {
    const reading = await readLayer(
      tarOf({
        'app/node_modules/a/package.json': { hardLink: '../../../etc/passwd' },
        'app/node_modules/b/package.json': { hardLink: 'nowhere' },
        ...ours,
      }),
    );
    assert.deepEqual(told(reading.problems), [
      'unreadable -: is a hard link to ../../../etc/passwd, which this layer does not have before it',
      'unreadable -: is a hard link to nowhere, which this layer does not have before it',
    ]);
    assert.deepEqual(names(reading), ['bash 5.2.15-2']);
  });

  test('a million members are read in time, and one more than the limit is not', { timeout: 60_000 }, () => {
    const block = tarOf({ 'usr/share/x': '' }).subarray(0, 512);
    const many = Buffer.alloc(512 * 1000);
    for (let at = 0; at < many.length; at += 512) block.copy(many, at);
    let seen = 0;
    const visitor = { entry: () => ++seen < 0, content: () => {} };
    const parser = createTarParser(visitor, { ...defaultLimits, archiveEntriesMax: 1_000_000 });
    for (let round = 0; round < 1000; round++) parser.push(many);
    assert.equal(seen, 1_000_000);
    assert.throws(
      () => parser.push(block),
      (error: LimitError) =>
        error instanceof LimitError &&
        error.limit === 'archiveEntriesMax' &&
        error.message === 'more than 1000000 entries',
    );
  });
});

// Changes the type of the member whose header begins at a place.
function withType(bytes: Buffer, at: number, type: string): Buffer {
  const changed = Buffer.from(bytes);
  changed.write(type, at + 156);
  changed.fill(' ', at + 148, at + 156);
  const sum = changed.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
  changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148);
  return changed;
}

describe('hostile trees', () => {
  test('folders deeper than the limit are told once, and the rest is read', async () => {
    const root = place();
    writeTree(root, {
      'etc/os-release': debian12,
      ...ours,
      [`deep/${'d/'.repeat(80)}node_modules/a/package.json`]: module('a'),
    });
    const reading = await readTree(root);
    assert.deepEqual(told(reading.problems), ['limit treeDepthMax: deeper than 64 folders']);
    assert.deepEqual(names(reading), ['bash 5.2.15-2']);
  });

  test('more entries than the limit', async () => {
    const root = place();
    mkdirSync(join(root, 'many'), { recursive: true });
    for (let index = 0; index < 9000; index++) writeFileSync(join(root, 'many', `${index}`), '');
    const reading = await readTree(root, { ...defaultLimits, treeEntriesMax: 5000 });
    const why = 'more than 5000 entries; what lies further on was not read';
    assert.deepEqual(told(reading.problems), [`limit treeEntriesMax: ${why}`]);
    assert.equal(reading.isComplete, false);
    assert.ok(reading.entryCount <= 8192, `${reading.entryCount}`);
  });

  test('a folder that links to itself is not entered', async () => {
    const root = place();
    writeTree(root, { ...ours, 'app/node_modules/a/package.json': module('a') });
    symlinkSync('..', join(root, 'app/node_modules/again'));
    symlinkSync('/', join(root, 'app/all'));
    const reading = await readTree(root);
    assert.deepEqual(told(reading.problems), []);
    assert.deepEqual(names(reading), ['bash 5.2.15-2', 'a 1.0.0']);
  });

  test('pipes never block, neither by name nor through a link', { skip: without('mkfifo') }, async () => {
    const root = place();
    writeTree(root, { ...ours, 'app/node_modules/a/x': '', 'app/node_modules/b/x': '' });
    run('mkfifo', [join(root, 'app/node_modules/a/package.json'), join(root, 'pipe')]);
    symlinkSync('/pipe', join(root, 'app/node_modules/b/package.json'));
    const reading = await readTree(root);
    assert.deepEqual(told(reading.problems), []);
    assert.deepEqual(names(reading), ['bash 5.2.15-2']);
  });

  test('names with line ends and control characters reach no message on two lines', async () => {
    const root = place();
    writeTree(root, { ...ours, 'a\nb\u001b[31m/node_modules/x/package.json': '{ broken' });
    const reading = await readTree(root);
    const problems = [...reading.problems, ...reading.files.flatMap((file) => file.problems)];
    assert.equal(problems.length, 1);
    assert.ok(!/[\n\u001b]/.test(problems[0]?.why ?? '\n'));
    assert.deepEqual(names(reading), ['bash 5.2.15-2']);
  });
});
