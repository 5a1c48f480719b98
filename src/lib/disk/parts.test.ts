import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type BlockSource,
  bytesSource,
  cachedSource,
  concatSource,
  sliceSource,
  watchedSource,
} from './block-source.ts';
import { isDevice } from './device-name.ts';
import { DiskError } from './disk-error.ts';
import { overlaySource } from './ext/overlay.ts';
import { parseFstab } from './fstab.ts';
import { be64, le64 } from './integers.ts';
import { listIn, numberIn, parseMetadataText, sectionIn, textIn } from './lvm/metadata-text.ts';
import type { Volume } from './volumes.ts';

const content = fc.uint8Array({ minLength: 1, maxLength: 400 });
const reads = fc.array(fc.tuple(fc.nat(420), fc.nat(100)), { maxLength: 20 });

// Whatever a source is made of, it reads as its bytes, or refuses what lies outside.
async function readsAs(
  source: BlockSource,
  bytes: Uint8Array,
  wanted: readonly (readonly [number, number])[],
) {
  assert.equal(source.sizeBytes, bytes.length);
  for (const [offset, length] of wanted) {
    if (offset + length <= bytes.length)
      assert.deepEqual(
        Buffer.from(await source.read(offset, length)),
        Buffer.from(bytes.subarray(offset, offset + length)),
      );
    else await assert.rejects(async () => source.read(offset, length), DiskError);
  }
}

describe('block sources read as the bytes that they stand for', () => {
  test('a slice, also one that goes past the end', async () => {
    await fc.assert(
      fc.asyncProperty(content, fc.nat(300), fc.nat(300), reads, async (bytes, offset, size, wanted) => {
        fc.pre(offset <= bytes.length);
        await readsAs(
          sliceSource(bytesSource(bytes), offset, size),
          bytes.subarray(offset, offset + size),
          wanted,
        );
      }),
    );
  });

  test('pieces one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 5 }), reads, async (parts, wanted) => {
        await readsAs(concatSource(parts.map(bytesSource)), Buffer.concat(parts), wanted);
      }),
    );
  });

  test('a cache, whatever its size, over a source that answers late or at once', async () => {
    const sizes = fc.record({
      chunkBytes: fc.constantFrom(1, 2, 16, 64),
      chunksMax: fc.integer({ min: 1, max: 4 }),
      directBytes: fc.integer({ min: 1, max: 90 }),
    });
    await fc.assert(
      fc.asyncProperty(content, sizes, fc.boolean(), reads, async (bytes, size, isLate, wanted) => {
        const source = bytesSource(bytes);
        const late = {
          sizeBytes: bytes.length,
          read: async (at: number, length: number) => source.read(at, length),
        };
        await readsAs(cachedSource(isLate ? late : source, size), bytes, wanted);
      }),
    );
  });

  test('a cache asks once for neighbours', async () => {
    let asked = 0;
    const source = watchedSource(bytesSource(new Uint8Array(1000)), () => asked++);
    const cached = cachedSource(source, { chunkBytes: 256, chunksMax: 2, directBytes: 512 });
    for (let at = 0; at < 256; at += 16) await cached.read(at, 16);
    assert.equal(asked, 1);
    await cached.read(0, 600);
    assert.equal(asked, 2);
  });

  test('an overlay of blocks, escaped ones with the magic number of a journal', async () => {
    const block = 16;
    const bytes = Uint8Array.from({ length: 160 }, (_, index) => index);
    const kept = new Map([
      [1, { offset: 128, isEscaped: false }],
      [3, { offset: 144, isEscaped: true }],
    ]);
    const expected = Uint8Array.from(bytes);
    expected.set(bytes.subarray(128, 144), block);
    expected.set(bytes.subarray(144, 160), 3 * block);
    expected.set([0xc0, 0x3b, 0x39, 0x98], 3 * block);
    const overlay = overlaySource(bytesSource(bytes), block, kept);
    for (let offset = 0; offset < 160; offset++)
      for (const length of [0, 1, 15, 16, 17, 40])
        if (offset + length <= 160) await readsAs(overlay, expected, [[offset, length]]);
  });
});

describe('numbers', () => {
  test('of 64 bits that no disk can have are refused', () => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(2n ** 53n - 1n);
    assert.equal(le64(bytes, 0), Number.MAX_SAFE_INTEGER);
    bytes.writeBigUInt64BE(2n ** 53n - 1n);
    assert.equal(be64(bytes, 0), Number.MAX_SAFE_INTEGER);
    bytes.writeBigUInt64BE(2n ** 53n);
    assert.throws(() => be64(bytes, 0), DiskError);
    assert.throws(() => be64(bytes, 1), /past the end/);
  });
});

describe('fstab', () => {
  test('what is mounted from disks, without swap, the network, memory and binds', () => {
    const text = [
      '# comment',
      '',
      'UUID=1111-2222  /boot/efi vfat umask=0077 0 1',
      '/dev/sda1\t/\text4',
      'LABEL=my\\040data /srv/my\\040data ext4 noauto',
      'PARTUUID=abc-01 none swap sw',
      'UUID=5 none swap sw',
      'UUID=6 /swapfile swap sw',
      'server:/export /mnt nfs',
      'tmpfs /tmp tmpfs size=1g',
      '/dev/vg/a /var/../etc ext4',
      '/srv/a /srv/b none bind',
      '/dev/sdb1 /x none rbind,ro',
      'UUID=7 //var//log/ xfs',
      'short',
    ].join('\n');
    assert.deepEqual(parseFstab(text), [
      { device: 'UUID=1111-2222', path: 'boot/efi', type: 'vfat' },
      { device: '/dev/sda1', path: '', type: 'ext4' },
      { device: 'LABEL=my data', path: 'srv/my data', type: 'ext4' },
      { device: 'UUID=7', path: 'var/log', type: 'xfs' },
    ]);
  });

  test('names of devices', () => {
    const volume = {
      partition: 2,
      partitionUuid: 'aaaa-02',
      partitionLabel: 'my part',
      devices: [] as string[],
    } as unknown as Volume;
    const named = { volume, uuid: '1111-aaaa', label: '/' };
    const yes = [
      'UUID=1111-AAAA',
      'UUID="1111-aaaa"',
      'LABEL=/',
      'PARTUUID=AAAA-02',
      'PARTLABEL="my part"',
      '/dev/disk/by-uuid/1111-aaaa',
      '/dev/disk/by-partuuid/aaaa-02',
      '/dev/sda2',
      '/dev/xvda2',
      '/dev/vda2',
      '/dev/nvme0n1p2',
      '/dev/mmcblk0p2',
    ];
    const no = [
      'UUID=1111',
      'LABEL=',
      '/dev/sda',
      '/dev/sda22',
      '/dev/sdb2',
      '/dev/nvme1n1p2',
      '/dev/nvme0n1',
      '/dev/mapper/vg-root',
      'sda2',
      '/dev/sda2x',
    ];
    for (const device of yes) assert.equal(isDevice(device, named), true, device);
    for (const device of no) assert.equal(isDevice(device, named), false, device);
    const logical = {
      ...named,
      volume: { ...volume, partition: null, devices: ['vg/root', 'mapper/vg-root'] },
    };
    assert.equal(isDevice('/dev/mapper/vg-root', logical), true);
    assert.equal(isDevice('/dev/vg/root', logical), true);
    assert.equal(isDevice('/dev/sda', logical), false);
    assert.equal(isDevice('/dev/sda', { ...named, volume: { ...volume, partition: null } }), true);
    assert.equal(isDevice('UUID=', { ...named, uuid: null }), false);
  });
});

describe('the text of LVM', () => {
  const text = `vg0 { # a comment with } in it
    id = "a-b"
    seqno = 7
    status = ["READ", "WRITE",]
    empty = []
    tag = "quote \\" and \\\\ in it"
    logical_volumes {
      ro-ot.1 { segment1 { stripes = ["pv0", 12] } }
    }
  }
  # the end`;

  test('sections, numbers, texts and lists', () => {
    const group = sectionIn(parseMetadataText(text), 'vg0');
    assert.equal(textIn(group, 'id'), 'a-b');
    assert.equal(numberIn(group, 'seqno'), 7);
    assert.deepEqual(listIn(group, 'status'), ['READ', 'WRITE']);
    assert.deepEqual(listIn(group, 'empty'), []);
    assert.equal(textIn(group, 'tag'), 'quote " and \\ in it');
    const volume = sectionIn(sectionIn(group, 'logical_volumes'), 'ro-ot.1');
    assert.deepEqual(listIn(sectionIn(volume, 'segment1'), 'stripes'), ['pv0', 12]);
    assert.throws(() => numberIn(group, 'absent'), /no absent/);
  });

  test('what is not such text is malformed, cut anywhere, nested without end or changed', () => {
    for (let length = 1; length < text.lastIndexOf('}'); length++)
      if (text.slice(0, length).trim() !== '')
        assert.throws(() => parseMetadataText(text.slice(0, length)), DiskError);
    assert.throws(() => parseMetadataText('a {'.repeat(100_000)), /nested too deep/);
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('a', '=', '{', '}', '[', ']', '"', '\\', ',', '1', ' ', '\n', '#'),
        }),
        (wild) => {
          try {
            parseMetadataText(wild);
          } catch (error) {
            assert.ok(error instanceof DiskError);
          }
        },
      ),
    );
  });
});
