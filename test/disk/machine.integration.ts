import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { defaultLimits } from '../../src/lib/limits.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { collect } from '../../src/pipeline/collect/collect.ts';
import { openReaders } from '../../src/pipeline/collect/readers.ts';
import type { Target } from '../../src/plugins/targets/contract.ts';
import { diskImage } from '../../src/plugins/targets/disk-image/index.ts';
import { rootfs } from '../../src/plugins/targets/rootfs/index.ts';
import { debian12, dpkgStanza, writeTree } from '../../testkit/images.ts';
import { copyInto, forgetDevices, lvm, makeVolume, piecesOf, withLoop } from './block-devices.ts';
import { emptyFile, mountReason, withMount } from './mounting.ts';

const folder = mkdtempSync(join(tmpdir(), 'machine-test-'));
const readers = openReaders(defaultLimits);
after(() => {
  readers.close();
  rmSync(folder, { recursive: true, force: true });
});

const mebibyte = 1 << 20;
const sector = 512;

async function inventoryOf(target: Target, location: string): Promise<Inventory> {
  const { resources, problems } = await target.discover(location);
  assert.deepEqual(problems, []);
  const resource = resources[0];
  assert.ok(resource);
  const content = await target.open(resource, { scratchDirectory: folder });
  return collect(content, { readers, limits: defaultLimits, cache: null, onProgress() {} });
}

// A machine with packages of the system and of languages, in places that a link leads to as well.
function makeTree(): string {
  const tree = mkdtempSync(join(folder, 'tree-'));
  const packages = Array.from({ length: 300 }, (_, index) => dpkgStanza(`package-${index}`, `1.${index}-1`));
  const metadata = (name: string) => `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.2.3\n\n`;
  writeTree(tree, {
    'usr/lib/os-release': debian12,
    'etc/fstab': '',
    'var/lib/dpkg/status': packages.join(''),
    'usr/lib/python3/dist-packages/requests-2.28.1.dist-info/METADATA': metadata('requests'),
    'usr/local/lib/node_modules/left-pad/package.json': JSON.stringify({
      name: 'left-pad',
      version: '1.3.0',
    }),
    'var/www/app/node_modules/express/package.json': JSON.stringify({ name: 'express', version: '4.18.0' }),
    'srv/data/package.json': '{}',
    'usr/bin/true': Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(5000)]),
  });
  symlinkSync('../usr/lib/os-release', join(tree, 'etc/os-release'));
  mkdirSync(join(tree, 'opt'));
  symlinkSync('/var/www/app/node_modules/express', join(tree, 'opt/express'));
  symlinkSync('/nowhere', join(tree, 'opt/package.json'));
  return tree;
}

function uuidOf(image: string): string {
  return execFileSync('blkid', ['-o', 'value', '-s', 'UUID', image], { encoding: 'utf8' }).trim();
}

const needed = ['sgdisk', 'pvcreate', 'mkfs.ext4', 'mkfs.xfs', 'losetup', 'blkid', 'dd'];

describe('a machine on one disk', { skip: mountReason(...needed) }, () => {
  test('GPT, LVM in two pieces, ext4 root and XFS /var give what the tree gives', async () => {
    const tree = makeTree();
    const root = join(folder, 'root');
    cpSync(tree, root, { recursive: true, verbatimSymlinks: true });
    rmSync(join(root, 'var'), { recursive: true });
    mkdirSync(join(root, 'var'));
    writeFileSync(
      join(root, 'etc/fstab'),
      [
        '# made by the installer',
        '/dev/mapper/vg--one-root / ext4 errors=remount-ro 0 1',
        '/dev/vg-one/var\t/var xfs defaults 0 2',
        'UUID=0000-0000 /boot/efi vfat umask=0077 0 1',
        'tmpfs /tmp tmpfs defaults 0 0',
        '/dev/sdb1 /data ext4 noauto 0 0',
      ].join('\n'),
    );
    const rootImage = emptyFile(join(folder, 'root.img'), 160 * mebibyte);
    execFileSync('mkfs.ext4', ['-q', '-F', '-d', root, rootImage]);
    const varImage = emptyFile(join(folder, 'var.img'), 320 * mebibyte);
    execFileSync('mkfs.xfs', ['-q', '-f', varImage]);
    withMount(varImage, (at) => cpSync(join(tree, 'var'), at, { recursive: true, verbatimSymlinks: true }));

    const disk = emptyFile(join(folder, 'disk.img'), 640 * mebibyte);
    execFileSync('sgdisk', ['-n1:0:+2M', '-t1:ef02', '-n2:0:0', '-t2:8e00', disk], { stdio: 'pipe' });
    const start = 2048 * sector + 2 * mebibyte;
    const pieces = withLoop(disk, { offset: start }, (device) => {
      lvm('pvcreate', device);
      lvm('vgcreate', '-s', '4M', 'vg-one', device);
      makeVolume('vg-one', 'root', '-L', '80M');
      makeVolume('vg-one', 'var', '-L', '320M');
      lvm('lvextend', '-L', '160M', 'vg-one/root');
      return piecesOf('vg-one');
    });
    forgetDevices();
    assert.equal(pieces.filter(({ name }) => name === 'root').length, 2);
    copyInto(
      disk,
      start,
      rootImage,
      pieces.filter(({ name }) => name === 'root'),
    );
    copyInto(
      disk,
      start,
      varImage,
      pieces.filter(({ name }) => name === 'var'),
    );

    assert.equal(await diskImage.recognises(disk), true);
    const ours = await inventoryOf(diskImage, disk);
    const theirs = await inventoryOf(rootfs, tree);
    assert.equal(ours.packages.length, 303);
    assert.deepEqual(ours.packages, theirs.packages);
    assert.deepEqual(ours.os, theirs.os);
    assert.deepEqual(ours.problems.map(({ kind, where }) => `${kind} ${where}`).sort(), [
      'not-assessed disk.img: boot/efi',
      'not-assessed disk.img: data',
      'not-assessed disk.img: partition 1',
    ]);
  });

  test('MBR with logical partitions, mounted by UUID, label and number; another root is named', async () => {
    const tree = makeTree();
    const root = join(folder, 'root2');
    const parts = { usr: join(folder, 'usr2'), var: join(folder, 'var2') };
    cpSync(tree, root, { recursive: true, verbatimSymlinks: true });
    for (const [name, at] of Object.entries(parts)) {
      cpSync(join(root, name), at, { recursive: true, verbatimSymlinks: true });
      rmSync(join(root, name), { recursive: true });
      mkdirSync(join(root, name));
    }
    const images = ['root', 'usr', 'var', 'other'].map((name) =>
      emptyFile(join(folder, `${name}2.img`), 24 * mebibyte),
    );
    const [rootImage, usrImage, varImage, otherImage] = images as [string, string, string, string];
    execFileSync('mkfs.ext4', ['-q', '-F', '-d', parts.usr, usrImage]);
    execFileSync('mkfs.ext4', ['-q', '-F', '-L', 'my var', '-d', parts.var, varImage]);
    const fstab = [
      `UUID="${uuidOf(usrImage).toUpperCase()}" /usr auto`,
      'LABEL=my\\040var /var ext4',
      '/dev/sda1 / ext4',
    ];
    writeFileSync(join(root, 'etc/fstab'), fstab.join('\n'));
    execFileSync('mkfs.ext4', ['-q', '-F', '-d', root, rootImage]);
    execFileSync('mkfs.ext4', ['-q', '-F', '-L', 'other', '-d', tree, otherImage]);
    const disk = emptyFile(join(folder, 'mbr.img'), 128 * mebibyte);
    const script = ['mklabel msdos', 'mkpart primary 1MiB 25MiB', 'mkpart extended 26MiB 127MiB'];
    for (const [from, to] of [
      [27, 51],
      [52, 76],
      [77, 101],
    ])
      script.push(`mkpart logical ${from}MiB ${to}MiB`);
    execFileSync('parted', ['-s', disk, ...script.join(' ').split(' ')], { stdio: 'pipe' });
    for (const [image, at] of [
      [rootImage, 1],
      [usrImage, 27],
      [varImage, 52],
      [otherImage, 77],
    ] as const)
      execFileSync('dd', [
        `if=${image}`,
        `of=${disk}`,
        'bs=1M',
        `seek=${at}`,
        'conv=notrunc,sparse',
        'status=none',
      ]);
    const ours = await inventoryOf(diskImage, disk);
    const theirs = await inventoryOf(rootfs, tree);
    assert.deepEqual(ours.packages, theirs.packages);
    assert.deepEqual(
      ours.problems.map(({ kind, where, why }) => `${kind} ${where} ${why}`),
      [
        "not-assessed mbr.img: partition 7 holds another root file system 'other', which was not read: only the first is",
      ],
    );
  });

  test('a disk without a root is read as a plain tree, and says so', async () => {
    const tree = mkdtempSync(join(folder, 'plain-'));
    writeTree(tree, {
      'app/node_modules/express/package.json': JSON.stringify({ name: 'express', version: '4.18.0' }),
    });
    const image = emptyFile(join(folder, 'plain.img'), 16 * mebibyte);
    execFileSync('mkfs.ext4', ['-q', '-F', '-d', tree, image]);
    const ours = await inventoryOf(diskImage, image);
    assert.deepEqual(
      ours.packages.map(({ name }) => name),
      ['express'],
    );
    assert.match(ours.problems[0]?.why ?? '', /has no root file system/);
  });
});
