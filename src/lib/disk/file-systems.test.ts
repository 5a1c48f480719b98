import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { assemble } from './assemble.ts';
import { type BlockSource, bytesSource, cachedSource, sliceSource } from './block-source.ts';
import { DiskError } from './disk-error.ts';
import type { FileNode, FileSystem } from './file-system.ts';
import { le32 } from './integers.ts';
import { openFileSystems } from './open.ts';
import { readPartitionTable } from './partition-table.ts';
import { findVolumes } from './volumes.ts';

const folder = join(import.meta.dirname, 'testdata');
const image = (name: string) => gunzipSync(readFileSync(join(folder, `${name}.gz`)));

// What the kernel showed in it when it was made.
const listed = readdirSync(folder)
  .filter((name) => name.endsWith('.img.txt'))
  .map((name) => name.slice(0, -'.txt'.length));

async function opened(source: BlockSource): Promise<FileSystem> {
  const { systems, faults } = await openFileSystems((await findVolumes(source)).volumes);
  assert.deepEqual(faults, []);
  assert.ok(systems[0]);
  return systems[0].system;
}

async function linesOf(system: FileSystem): Promise<string[]> {
  const lines: string[] = [];
  await walk(await system.node(system.rootInode), '');
  return lines.sort();

  async function walk(directory: FileNode, path: string): Promise<void> {
    const children: [string, number][] = [];
    await system.list(directory, {
      entry: (name, inode) => children.push([name, inode]) > 0,
      fault: (why) => assert.fail(`${path}: ${why}`),
    });
    for (const [name, inode] of children) {
      const node = await system.node(inode);
      const at = `${path}/${name}`;
      if (node.kind === 'directory') {
        lines.push(`directory ${at}`);
        await walk(node, at);
      } else if (node.kind === 'symlink') lines.push(`symlink ${await system.linkTarget(node)} ${at}`);
      else {
        const content = await system.read(node, 0, node.sizeBytes);
        const digest = createHash('sha256').update(content).digest('hex').slice(0, 12);
        lines.push(`file ${node.sizeBytes} ${digest} ${at}`);
      }
    }
  }
}

/** A source that answers late, as the network does. */
function slowSource(source: BlockSource): BlockSource {
  return {
    sizeBytes: source.sizeBytes,
    read: (offset, length) =>
      new Promise((resolve) => setImmediate(() => resolve(source.read(offset, length)))),
  };
}

describe('file systems as the kernel showed them', () => {
  for (const name of listed) {
    const expected = readFileSync(join(folder, `${name}.txt`), 'utf8')
      .trim()
      .split('\n')
      .sort();

    test(`${name}`, async () => {
      assert.deepEqual(await linesOf(await opened(bytesSource(image(name)))), expected);
    });

    test(`${name} through a slow source and a small cache`, async () => {
      const size = { chunkBytes: 4096, chunksMax: 8, directBytes: 2048 };
      const source = cachedSource(slowSource(bytesSource(image(name))), size);
      assert.deepEqual(await linesOf(await opened(source)), expected);
    });
  }

  test('a part of a file is that part, also across holes and past the end', async () => {
    for (const name of listed) {
      const system = await opened(bytesSource(image(name)));
      const inode = (await namesIn(system, await system.node(system.rootInode))).get('sparse');
      if (inode === undefined) continue;
      const node = await system.node(inode);
      const whole = await system.read(node, 0, node.sizeBytes);
      assert.equal(Buffer.from(whole.subarray(99_990)).toString(), `${'\0'.repeat(10)}end`);
      for (const [offset, length] of [
        [0, 10],
        [511, 3],
        [99_000, 1003],
        [99_999, 100],
        [100_003, 5],
        [200_000, 1],
      ] as const)
        assert.deepEqual(
          await system.read(node, offset, length),
          Uint8Array.from(whole.subarray(offset, offset + length)),
        );
    }
  });

  test('a journal that cannot be read costs the newest changes only', async () => {
    const bytes = image('ext4-journal.img');
    const journal = bytes.indexOf(Buffer.from('c03b399800000004', 'hex'));
    assert.ok(journal > 0);
    bytes.fill(0, journal, journal + 4);
    const { volumes } = await findVolumes(bytesSource(bytes));
    const { systems, faults } = await openFileSystems(volumes);
    assert.match(faults[0]?.why ?? '', /journal cannot be played back .*; the newest changes may be missing/);
    assert.equal(faults[0]?.kind, 'stale');
    const system = systems[0]?.system;
    assert.ok(system);
    assert.ok(!(await namesIn(system, await system.node(system.rootInode))).has('later'));
  });
});

describe('disks', () => {
  test('GPT with LVM: the pieces are put together and mounted', async () => {
    const { volumes, faults } = await findVolumes(bytesSource(image('gpt-lvm.img')));
    assert.deepEqual(faults, []);
    assert.deepEqual(
      volumes.map(({ name }) => name),
      ['partition 1', 'volume vg/root', 'volume vg/var'],
    );
    assert.deepEqual(volumes[1]?.devices, ['vg/root', 'mapper/vg-root']);
    const { tree, faults: others } = await assemble(await openFileSystems(volumes));
    assert.deepEqual(
      others.map(({ where }) => where),
      ['partition 1'],
    );
    const status = await tree?.find('var/lib/dpkg/status');
    assert.equal(status?.node.kind, 'file');
    const release = await tree?.find('etc/os-release');
    assert.ok(release);
    const text = Buffer.from(await release.system.read(release.node, 0, 1000)).toString();
    assert.match(text, /PRETTY_NAME="Debian/);
  });

  test('a boot record with logical partitions', async () => {
    const source = bytesSource(image('mbr.img'));
    const { scheme, partitions } = await readPartitionTable(source);
    assert.equal(scheme, 'mbr');
    assert.deepEqual(
      partitions.map(({ number, offset, sizeBytes }) => [number, offset / 512, sizeBytes / 512]),
      [
        [1, 64, 4096],
        [5, 4200, 2048],
        [6, 6300, 1701],
      ],
    );
    const { tree, faults } = await assemble(await openFileSystems((await findVolumes(source)).volumes));
    assert.ok(await tree?.find('var/lib/dpkg/status'));
    assert.deepEqual(
      faults.map(({ kind, where }) => `${kind} ${where}`),
      ['not-read partition 6'],
    );
  });

  test('a chain of logical partitions that leads back is cut there', async () => {
    const bytes = image('mbr.img');
    const first = 4160 * 512;
    // The second entry of the record leads to the record itself.
    bytes.writeUInt8(5, first + 462 + 4);
    bytes.writeUInt32LE(0, first + 462 + 8);
    bytes.writeUInt32LE(100, first + 462 + 12);
    const { partitions, faults } = await readPartitionTable(bytesSource(bytes));
    assert.deepEqual(
      partitions.map(({ number }) => number),
      [1, 5],
    );
    assert.match(faults[0]?.why ?? '', /has no boot record|leads in a circle/);
  });

  test('a broken GPT is read from its copy, and says so; both broken is a fault', async () => {
    const bytes = image('gpt-lvm.img');
    bytes.fill(0xee, 1024, 1100);
    const { partitions, faults } = await readPartitionTable(bytesSource(bytes));
    assert.equal(partitions.length, 2);
    assert.match(faults[0]?.why ?? '', /checksum of its entries is wrong\); its copy at the end was read/);
    bytes.fill(0, 512, 1024);
    assert.equal((await readPartitionTable(bytesSource(bytes))).partitions.length, 2);
    bytes.fill(0, bytes.length - 512);
    const neither = await readPartitionTable(bytesSource(bytes));
    assert.equal(neither.partitions.length, 0);
    assert.match(neither.faults[0]?.why ?? '', /GUID partition table, and none can be read/);
  });

  test('what is left of a GPT does not count once the disk has another boot record, or none and a file system', async () => {
    const old = image('gpt-lvm.img');
    const fresh = image('mbr.img');
    const disk = Buffer.concat([fresh, old.subarray(fresh.length)]);
    assert.equal((await readPartitionTable(bytesSource(disk))).scheme, 'mbr');
    const bare = Buffer.concat([image('ext2.img'), old.subarray(2 << 20)]);
    assert.equal((await readPartitionTable(bytesSource(bare))).scheme, 'none');
    const headless = Buffer.from(old);
    headless.fill(0, 0, 512);
    assert.equal((await readPartitionTable(bytesSource(headless))).partitions.length, 2);
  });

  test('a disk that was cut short says which partition is, and by how much', async () => {
    const bytes = image('mbr.img');
    const { faults } = await findVolumes(bytesSource(bytes.subarray(0, 5000 * 512)));
    assert.match(
      faults.map(({ where, why }) => `${where} ${why}`).join('\n'),
      /partition 5 has 1048576 bytes, of which the image only holds 409600/,
    );
  });

  test('a volume of which a disk is missing, and one that is striped, are named', async () => {
    const whole = image('gpt-lvm.img');
    for (const [from, to, why] of [
      ['stripe_count = 1', 'stripe_count = 2', /striped over 2 disks/],
      ['type = "striped"', 'type = "thinxxx"', /of type thinxxx/],
      ['"pv0", 0', '"pv1", 0', /lies in part on pv1, which is not in this image/],
    ] as const) {
      const { faults } = await findVolumes(bytesSource(changeMetadata(whole, from, to)));
      assert.match(faults.map((fault) => `${fault.where} ${fault.why}`).join('\n'), why);
      assert.ok(faults.every(({ where }) => where.startsWith('volume vg/')));
    }
    const broken = Buffer.from(whole);
    const text = 65536 + 4096 + le32(broken, 65536 + 4096 + 40);
    broken.write('X', text + 20);
    const whys = (await findVolumes(bytesSource(broken))).faults.map(({ why }) => why).join('\n');
    assert.match(whys, /checksum of its metadata is wrong/);
  });

  test('a whole disk of ext, and one cut in the middle of its first sector', async () => {
    const bytes = image('ext2.img');
    assert.equal((await readPartitionTable(bytesSource(bytes))).scheme, 'none');
    for (const length of [0, 1, 511, 1024, 1500]) {
      const { volumes } = await findVolumes(sliceSource(bytesSource(bytes), 0, length));
      const { systems } = await openFileSystems(volumes);
      assert.equal(systems.length, 0);
    }
  });
});

async function namesIn(system: FileSystem, directory: FileNode): Promise<Map<string, number>> {
  const names = new Map<string, number>();
  await system.list(directory, {
    entry: (name, inode) => names.set(name, inode).size > 0,
    fault: (why) => {
      throw new DiskError('malformed', why);
    },
  });
  return names;
}

// Replaces text of equal length in the newest metadata and puts its checksums right.
function changeMetadata(disk: Buffer, from: string, to: string): Buffer {
  const bytes = Buffer.from(disk);
  const area = 65536 + 4096;
  const at = area + le32(bytes, area + 40);
  const size = le32(bytes, area + 48);
  const text = bytes.subarray(at, at + size).toString('latin1');
  assert.ok(text.includes(from) && from.length === to.length);
  bytes.write(text.replaceAll(from, to), at, 'latin1');
  bytes.writeUInt32LE(lvmChecksum(bytes.subarray(at, at + size)), area + 56);
  bytes.writeUInt32LE(lvmChecksum(bytes.subarray(area + 4, area + 512)), area);
  return bytes;
}

// Written out bit by bit, apart from the code that is tested.
function lvmChecksum(bytes: Uint8Array): number {
  let crc = 0xf597a6cf;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return crc >>> 0;
}
