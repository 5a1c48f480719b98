import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileSource } from '../../src/lib/disk/block-source.ts';
import { type PartitionTable, readPartitionTable } from '../../src/lib/disk/partition-table.ts';
import { findVolumes } from '../../src/lib/disk/volumes.ts';
import { copyInto, forgetDevices, lvm, makeVolume, piecesOf, withLoop } from './block-devices.ts';
import { emptyFile, mountReason } from './mounting.ts';
import { patternBytes } from './trees.ts';

const folder = mkdtempSync(join(tmpdir(), 'volumes-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const mebibyte = 1 << 20;

async function within<T>(
  disk: string,
  use: (source: ReturnType<typeof fileSource>) => Promise<T>,
): Promise<T> {
  const source = fileSource(disk);
  try {
    return await use(source);
  } finally {
    source.close();
  }
}

const tableOf = (disk: string): Promise<PartitionTable> => within(disk, readPartitionTable);

// What parted says of a device: number, first byte, size.
function partitionsOf(device: string): number[][] {
  const text = execFileSync('parted', ['-s', '-m', device, 'unit', 'B', 'print'], { encoding: 'utf8' });
  return text
    .split('\n')
    .filter((line) => /^\d+:/.test(line))
    .map((line) => line.split(':').map((field) => Number.parseInt(field, 10)))
    .map(([number = 0, start = 0, , size = 0]) => [number, start, size]);
}

const plain = ({ partitions }: PartitionTable) =>
  partitions.map(({ number, offset, sizeBytes }) => [number, offset, sizeBytes]);

describe('partition tables as parted shows them', {
  skip: mountReason('parted', 'losetup', 'mkfs.ext4'),
}, () => {
  for (const sectorBytes of [512, 4096]) {
    test(`GPT with sectors of ${sectorBytes} bytes`, async () => {
      const disk = emptyFile(join(folder, 'disk'), 64 * mebibyte);
      const theirs = withLoop(disk, { sectorBytes }, (device) => {
        const parts = [
          'mkpart',
          'first',
          '1MiB',
          '9MiB',
          'mkpart',
          'second',
          'ext4',
          '9MiB',
          '40MiB',
          'mkpart',
          'third',
          '41MiB',
          '60MiB',
          'rm',
          '2',
        ];
        execFileSync('parted', ['-s', device, 'mklabel', 'gpt', ...parts], { stdio: 'pipe' });
        return partitionsOf(device);
      });
      const ours = await tableOf(disk);
      assert.equal(ours.scheme, 'gpt');
      assert.deepEqual(plain(ours), theirs);
      assert.deepEqual(
        ours.partitions.map(({ label }) => label),
        ['first', 'third'],
      );
    });

    test(`a boot record with sectors of ${sectorBytes} bytes`, async () => {
      const disk = emptyFile(join(folder, 'disk'), 96 * mebibyte);
      const theirs = withLoop(disk, { sectorBytes }, (device) => {
        const parts = [
          'primary',
          '1MiB',
          '9MiB',
          'mkpart',
          'extended',
          '9MiB',
          '90MiB',
          'mkpart',
          'logical',
          '10MiB',
          '40MiB',
          'mkpart',
          'logical',
          '41MiB',
          '60MiB',
          'mkpart',
          'logical',
          '61MiB',
          '80MiB',
        ];
        execFileSync('parted', ['-s', device, 'mklabel', 'msdos', 'mkpart', ...parts], { stdio: 'pipe' });
        return partitionsOf(device);
      });
      // Only what lies in them tells how large the sectors of a boot record are.
      const file = emptyFile(join(folder, 'part'), 19 * mebibyte);
      execFileSync('mkfs.ext4', ['-q', '-F', file]);
      execFileSync('dd', [`if=${file}`, `of=${disk}`, 'bs=1M', 'seek=41', 'conv=notrunc', 'status=none']);
      const ours = await tableOf(disk);
      assert.equal(ours.scheme, 'mbr');
      assert.deepEqual(
        plain(ours),
        theirs.filter(([number]) => number !== 2),
      );
    });
  }
});

describe('LVM over several disks in one image', {
  skip: mountReason('sgdisk', 'pvcreate', 'losetup'),
}, () => {
  test('a volume that spans them is whole, a striped one is named', async () => {
    const disk = emptyFile(join(folder, 'lvm.img'), 160 * mebibyte);
    execFileSync('sgdisk', ['-n1:1M:+64M', '-n2:80M:+64M', disk], { stdio: 'pipe' });
    const starts = [mebibyte, 80 * mebibyte] as const;
    const sizeBytes = 64 * mebibyte;
    const pieces = withLoop(disk, { offset: starts[0], sizeBytes }, (first) =>
      withLoop(disk, { offset: starts[1], sizeBytes }, (second) => {
        for (const device of [first, second]) lvm('pvcreate', device);
        lvm('vgcreate', '-s', '4M', 'vg-two', first, second);
        makeVolume('vg-two', 'fast', '-l', '4', '-i', '2', '-I', '64k');
        makeVolume('vg-two', 'wide', '-l', '20');
        const found = piecesOf('vg-two').filter(({ name }) => name === 'wide');
        return found.map((piece) => ({ ...piece, start: piece.device === first ? starts[0] : starts[1] }));
      }),
    );
    forgetDevices();
    assert.ok(new Set(pieces.map(({ start }) => start)).size === 2, 'it lies on both');
    const wide = join(folder, 'wide');
    writeFileSync(wide, patternBytes(80 * mebibyte, 3));
    for (const [index, piece] of pieces.entries()) {
      const part = join(folder, 'piece');
      const before = pieces.slice(0, index).reduce((sum, one) => sum + one.sizeBytes, 0);
      writeFileSync(part, readFileSync(wide).subarray(before, before + piece.sizeBytes));
      copyInto(disk, piece.start, part, [piece]);
    }
    await within(disk, async (source) => {
      const { volumes, faults } = await findVolumes(source);
      const volume = volumes.find(({ name }) => name === 'volume vg-two/wide');
      assert.deepEqual(volume?.devices, ['vg-two/wide', 'mapper/vg--two-wide']);
      assert.equal(volume.source.sizeBytes, 80 * mebibyte);
      assert.ok(readFileSync(wide).equals(await volume.source.read(0, 80 * mebibyte)));
      assert.deepEqual(
        faults.map(({ kind, where, why }) => `${kind} ${where} ${why}`),
        ['unsupported volume vg-two/fast is striped over 2 disks, and only linear logical volumes are read'],
      );
    });
  });
});
