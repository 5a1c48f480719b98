import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  debian12,
  dpkgStanza,
  type Member,
  sha256,
  tarOf,
  writeLayout,
  writeTree,
} from '../../../testkit/images.ts';
import { defaultLimits, type ScanLimits } from '../../lib/limits.ts';
import type { Inventory } from '../../model/inventory.ts';
import { ociLayout } from '../../plugins/targets/oci-layout/index.ts';
import { collect } from './collect.ts';
import { openLayerCache } from './layer-cache.ts';
import { openReaders, type Readers } from './readers.ts';

const folder = mkdtempSync(join(tmpdir(), 'collect-test-'));
const readers = openReaders(defaultLimits);
after(() => {
  readers.close();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
const place = () => join(folder, `place-${count++}`);

function context(limits: ScanLimits = defaultLimits, own: Readers = readers) {
  return { readers: own, limits, cache: null, onProgress: () => {} };
}

async function inventoryOfLayers(
  layers: readonly Readonly<Record<string, Member>>[],
  compression: 'gzip' | 'zstd' | 'none' = 'gzip',
): Promise<Inventory> {
  const layout = place();
  writeLayout(layout, [{ reference: 'test:1', layers: layers.map(tarOf), compression }]);
  const { resources, problems } = await ociLayout.discover(layout);
  assert.deepEqual(problems, []);
  const resource = resources[0];
  assert.ok(resource);
  return collect(await ociLayout.open(resource), context());
}

const names = (inventory: Inventory) => inventory.packages.map(({ name, version }) => `${name} ${version}`);
const module = (name: string, version: string) => JSON.stringify({ name, version });

describe('images', () => {
  const base = { 'etc/os-release': debian12, 'var/lib/dpkg/status': dpkgStanza('bash', '5.2.15-2') };

  for (const compression of ['gzip', 'zstd', 'none'] as const) {
    test(`layers stored as ${compression} are read`, async () => {
      const inventory = await inventoryOfLayers([base], compression);
      assert.deepEqual(names(inventory), ['bash 5.2.15-2']);
      assert.equal(inventory.os?.id, 'debian');
      assert.equal(inventory.packages[0]?.purl, 'pkg:deb/debian/bash@5.2.15-2?arch=amd64&distro=debian-12');
      assert.deepEqual(inventory.problems, []);
    });
  }

  test('a package belongs to the layer that first had its version', async () => {
    const second = {
      'var/lib/dpkg/status': dpkgStanza('bash', '5.2.15-2') + dpkgStanza('curl', '7.88.1-10'),
    };
    const inventory = await inventoryOfLayers([base, second]);
    const layerOf = (name: string) => inventory.packages.find((pkg) => pkg.name === name)?.evidence[0]?.layer;
    assert.equal(layerOf('bash'), sha256(tarOf(base)));
    assert.equal(layerOf('curl'), sha256(tarOf(second)));
  });

  test('whiteouts, opaque folders and replaced files hide what lies below', async () => {
    const app = {
      'app/node_modules/a/package.json': module('a', '1.0.0'),
      'app/node_modules/b/package.json': module('b', '1.0.0'),
      'app/node_modules/c/package.json': module('c', '1.0.0'),
      'opt/node_modules/d/package.json': module('d', '1.0.0'),
    };
    const inventory = await inventoryOfLayers([
      app,
      { 'app/node_modules/.wh.a': '', 'app/node_modules/b/package.json': module('b', '2.0.0') },
      { 'opt/.wh..wh..opq': '', 'opt/node_modules/e/package.json': module('e', '1.0.0') },
      { 'app/node_modules/c/.wh.package.json': '' },
    ]);
    assert.deepEqual(names(inventory), ['b 2.0.0', 'e 1.0.0']);
  });

  test('another name of a file that was looked at and passed over is no gap, and of one that is not there is', async () => {
    const script = '#!/bin/sh\necho hello\n';
    const linked = await inventoryOfLayers([
      { ...base, 'usr/bin/zip-it': script, 'usr/bin/unzip-it': { hardLink: './usr/bin/zip-it' } },
    ]);
    assert.deepEqual(linked.problems, []);
    const dangling = await inventoryOfLayers([
      { ...base, 'usr/bin/unzip-it': { hardLink: './usr/bin/gone' } },
    ]);
    assert.match(dangling.problems[0]?.why ?? '', /is a hard link to \.\/usr\/bin\/gone/);
    const other = await inventoryOfLayers([
      { 'usr/bin/zip-it': script, 'app/node_modules/a/package.json': { hardLink: 'usr/bin/zip-it' } },
    ]);
    assert.equal(other.problems.length, 1);
  });

  test('an upper layer may write through a link of a lower one', async () => {
    const apk = 'P:musl\nV:1.2.4-r2\nA:x86_64\no:musl\n\n';
    const inventory = await inventoryOfLayers([
      { lib: { link: 'usr/lib' }, 'usr/lib/apk/db/installed': 'P:musl\nV:1.2.3-r0\nA:x86_64\no:musl\n\n' },
      { 'lib/apk/db/installed': apk },
    ]);
    assert.deepEqual(names(inventory), ['musl 1.2.4-r2']);
  });

  test('language packages that a distribution package owns are told apart', async () => {
    const metadata = 'Metadata-Version: 2.1\nName: requests\nVersion: 2.28.1\n\n';
    const inventory = await inventoryOfLayers([
      {
        ...base,
        'usr/lib/python3/dist-packages/requests-2.28.1.dist-info/METADATA': metadata,
        'usr/local/lib/python3.11/site-packages/requests-2.28.1.dist-info/METADATA': metadata,
        'var/lib/dpkg/info/python3-requests.list':
          '/.\n/usr/lib/python3/dist-packages/requests-2.28.1.dist-info\n/usr/lib/python3/dist-packages/requests-2.28.1.dist-info/METADATA\n',
      },
    ]);
    const owners = inventory.packages.filter(({ name }) => name === 'requests').map(({ owner }) => owner);
    assert.deepEqual(owners, ['python3-requests', null]);
  });

  test('a lock file beside installed packages tells of those only, and lock files of others tell nothing', async () => {
    const lock = (...entries: [string, string][]) =>
      JSON.stringify({
        name: 'app',
        lockfileVersion: 3,
        packages: Object.fromEntries(
          entries.map(([name, version]) => [`node_modules/${name}`, { version, dev: true }]),
        ),
      });
    const inventory = await inventoryOfLayers([
      {
        'app/package-lock.json': lock(['a', '1.0.0'], ['gone', '1.0.0']),
        'app/node_modules/a/package.json': module('a', '1.0.0'),
        'app/node_modules/a/package-lock.json': lock(['theirs', '1.0.0']),
        'other/package-lock.json': lock(['bundled', '1.0.0']),
      },
    ]);
    assert.deepEqual(names(inventory), ['a 1.0.0', 'bundled 1.0.0']);
    assert.deepEqual(
      inventory.packages[0]?.evidence.map(({ path }) => path),
      ['app/node_modules/a/package.json', 'app/package-lock.json'],
    );
  });

  test('entries that climb out are refused and told, and the rest is read', async () => {
    const inventory = await inventoryOfLayers([
      { '../../etc/cron.d/evil': 'x', '/../var/lib/dpkg/status': dpkgStanza('evil', '1'), ...base },
    ]);
    assert.deepEqual(names(inventory), ['bash 5.2.15-2']);
    assert.equal(inventory.problems.length, 1);
    assert.equal(inventory.problems[0]?.kind, 'escape');
    assert.match(inventory.problems[0]?.why ?? '', /2 entries/);
  });

  test('a damaged layer is a problem with its digest; the other layers are read', async () => {
    const layout = place();
    const good = tarOf(base);
    const bad = tarOf({ 'app/node_modules/a/package.json': module('a', '1.0.0') });
    writeLayout(layout, [{ reference: 'test:1', layers: [good, bad] }]);
    const blob = join(layout, 'blobs/sha256', sha256(gzipSync(bad)).slice(7));
    truncateSync(blob, readFileSync(blob).length - 20);
    const { resources } = await ociLayout.discover(layout);
    const resource = resources[0];
    assert.ok(resource);
    const inventory = await collect(await ociLayout.open(resource), context());
    assert.ok(names(inventory).includes('bash 5.2.15-2'));
    assert.equal(inventory.problems.length, 1);
    assert.match(
      `${inventory.problems[0]?.where} ${inventory.problems[0]?.why}`,
      /sha256:.*(cut short|damaged)/,
    );
  });

  test('bytes that are not those of their digest are told', async () => {
    const layout = place();
    const layer = tarOf(base);
    writeLayout(layout, [{ reference: 'test:1', layers: [layer], compression: 'none' }]);
    const blob = join(layout, 'blobs/sha256', sha256(layer).slice(7));
    writeFileSync(blob, tarOf({ ...base, 'var/lib/dpkg/status': dpkgStanza('bash', '9') }));
    const { resources } = await ociLayout.discover(layout);
    const inventory = await collect(await ociLayout.open(resources[0] as never), context());
    assert.match(inventory.problems[0]?.why ?? '', /changed/);
  });

  test('a layer is read once, whoever has it', async () => {
    const layout = place();
    const cache = openLayerCache(place());
    writeLayout(layout, [
      { reference: 'one:1', layers: [tarOf(base)] },
      { reference: 'two:1', layers: [tarOf(base), tarOf({ 'etc/motd': 'hi' })] },
    ]);
    const read: string[] = [];
    const counting: Readers = {
      ...readers,
      read(task, onProgress) {
        read.push(task.kind === 'layer' ? (task.blob.diffId ?? '') : task.kind);
        return readers.read(task, onProgress);
      },
    };
    const { resources } = await ociLayout.discover(layout);
    assert.equal(resources.length, 2);
    const inventories: Inventory[] = [];
    for (const resource of [...resources, ...resources]) {
      inventories.push(
        await collect(await ociLayout.open(resource), { ...context(defaultLimits, counting), cache }),
      );
    }
    assert.equal(read.length, 2, 'one read for each distinct layer');
    assert.deepEqual(inventories[2], inventories[0], 'a kept reading gives the same inventory');
  });
});

describe('bounds', () => {
  test('a bomb is stopped by its ratio, and says so', async () => {
    const layout = place();
    const bomb = tarOf({ 'var/lib/big': Buffer.alloc(200 * 2 ** 20) });
    writeLayout(layout, [{ reference: 'bomb:1', layers: [bomb] }]);
    const { resources } = await ociLayout.discover(layout);
    const own = openReaders({ ...defaultLimits, expansionRatioMax: 100 });
    try {
      const inventory = await collect(
        await ociLayout.open(resources[0] as never),
        context(defaultLimits, own),
      );
      assert.equal(inventory.problems[0]?.limit, 'expansionRatioMax');
    } finally {
      own.close();
    }
  });

  test('a process that runs out of time is ended, and the scan goes on without it', async () => {
    const own = openReaders({ ...defaultLimits, scanSecondsMax: 0 });
    try {
      const tree = place();
      writeTree(tree, { 'etc/os-release': debian12 });
      const content = {
        kind: 'tree',
        root: tree,
        skip: [],
        facts: { isContainer: true, runningKernel: null, layers: [] },
        problems: [],
      } as const;
      const inventory = await collect(content, context(defaultLimits, own));
      assert.equal(inventory.problems[0]?.limit, 'scanSecondsMax');
    } finally {
      own.close();
    }
  });
});

describe('directory trees', () => {
  const tree = (members: Readonly<Record<string, string>>, prepare: (root: string) => void = () => {}) => {
    const root = place();
    writeTree(root, members);
    prepare(root);
    const facts = { isContainer: true, runningKernel: null, layers: [] };
    return collect({ kind: 'tree', root, skip: ['proc'], facts, problems: [] }, context());
  };

  test('databases and language packages are found, skipped folders are not entered', async () => {
    const inventory = await tree({
      'etc/os-release': debian12,
      'var/lib/dpkg/status': dpkgStanza('bash', '5.2.15-2'),
      'srv/app/node_modules/lodash/package.json': module('lodash', '4.17.20'),
      'proc/node_modules/never/package.json': module('never', '1.0.0'),
    });
    assert.deepEqual(names(inventory), ['bash 5.2.15-2', 'lodash 4.17.20']);
    assert.equal(inventory.packages[1]?.evidence[0]?.path, 'srv/app/node_modules/lodash/package.json');
  });

  test('a link to a file that is read anyway is not read again', async () => {
    const inventory = await tree(
      { 'etc/os-release': debian12, 'srv/node_modules/lodash/package.json': module('lodash', '4.17.20') },
      (root) => {
        writeTree(root, { 'srv/node_modules/other/x': '' });
        symlinkSync('../lodash/package.json', join(root, 'srv/node_modules/other/package.json'));
      },
    );
    assert.deepEqual(
      inventory.packages.map(({ evidence }) => evidence.map(({ path }) => path)),
      [['srv/node_modules/lodash/package.json']],
    );
  });

  test('links are followed inside the root and never out of it', async () => {
    const outside = place();
    writeTree(outside, { status: dpkgStanza('outside', '1') });
    const inside = await tree(
      { 'etc/os-release': debian12, 'data/status': dpkgStanza('inside', '1') },
      (root) => {
        writeTree(root, { 'var/lib/dpkg/x': '' });
        symlinkSync('/data/status', join(root, 'var/lib/dpkg/status'));
      },
    );
    assert.deepEqual(names(inside), ['inside 1']);
    const escaping = await tree({ 'etc/os-release': debian12 }, (root) => {
      writeTree(root, { 'var/lib/dpkg/x': '' });
      symlinkSync(`../../../../${outside}/status`, join(root, 'var/lib/dpkg/status'));
    });
    assert.deepEqual(names(escaping), []);
    assert.equal(escaping.problems[0]?.kind, 'escape');
    const circle = await tree({ 'etc/os-release': debian12 }, (root) => {
      writeTree(root, { 'var/lib/dpkg/x': '' });
      symlinkSync('status2', join(root, 'var/lib/dpkg/status'));
      symlinkSync('status', join(root, 'var/lib/dpkg/status2'));
    });
    assert.match(circle.problems[0]?.why ?? '', /circle/);
  });
});
