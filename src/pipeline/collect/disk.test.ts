import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { debian12, writeTree } from '../../../testkit/images.ts';
import { bytesSource } from '../../lib/disk/block-source.ts';
import { defaultLimits, type ScanLimits } from '../../lib/limits.ts';
import { readDisk, readDiskFile } from './disk.ts';
import type { Reading } from './reading.ts';

const folder = mkdtempSync(join(tmpdir(), 'disk-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const testdata = join(import.meta.dirname, '../../lib/disk/testdata');
const image = (name: string) => gunzipSync(readFileSync(join(testdata, `${name}.gz`)));
const skip = { paths: ['proc', 'sys', 'dev'], names: [], installedOnly: true };

function read(bytes: Uint8Array, limits: ScanLimits = defaultLimits): Promise<Reading> {
  return readDisk(bytesSource(bytes), 'disk', skip, limits, () => {});
}

const packages = ({ files }: Reading) => files.flatMap((file) => file.packages.map(({ name }) => name));
const said = ({ problems }: Reading) => problems.map(({ kind, where, why }) => `${kind} ${where}: ${why}`);

describe('a disk image', () => {
  for (const name of [
    'ext2',
    'ext4',
    'ext4-inline',
    'ext4-clusters',
    'ext4-journal',
    'xfs',
    'xfs-1k',
    'gpt-lvm',
    'mbr',
  ]) {
    test(`${name}: the packages and the system are found`, async () => {
      const reading = await read(image(`${name}.img`));
      assert.deepEqual(packages(reading), ['bash']);
      assert.ok(reading.releases.some(({ os }) => os.versionId === '12'));
      assert.ok(reading.isComplete);
      assert.ok(
        said(reading).every((line) => line.startsWith('not-assessed disk: partition')),
        said(reading).join(),
      );
    });
  }

  test('only metadata and wanted files are read', async () => {
    const bytes = image('xfs.img');
    let total = 0;
    const source = bytesSource(bytes);
    const counting = {
      sizeBytes: source.sizeBytes,
      read(offset: number, length: number) {
        total += length;
        return source.read(offset, length);
      },
    };
    const reading = await readDisk(counting, 'disk', skip, defaultLimits, () => {});
    assert.deepEqual(packages(reading), ['bash']);
    assert.ok(total < bytes.length / 10, `${total} of ${bytes.length} bytes were read`);
  });

  test('a directory that contains itself is entered once, and named', async () => {
    const bytes = image('ext2.img');
    patchEntry(bytes, 'deep', 2);
    const reading = await read(bytes);
    assert.deepEqual(packages(reading), ['bash']);
    assert.match(said(reading).join('\n'), /malformed deep: is a directory that is also elsewhere/);
  });

  test('a name with a slash is refused, and the others are read', async () => {
    const bytes = image('ext2.img');
    const at = bytes.indexOf('short-link', 0, 'latin1');
    bytes.write('../../link', at, 'latin1');
    const reading = await read(bytes);
    assert.deepEqual(packages(reading), ['bash']);
    assert.match(said(reading).join('\n'), /malformed \/: has a name that is empty or contains a slash/);
  });

  test('an entry of one kind that leads to another is refused', async () => {
    const bytes = image('ext4.img');
    patchEntry(bytes, 'status', 2);
    const reading = await read(bytes);
    assert.deepEqual(packages(reading), []);
    assert.match(
      said(reading).join('\n'),
      /malformed var\/lib\/dpkg\/status: is a file by its name and a directory/,
    );
  });

  test('folders deeper than the limit are named', async () => {
    const reading = await read(image('ext4.img'), { ...defaultLimits, treeDepthMax: 3 });
    assert.deepEqual(packages(reading), ['bash']);
    assert.deepEqual(
      reading.problems.map(({ where, limit }) => `${where} ${limit}`),
      ['deep/a/b/c treeDepthMax'],
    );
  });

  test('more bytes than the limit end the reading', async () => {
    const bytes = await read(image('ext4.img'), { ...defaultLimits, archiveBytesMax: 50 });
    assert.equal(bytes.isComplete, false);
    assert.deepEqual(packages(bytes), []);
    assert.deepEqual(
      bytes.problems.map(({ limit }) => limit),
      ['archiveBytesMax'],
    );
  });

  test('when the time is over, what was read stands and the rest is said to be missing', async () => {
    const reading = await read(image('ext4.img'), { ...defaultLimits, scanSecondsMax: -1 });
    assert.equal(reading.isComplete, false);
    assert.deepEqual(
      reading.problems.map(({ kind, limit }) => `${kind} ${limit}`),
      ['limit scanSecondsMax'],
    );
  });

  test('what cannot be read is named: nothing known, another file system, no file at all', async () => {
    const empty = await read(new Uint8Array(1 << 20));
    assert.deepEqual(said(empty), [
      'not-assessed disk: the whole disk: holds nothing but zeros and was not read',
    ]);
    assert.equal(empty.isComplete, false);
    const btrfs = Buffer.alloc(1 << 20);
    btrfs.write('_BHRfS_M', 0x10040, 'latin1');
    assert.match(
      said(await read(btrfs)).join(),
      /unsupported disk: the whole disk: holds a btrfs file system/,
    );
    const absent = await readDiskFile(join(folder, 'absent'), skip, defaultLimits, () => {});
    assert.equal(absent.problems[0]?.kind, 'unreadable');
    assert.equal(absent.isComplete, false);
  });
});

const noMkfs = spawnSync('mkfs.ext4', ['-V']).error ? 'mkfs.ext4 not found' : false;

describe('links on a disk', { skip: noMkfs }, () => {
  test('are followed inside the root only', async () => {
    const tree = join(folder, 'tree');
    const module = (name: string) => JSON.stringify({ name, version: '1.0.0' });
    writeTree(tree, { 'etc/os-release': debian12, 'real/inside.json': module('inside') });
    for (const [name, to] of [
      ['inside', '../../../real/inside.json'],
      ['absolute', '/real/inside.json'],
      ['through', '../inside/package.json'],
      ['outside', '../../../../outside.json'],
      ['dangling', '/nowhere'],
      ['circle', '../circle/package.json'],
    ] as const) {
      mkdirSync(join(tree, 'app/node_modules', name), { recursive: true });
      symlinkSync(to, join(tree, 'app/node_modules', name, 'package.json'));
    }
    const path = join(folder, 'links.img');
    writeFileSync(path, '');
    truncateSync(path, 8 << 20);
    execFileSync('mkfs.ext4', ['-q', '-F', '-d', tree, path]);
    const reading = await readDiskFile(path, skip, defaultLimits, () => {});
    assert.deepEqual(
      reading.files.map((file) => file.path).sort(),
      ['absolute', 'inside', 'through'].map((name) => `app/node_modules/${name}/package.json`),
    );
    assert.deepEqual(reading.problems.map(({ kind, where }) => `${kind} ${where}`).sort(), [
      'escape app/node_modules/outside/package.json',
      'malformed app/node_modules/circle/package.json',
    ]);
  });
});

// Makes the entry of a name in an ext directory lead to another inode.
function patchEntry(bytes: Buffer, name: string, inode: number): void {
  // Length, type and name follow one another; only the type is not known.
  for (let at = bytes.indexOf(name, 0, 'latin1'); at >= 0; at = bytes.indexOf(name, at + 1, 'latin1')) {
    const type = bytes[at - 1] ?? 0;
    if (bytes[at - 2] !== name.length || type < 1 || type > 7) continue;
    bytes.writeUInt32LE(inode, at - 8);
    return;
  }
  assert.fail(`no entry ${name}`);
}
