import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type BoltTree, boltOf, writeRealBolt } from '../../../../testkit/bolt.ts';
import { debian12, dpkgStanza, sha256, tarOf, writeLayout } from '../../../../testkit/images.ts';
import { containerd } from './index.ts';
import { readVarint } from './names.ts';

const folder = mkdtempSync(join(tmpdir(), 'containerd-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const layer = tarOf({ 'etc/os-release': debian12, 'var/lib/dpkg/status': dpkgStanza('bash', '5.2') });
let made = 0;

type Store = { readonly root: string; readonly blobs: string; readonly app: string; readonly other: string };

/** A root of containerd with two images in its blobs, and no names yet. */
function newStore(): Store {
  const root = join(folder, `root-${made++}`);
  const layout = join(folder, `layout-${made}`);
  const [app = '', other = ''] = writeLayout(layout, [
    { reference: 'app', layers: [layer, tarOf({ 'srv/a': 'a' })] },
    { reference: 'other', layers: [layer, tarOf({ 'srv/b': 'b' })] },
  ]);
  const blobs = join(root, 'io.containerd.content.v1.content/blobs/sha256');
  mkdirSync(join(root, 'io.containerd.metadata.v1.bolt'), { recursive: true });
  cpSync(join(layout, 'blobs/sha256'), blobs, { recursive: true });
  return { root, blobs, app, other };
}

function target(digest: string, size = 1000): BoltTree {
  return {
    createdat: Buffer.alloc(15),
    target: { digest, mediatype: 'application/vnd.oci.image.manifest.v1+json', size: varint(size) },
  };
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value * 2; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

function database(images: BoltTree): BoltTree {
  return {
    v1: {
      version: Buffer.from([8]),
      default: { images },
      moby: { content: { blob: {} }, images: {} },
      'k8s.io': { labels: {} },
    },
  };
}

function writeNames(store: Store, images: BoltTree): void {
  writeFileSync(join(store.root, 'io.containerd.metadata.v1.bolt/meta.db'), boltOf(database(images)));
}

function blob(store: Store, json: object): string {
  const text = JSON.stringify(json);
  writeFileSync(join(store.blobs, sha256(text).slice(7)), text);
  return sha256(text);
}

describe("containerd's store", () => {
  test('gives its images by name, of which the one with a tag comes first', async () => {
    const store = newStore();
    writeNames(store, {
      'docker.io/library/app:1.0': target(store.app),
      [`docker.io/library/app@${store.app}`]: target(store.app),
      'docker.io/library/app:latest': target(store.app),
      [sha256('its configuration')]: target(store.app),
      'docker.io/library/other:2': target(store.other),
    });
    const { resources, problems } = await containerd.discover(store.root);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      resources.map(({ name, fingerprint, target: id }) => [name, fingerprint, id]),
      [
        ['docker.io/library/app:1.0', store.app, 'containerd'],
        ['docker.io/library/other:2', store.other, 'containerd'],
      ],
    );
    assert.deepEqual(resources[0]?.details.imageTags, ['1.0', 'latest']);
    assert.equal(await containerd.recognises(store.root), true);
    const [resource] = resources;
    assert.ok(resource);
    const content = await containerd.open(resource);
    assert.ok(content.kind === 'layers');
    assert.deepEqual(content.problems, []);
    assert.equal(content.layers.length, 2);
    assert.equal(content.layers[0]?.diffId, sha256(layer));
    assert.ok(readFileSync(content.layers[0]?.path ?? '').length > 0);
  });

  test('with a database that bbolt wrote is read the same', async (context) => {
    const store = newStore();
    // Enough names that the bucket has branches.
    const more = Object.fromEntries(
      Array.from({ length: 400 }, (_, at) => [`registry.example.com/team/app:${at}`, target(store.other)]),
    );
    const path = join(store.root, 'io.containerd.metadata.v1.bolt/meta.db');
    const why = writeRealBolt(path, database({ 'docker.io/library/app:1.0': target(store.app), ...more }));
    if (why !== null) return context.skip(why);
    const { resources, problems } = await containerd.discover(store.root);
    assert.deepEqual(problems, []);
    assert.equal(resources.length, 2);
    const tags = resources[1]?.details.imageTags;
    assert.ok(Array.isArray(tags));
    assert.equal(tags.length, 400);
  });

  test('an index gives the platforms that are here whole; the others are no problem', async () => {
    const store = newStore();
    const platform = (architecture: string) => ({ os: 'linux', architecture });
    const halfThere = JSON.parse(readFileSync(join(store.blobs, store.other.slice(7)), 'utf8'));
    halfThere.layers[0].digest = sha256('a layer of another platform');
    const index = blob(store, {
      schemaVersion: 2,
      manifests: [
        { digest: store.app, size: 1, platform: platform('amd64') },
        { digest: sha256('not here'), size: 1, platform: platform('s390x') },
        { digest: blob(store, halfThere), size: 1, platform: platform('arm64') },
        { digest: sha256('attestation'), size: 1, platform: { os: 'unknown', architecture: 'unknown' } },
      ],
    });
    writeNames(store, { 'docker.io/library/many:1': target(index) });
    const { resources, problems } = await containerd.discover(store.root);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      resources.map(({ name }) => name),
      ['docker.io/library/many:1 (linux/amd64)'],
    );
  });

  test('an image of which no platform is whole is a problem with its reason', async () => {
    const store = newStore();
    rmSync(
      join(
        store.blobs,
        JSON.parse(readFileSync(join(store.blobs, store.app.slice(7)), 'utf8')).layers[1].digest.slice(7),
      ),
    );
    writeNames(store, { 'a:1': target(store.app), 'b:1': target(store.other), 'c:1': target('sha512:00') });
    const { resources, problems } = await containerd.discover(store.root);
    assert.deepEqual(
      resources.map(({ name }) => name),
      ['b:1'],
    );
    assert.deepEqual(
      problems.map(({ where }) => where.split(': ')[1]),
      ['a:1 (namespace default)', 'c:1 (namespace default)'],
    );
    assert.match(problems[0]?.why ?? '', /no platform of it is here whole: 1 .*discard_unpacked_layers/);
    assert.match(problems[1]?.why ?? '', /is not a sha256 digest/);
  });

  test('a name without a target, an index that is in itself and a damaged database are problems', async () => {
    const store = newStore();
    const nested = [0, 1, 2, 3, 4, 5].reduce(
      (inner) => blob(store, { schemaVersion: 2, manifests: [{ digest: inner, size: 1 }] }),
      store.app,
    );
    writeNames(store, { 'a:1': { target: {} }, 'b:1': target(nested), 'c:1': target(store.app) });
    const { resources, problems } = await containerd.discover(store.root);
    assert.equal(resources.length, 1);
    assert.match(problems[0]?.why ?? '', /1 image names lead to no manifest/);
    assert.match(problems[1]?.why ?? '', /nested deeper/);
    const path = join(store.root, 'io.containerd.metadata.v1.bolt/meta.db');
    writeFileSync(path, readFileSync(path).fill(0xee, 8192));
    const damaged = await containerd.discover(store.root);
    assert.deepEqual(damaged.resources, []);
    assert.equal(damaged.problems[0]?.kind, 'malformed');
    assert.equal(damaged.problems[0]?.where, path);
    writeFileSync(path, 'not a database');
    assert.match((await containerd.discover(store.root)).problems[0]?.why ?? '', /is not a bolt database/);
    rmSync(path);
    assert.match((await containerd.discover(store.root)).problems[0]?.why ?? '', /ENOENT/);
  });

  test('sizes are numbers as Go writes them', () => {
    for (const value of [0, 1, 63, 64, 8191, 1234567, 2 ** 40])
      assert.equal(readVarint(varint(value)), value);
    assert.equal(readVarint(Buffer.from([1])), 0, 'no size is negative');
    assert.equal(readVarint(Buffer.alloc(20, 0xff)), 0);
  });
});
