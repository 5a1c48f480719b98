import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { bytesSource, cachedSource, fileSource } from '../../src/lib/disk/block-source.ts';
import { openExt } from '../../src/lib/disk/ext/open.ts';
import { emptyFile, missingReason, mountReason, withMount } from './mounting.ts';
import { fillTree, patternBytes } from './trees.ts';
import { differences, type View, viewOf, viewOfDirectory } from './views.ts';

const folder = mkdtempSync(join(tmpdir(), 'ext-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const mebibyte = 1 << 20;

async function viewOfImage(image: string): Promise<{ view: View; faults: readonly { why: string }[] }> {
  const source = fileSource(image);
  try {
    const cached = cachedSource(source, { chunkBytes: 1 << 16, chunksMax: 256, directBytes: 1 << 16 });
    const system = await openExt(cached);
    return { view: await viewOf(system), faults: system.faults };
  } finally {
    source.close();
  }
}

// The names in the root as they stand in their places: with the flag that asks for recovery taken away.
async function namesWithoutJournal(image: string): Promise<string[]> {
  const bytes = readFileSync(image);
  bytes.writeUInt32LE(bytes.readUInt32LE(1024 + 0x60) & ~4, 1024 + 0x60);
  const system = await openExt(bytesSource(bytes));
  const names: string[] = [];
  await system.list(await system.node(system.rootInode), {
    entry: (name) => names.push(name) > 0,
    fault: (why) => assert.fail(why),
  });
  return names;
}

// Each is a way in which ext was or can be made; the kernel of this machine is the judge.
const ways: Readonly<Record<string, readonly string[]>> = {
  'ext2, 1 KiB blocks': ['-t', 'ext2', '-b', '1024'],
  'ext2, 4 KiB blocks, old revision of inodes': [
    '-t',
    'ext2',
    '-b',
    '4096',
    '-I',
    '128',
    '-O',
    '^large_file',
  ],
  'ext2 without types in directories': ['-t', 'ext2', '-O', '^filetype'],
  'ext3, 2 KiB blocks': ['-t', 'ext3', '-b', '2048'],
  'ext4 as it comes': ['-t', 'ext4'],
  'ext4, 1 KiB blocks': ['-t', 'ext4', '-b', '1024'],
  'ext4, 2 KiB blocks, inodes of 512 bytes': ['-t', 'ext4', '-b', '2048', '-I', '512'],
  'ext4 without extents': ['-t', 'ext4', '-b', '1024', '-O', '^extent,^64bit'],
  'ext4 without 64bit and checksums': ['-t', 'ext4', '-O', '^64bit,^metadata_csum'],
  'ext4 with content inside inodes': ['-t', 'ext4', '-O', 'inline_data', '-I', '256'],
  'ext4 with content inside large inodes': ['-t', 'ext4', '-O', 'inline_data', '-I', '1024'],
  'ext4 with clusters': ['-t', 'ext4', '-N', '6000', '-O', 'bigalloc', '-C', '65536'],
  'ext4 with clusters and 1 KiB blocks': [
    '-t',
    'ext4',
    '-N',
    '6000',
    '-b',
    '1024',
    '-O',
    'bigalloc',
    '-C',
    '16384',
  ],
  'ext4 with meta_bg': ['-t', 'ext4', '-b', '1024', '-O', 'meta_bg,^resize_inode'],
  'ext4 with meta_bg, clusters and 1 KiB blocks': [
    '-t',
    'ext4',
    '-N',
    '6000',
    '-b',
    '1024',
    '-O',
    'meta_bg,^resize_inode,bigalloc',
  ],
  'ext4 without flex_bg': ['-t', 'ext4', '-O', '^flex_bg'],
  'ext4 with sparse_super2': ['-t', 'ext4', '-b', '1024', '-O', 'sparse_super2,meta_bg,^resize_inode'],
  'ext4 with a copy of the superblock in every group': [
    '-t',
    'ext4',
    '-b',
    '1024',
    '-O',
    '^sparse_super,meta_bg,^resize_inode',
  ],
  'ext4 without types in directories and without index': ['-t', 'ext4', '-O', '^filetype,^dir_index'],
  'ext4 with attributes in inodes of their own': ['-t', 'ext4', '-O', 'ea_inode,large_dir'],
  'ext4 with checksums from a seed': ['-t', 'ext4', '-O', 'metadata_csum_seed'],
};

describe('ext as the kernel shows it', { skip: mountReason('mkfs.ext4', 'mkfs.ext2') }, () => {
  for (const [way, options] of Object.entries(ways)) {
    test(way, async () => {
      const image = emptyFile(join(folder, 'image'), 320 * mebibyte);
      execFileSync('mkfs.ext4', ['-q', '-F', '-N', '6000', ...options, image], { stdio: 'pipe' });
      withMount(image, (at) => fillTree(at, { names: 1200, fileBytes: 3 * mebibyte }));
      const { view, faults } = await viewOfImage(image);
      assert.deepEqual(differences(view, withMount(image, viewOfDirectory, 'loop,ro')), []);
      assert.deepEqual(faults, []);
      assert.ok(view.size > 800);
    });
  }

  test('fifty thousand names, an extent tree that is three deep, folders in inodes', async () => {
    const image = emptyFile(join(folder, 'image'), 400 * mebibyte);
    execFileSync('mkfs.ext4', ['-q', '-F', '-b', '1024', '-N', '70000', '-O', 'inline_data', image]);
    withMount(image, (at) => {
      fillTree(at, { names: 50_000, fileBytes: 8 * mebibyte });
      // Every second block of a file that is then cut up: one extent each.
      execFileSync('sh', [
        '-c',
        'f="$1/holes"; dd if=/dev/urandom of="$f" bs=1M count=40 status=none; i=0; while [ $i -lt 12000 ]; do echo "fpunch $((i*3072)) 1024"; i=$((i+1)); done | xfs_io "$f" >/dev/null 2>&1 || true',
        'sh',
        at,
      ]);
    });
    const { view } = await viewOfImage(image);
    assert.deepEqual(differences(view, withMount(image, viewOfDirectory, 'loop,ro')), []);
  });

  test('a file that was reserved and never written is zeros', async () => {
    const image = emptyFile(join(folder, 'image'), 64 * mebibyte);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
    withMount(image, (at) => {
      execFileSync('fallocate', ['-l', '5000000', join(at, 'reserved')]);
      execFileSync('dd', [
        'if=/dev/urandom',
        `of=${join(at, 'reserved')}`,
        'bs=1000',
        'seek=2000',
        'count=10',
        'conv=notrunc',
        'status=none',
      ]);
    });
    const { view } = await viewOfImage(image);
    assert.deepEqual(differences(view, withMount(image, viewOfDirectory, 'loop,ro')), []);
  });

  for (const [way, options] of [
    ['ext3', ['-t', 'ext3', '-b', '1024']],
    ['ext4 with checksums of version 3', ['-t', 'ext4']],
    ['ext4 without checksums', ['-t', 'ext4', '-O', '^metadata_csum']],
    ['ext4 without 64bit', ['-t', 'ext4', '-O', '^64bit']],
    ['ext4 with a small journal that goes round', ['-t', 'ext4', '-J', 'size=4', '-b', '1024']],
  ] as const) {
    test(`changes that are only in the journal of ${way} are seen`, async () => {
      const image = emptyFile(join(folder, 'image'), 96 * mebibyte);
      const copy = join(folder, 'copy');
      execFileSync('mkfs.ext4', ['-q', '-F', '-N', '9000', ...options, image], { stdio: 'pipe' });
      withMount(
        image,
        (at) => {
          mkdirSync(join(at, 'first'));
          for (let index = 0; index < 800; index++) writeFileSync(join(at, 'first', `f${index}`), `${index}`);
          execFileSync('sync', ['-f', at]);
          for (let index = 0; index < 700; index++) rmSync(join(at, 'first', `f${index}`));
          mkdirSync(join(at, 'second'));
          for (let index = 0; index < 600; index++)
            writeFileSync(join(at, 'second', `s${index}`), `${index}-new`);
          // Begins like a block of the journal, so that it is escaped where data goes through it.
          const escaped = Buffer.concat([Buffer.from('c03b3998', 'hex'), patternBytes(9000, 3)]);
          writeFileSync(join(at, 'escaped'), escaped);
          symlinkSync('a'.repeat(200), join(at, 'long'));
          // Commits to the journal and leaves the places alone, which syncing the file system would not.
          execFileSync('sync', [join(at, 'escaped'), join(at, 'second')]);
          copyFileSync(image, copy);
        },
        'loop,data=journal',
      );
      assert.ok((await namesWithoutJournal(copy)).includes('first'));
      assert.ok(!(await namesWithoutJournal(copy)).includes('second'), 'the journal makes a difference');
      const { view, faults } = await viewOfImage(copy);
      assert.deepEqual(faults, []);
      assert.deepEqual(differences(view, withMount(copy, viewOfDirectory)), []);
      assert.ok(view.has('/second/s599') && !view.has('/first/f0'));
    });
  }
});

describe('ext made from a directory', { skip: missingReason('mkfs.ext4', 'debugfs') }, () => {
  test('is read as the directory', async () => {
    const tree = join(folder, 'tree');
    mkdirSync(tree);
    fillTree(tree, { names: 400, fileBytes: mebibyte });
    const image = emptyFile(join(folder, 'image'), 80 * mebibyte);
    execFileSync('mkfs.ext4', ['-q', '-F', '-d', tree, image]);
    const { view, faults } = await viewOfImage(image);
    assert.deepEqual(faults, []);
    const ours = new Map([...view].filter(([path]) => path !== '/lost+found'));
    assert.deepEqual(differences(ours, viewOfDirectory(tree)), []);
  });

  test('an encrypted directory is refused by name, an unknown feature too', async () => {
    const image = emptyFile(join(folder, 'image'), 16 * mebibyte);
    execFileSync('mkfs.ext4', ['-q', '-F', '-O', 'encrypt', image]);
    const commands = ['mkdir secret', 'set_inode_field secret flags 0x80800'];
    for (const command of commands) execFileSync('debugfs', ['-w', '-R', command, image], { stdio: 'pipe' });
    await assert.rejects(viewOfImage(image), /is encrypted/);
    execFileSync('debugfs', ['-w', '-R', 'set_super_value feature_incompat 0x802c2', image], {
      stdio: 'pipe',
    });
    await assert.rejects(viewOfImage(image), /ext feature '0x80000'/);
  });
});
