import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { debian12, tarOf } from '../../../../testkit/images.ts';
import { resolveTarget } from '../registry.ts';
import { diskImage } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'disk-image-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const testdata = join(import.meta.dirname, '../../../lib/disk/testdata');

function unpack(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, gunzipSync(readFileSync(join(testdata, `${name}.gz`))));
  return path;
}

function fileWith(name: string, at: number, bytes: string | Buffer, sizeBytes = 1 << 20): string {
  const path = join(folder, name);
  const content = Buffer.alloc(sizeBytes);
  Buffer.from(bytes as string, 'latin1').copy(content, at);
  writeFileSync(path, content);
  return path;
}

describe('a bare path', () => {
  test('is a disk image by its partition table or its file system', async () => {
    for (const name of ['gpt-lvm.img', 'mbr.img', 'ext4.img', 'xfs.img']) {
      const { target } = await resolveTarget(unpack(name));
      assert.equal(target.id, 'disk-image', name);
    }
    const volume = Buffer.alloc(1 << 20);
    volume.write('LABELONE', 512);
    volume.write('LVM2 001', 512 + 24);
    assert.equal(await diskImage.recognises(fileWith('pv', 0, volume)), true);
  });

  test('is not one when it is an archive or anything else', async () => {
    const tar = join(folder, 'layer.tar');
    writeFileSync(tar, tarOf({ 'manifest.json': '[]', 'etc/os-release': debian12 }));
    assert.equal((await resolveTarget(tar)).target.id, 'docker-archive');
    const code = Buffer.alloc(4096, 0x90);
    code.writeUInt16LE(0xaa55, 510);
    assert.equal(await diskImage.recognises(fileWith('boot-code', 0, code)), false);
    assert.equal(await diskImage.recognises(fileWith('text', 0, 'just some words\n')), false);
    assert.equal(await diskImage.recognises(fileWith('empty', 0, '', 0)), false);
    assert.equal(await diskImage.recognises(folder), false);
  });
});

describe('formats around a disk', () => {
  for (const [title, magic] of [
    ['a qcow2 image', 'QFI\xfb'],
    ['a VMDK image', 'KDMV'],
    ['a VHD image', 'conectix'],
    ['a VHDX image', 'vhdxfile'],
  ] as const) {
    test(`${title} is named, with the command that makes a raw one`, async () => {
      const path = fileWith('vm.image', 0, magic);
      assert.equal((await resolveTarget(path)).target.id, 'disk-image');
      const { resources, problems } = await diskImage.discover(path);
      assert.deepEqual(resources, []);
      assert.equal(problems[0]?.kind, 'unsupported');
      assert.match(
        problems[0]?.why ?? '',
        new RegExp(`is ${title} .*qemu-img convert -O raw vm.image disk.raw`),
      );
    });
  }

  for (const [title, at, magic] of [
    ['LUKS encryption', 0, 'LUKS\xba\xbe'],
    ['BitLocker encryption', 3, '-FVE-FS-'],
    ['swap space', 4086, 'SWAPSPACE2'],
    ['a btrfs file system', 0x10040, '_BHRfS_M'],
    ['a squashfs file system', 0, 'hsqs'],
    ['an F2FS file system', 0x400, '\x10\x20\xf5\xf2'],
    ['an EROFS file system', 0x400, '\xe2\xe1\xf5\xe0'],
    ['a ZFS pool', 0x20000 + 4096, '\x0c\xb1\xba\x00'],
    ['an NTFS file system', 3, 'NTFS    '],
  ] as const) {
    test(`${title} is named`, async () => {
      const { resources, problems } = await diskImage.discover(fileWith('other', at, magic));
      assert.deepEqual(resources, []);
      assert.match(problems[0]?.why ?? '', new RegExp(`holds ${title}`));
    });
  }
});

describe('a disk as a resource', () => {
  test('changes its fingerprint with the file, and is gone with it', async () => {
    const path = unpack('ext2.img');
    const print = async () => (await diskImage.discover(path)).resources[0]?.fingerprint;
    const first = await print();
    assert.ok(first);
    assert.equal(await print(), first);
    utimesSync(path, new Date(), new Date(Date.now() + 5000));
    const touched = await print();
    assert.notEqual(touched, first);
    truncateSync(path, 3 << 20);
    assert.notEqual(await print(), touched);
    rmSync(path);
    assert.deepEqual(await diskImage.discover(path), { resources: [], problems: [] });
  });

  test('is a machine, of which any kernel may run', async () => {
    const path = unpack('ext4.img');
    const [resource] = (await diskImage.discover(path)).resources;
    assert.equal(resource?.type, 'AWS_EC2_INSTANCE');
    assert.ok(resource);
    const content = await diskImage.open(resource);
    assert.equal(content.kind, 'disk');
    assert.deepEqual(content.facts, { isContainer: false, runningKernel: null, layers: [] });
    assert.deepEqual(diskImage.watchPaths(path), [path]);
  });
});
