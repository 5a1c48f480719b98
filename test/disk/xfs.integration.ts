import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { cachedSource, fileSource } from '../../src/lib/disk/block-source.ts';
import { openXfs } from '../../src/lib/disk/xfs/open.ts';
import { emptyFile, missingReason, mountReason, withMount } from './mounting.ts';
import { fillTree, patternBytes } from './trees.ts';
import { differences, type View, viewOf, viewOfDirectory } from './views.ts';

const folder = mkdtempSync(join(tmpdir(), 'xfs-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const mebibyte = 1 << 20;

async function viewOfImage(image: string): Promise<{ view: View; faults: readonly { why: string }[] }> {
  const source = fileSource(image);
  try {
    const cached = cachedSource(source, { chunkBytes: 1 << 16, chunksMax: 256, directBytes: 1 << 16 });
    const system = await openXfs(cached);
    return { view: await viewOf(system), faults: system.faults };
  } finally {
    source.close();
  }
}

function makeXfs(options: readonly string[], sizeBytes = 320 * mebibyte): string {
  const image = emptyFile(join(folder, 'image'), sizeBytes);
  execFileSync('mkfs.xfs', ['-q', '-f', ...options, image], { stdio: 'pipe' });
  return image;
}

// Each is a way in which XFS was or can be made; the kernel of this machine is the judge.
const ways: Readonly<Record<string, readonly string[]>> = {
  'as it comes': [],
  'blocks of 1 KiB': ['-b', 'size=1024'],
  'blocks of 2 KiB, inodes of 1 KiB': ['-b', 'size=2048', '-i', 'size=1024'],
  'inodes of 2 KiB': ['-i', 'size=2048'],
  'directory blocks of 8 KiB': ['-n', 'size=8192'],
  'directory blocks of 64 KiB over blocks of 1 KiB': ['-b', 'size=1024', '-n', 'size=65536'],
  'without reflink and bigtime': ['-m', 'reflink=0,bigtime=0,rmapbt=0'],
  'with everything there is': ['-m', 'reflink=1,bigtime=1,rmapbt=1,inobtcount=1', '-i', 'sparse=1,nrext64=1'],
  'many small allocation groups': ['--unsupported', '-d', 'agsize=16m'],
  'sectors of 4 KiB': ['-s', 'size=4096'],
  'version 4': ['-m', 'crc=0'],
  'version 4 without types in directories, small inodes': ['-m', 'crc=0', '-n', 'ftype=0', '-i', 'size=256'],
  'names without regard to case': ['-n', 'version=ci'],
};

describe('XFS as the kernel shows it', { skip: mountReason('mkfs.xfs') }, () => {
  for (const [way, options] of Object.entries(ways)) {
    test(way, async (context) => {
      const image = makeXfs(options);
      if (!mounts(image)) {
        context.skip('this kernel does not mount such an XFS');
        return;
      }
      withMount(image, (at) => fillTree(at, { names: 1200, fileBytes: 3 * mebibyte }));
      const { view, faults } = await viewOfImage(image);
      assert.deepEqual(differences(view, withMount(image, viewOfDirectory, 'loop,ro')), []);
      assert.deepEqual(faults, []);
      assert.ok(view.size > 800);
    });
  }

  test('fifty thousand names, files in thousands of extents, shared extents, attributes', async () => {
    const image = makeXfs(['-b', 'size=1024', '-m', 'reflink=1'], 640 * mebibyte);
    withMount(image, (at) => {
      fillTree(at, { names: 50_000, fileBytes: 8 * mebibyte });
      punch(join(at, 'holes'), 12_000);
      writeFileSync(join(at, 'shared'), patternBytes(3 * mebibyte, 5));
      execFileSync('cp', ['--reflink=always', join(at, 'shared'), join(at, 'shared-copy')]);
      writeFileSync(join(at, 'shared-copy'), 'changed', { flag: 'r+' });
      execFileSync('fallocate', ['-l', '5000000', join(at, 'reserved')]);
      // Attributes in the inode leave less room for extents and links.
      symlinkSync('s'.repeat(300), join(at, 'link-with-attributes'));
      for (let index = 0; index < 20; index++) {
        const path = join(at, `attributes-${index}`);
        writeFileSync(path, patternBytes(100_000, index));
        spawnSync('setfattr', ['-n', 'user.note', '-v', 'v'.repeat(10 * index + 1), path]);
      }
    });
    const { view } = await viewOfImage(image);
    assert.deepEqual(differences(view, withMount(image, viewOfDirectory, 'loop,ro')), []);
    assert.ok(view.size > 33_000);
  });

  for (const options of ['logbsize=32k', 'logbsize=256k']) {
    test(`an image of a mounted file system says that changes may be missing, a clean one does not (${options})`, async () => {
      const image = makeXfs([]);
      const copy = join(folder, 'copy');
      withMount(
        image,
        (at) => {
          writeFileSync(join(at, 'old'), 'old');
          execFileSync('sync', ['-f', at]);
          execFileSync('xfs_io', ['-x', '-c', 'freeze', '-c', 'thaw', at]);
          for (let index = 0; index < 500; index++) writeFileSync(join(at, `new-${index}`), `${index}`);
          execFileSync('sync', ['-f', at]);
          copyFileSync(image, copy);
        },
        `loop,${options}`,
      );
      const dirty = await viewOfImage(copy);
      assert.match(dirty.faults[0]?.why ?? '', /not unmounted cleanly; the newest changes may be missing/);
      assert.ok(dirty.view.has('/old'));
      const clean = await viewOfImage(image);
      assert.deepEqual(clean.faults, []);
      assert.ok(clean.view.has('/new-499'));
    });
  }

  test('a log that went round is told apart, clean and dirty', async () => {
    const image = makeXfs(['--unsupported', '-l', 'size=8m']);
    const copy = join(folder, 'copy');
    withMount(image, (at) => {
      for (let round = 0; round < 12; round++) {
        for (let index = 0; index < 3000; index++) writeFileSync(join(at, `f-${index}`), `${round}`);
        for (let index = 0; index < 3000; index++) rmSync(join(at, `f-${index}`));
        execFileSync('sync', ['-f', at]);
      }
      copyFileSync(image, copy);
    });
    assert.match((await viewOfImage(copy)).faults[0]?.why ?? '', /not unmounted cleanly/);
    assert.deepEqual((await viewOfImage(image)).faults, []);
  });
});

describe('XFS made from a list', { skip: missingReason('mkfs.xfs', 'xfs_db') }, () => {
  for (const [way, options] of Object.entries({
    'version 5': [],
    'version 4': ['-m', 'crc=0'],
    'version 4 without types in directories': ['-m', 'crc=0', '-n', 'ftype=0'],
  })) {
    test(`${way} is read as the directory that it was made from`, async () => {
      const tree = mkdtempSync(join(folder, 'tree-'));
      mkdirSync(join(tree, 'usr'));
      for (const size of [0, 1, 511, 4096, 70_000])
        writeFileSync(join(tree, `size-${size}`), patternBytes(size, size));
      // Enough for every form that a directory has.
      for (let index = 0; index < 3000; index++) writeFileSync(join(tree, 'usr', `f${index}`), `${index}`);
      symlinkSync('usr/f1', join(tree, 'link'));
      // mkfs writes longer links for version 5 without their headers, which no kernel reads.
      symlinkSync('y'.repeat(way === 'version 5' ? 300 : 800), join(tree, 'long'));
      const list = join(folder, 'list');
      writeFileSync(list, prototypeOf(tree));
      const image = makeXfs([...options, '-p', list]);
      const { view, faults } = await viewOfImage(image);
      assert.deepEqual(faults, []);
      assert.deepEqual(differences(view, viewOfDirectory(tree)), []);
    });
  }

  test('a feature that is not known is refused by name', async () => {
    const image = makeXfs([]);
    const feature = (value: string) =>
      execFileSync('xfs_db', ['-x', '-c', 'sb 0', '-c', `write -d features_incompat ${value}`, image], {
        stdio: 'pipe',
      });
    feature('0x103');
    await assert.rejects(viewOfImage(image), /XFS feature 'metadir'/);
    feature('0x10003');
    await assert.rejects(viewOfImage(image), /XFS feature '0x10000'/);
    feature('0x13');
    assert.match((await viewOfImage(image)).faults[0]?.why ?? '', /in need of repair/);
    truncateSync(image, 600);
    await assert.rejects(viewOfImage(image), /counts 81920 blocks in 600 bytes/);
  });
});

describe('a file on the real-time device', { skip: missingReason('mkfs.xfs', 'xfs_db') }, () => {
  test('is named and not read', async () => {
    const file = join(folder, 'content');
    writeFileSync(file, patternBytes(9000, 1));
    const list = join(folder, 'list');
    writeFileSync(list, `/\n0 0\nd--755 0 0\nfile ---644 0 0 ${file}\n$\n`);
    const image = makeXfs(['-p', list]);
    assert.ok((await viewOfImage(image)).view.has('/file'));
    const commands = ['-c', 'path /file', '-c', 'write -d core.realtime 1'];
    execFileSync('xfs_db', ['-x', ...commands, image], { stdio: 'pipe' });
    await assert.rejects(viewOfImage(image), /lies on the real-time device, which is not read/);
  });
});

function mounts(image: string): boolean {
  try {
    withMount(image, () => {});
    return true;
  } catch {
    return false;
  }
}

// Every third kibibyte taken out: one extent for each that is left.
function punch(path: string, count: number): void {
  writeFileSync(path, patternBytes(count * 3072, 11));
  const commands = Array.from({ length: count }, (_, index) => `fpunch ${index * 3072} 1024`).join('\n');
  execFileSync('xfs_io', [path], { input: commands, stdio: ['pipe', 'ignore', 'pipe'] });
}

// The old language of mkfs: boot block, sizes, then names with modes; `$` ends a directory.
function prototypeOf(root: string): string {
  const listing = execFileSync('find', [root, '-mindepth', '1', '-printf', '%y %P\\n'], { encoding: 'utf8' });
  const top = listing.trim().split('\n').sort();
  const lines = ['/', '0 0', 'd--755 0 0'];
  for (const line of top) {
    const [type, path = ''] = line.split(' ');
    if (type === 'd') {
      lines.push(`${path} d--755 0 0`);
      for (const inner of top) {
        const [, innerPath = ''] = inner.split(' ');
        if (innerPath.startsWith(`${path}/`))
          lines.push(`${innerPath.slice(path.length + 1)} ---644 0 0 ${join(root, innerPath)}`);
      }
      lines.push('$');
    } else if (!path.includes('/')) {
      const target =
        type === 'l' ? execFileSync('readlink', ['-n', join(root, path)], { encoding: 'utf8' }) : '';
      lines.push(type === 'l' ? `${path} l--777 0 0 ${target}` : `${path} ---644 0 0 ${join(root, path)}`);
    }
  }
  lines.push('$', '');
  return lines.join('\n');
}
