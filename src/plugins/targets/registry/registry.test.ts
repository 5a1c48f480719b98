import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import {
  type Behaviour,
  type FakeRegistry,
  imageManifest,
  startFakeRegistry,
} from '../../../../testkit/fake-registry.ts';
import { sha256, tarOf } from '../../../../testkit/images.ts';
import type { Content, OpenOptions } from '../contract.ts';
import { registryTarget } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'registry-test-'));
const open: FakeRegistry[] = [];
afterEach(async () => {
  for (const registry of open.splice(0)) await registry.close();
});
after(() => rmSync(folder, { recursive: true, force: true }));

const noise = (seed: number) =>
  Buffer.from(Array.from({ length: 40_000 }, (_, index) => (index * index * seed + (index >> 3) * 7) & 255));
const base = tarOf({ 'etc/base': noise(3) });
const top = tarOf({ 'etc/top': noise(5) });

async function start(changes: Partial<Behaviour> = {}): Promise<FakeRegistry> {
  const registry = await startFakeRegistry(changes);
  open.push(registry);
  return registry;
}

/** A target that never really waits, and whose waits can be read. */
function targetFor(registry: FakeRegistry, credentials: 'right' | 'wrong' | 'none' = 'none') {
  const config = mkdtempSync(join(folder, 'docker-'));
  const { user, password } = registry.behaviour;
  const auth = Buffer.from(`${user}:${password}${credentials === 'wrong' ? '?' : ''}`).toString('base64');
  const auths = credentials === 'none' ? {} : { [registry.host]: { auth } };
  writeFileSync(join(config, 'config.json'), JSON.stringify({ auths }));
  const waits: number[] = [];
  const target = registryTarget({
    env: { DOCKER_CONFIG: config },
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
    },
  });
  return { target, waits };
}

type TestTarget = ReturnType<typeof targetFor>['target'];

async function openOnly(target: TestTarget, location: string, options: Partial<OpenOptions> = {}) {
  const { resources, problems } = await target.discover(location);
  assert.deepEqual(problems, []);
  const [resource] = resources;
  assert.ok(resource && resources.length === 1);
  const scratchDirectory = mkdtempSync(join(folder, 'scratch-'));
  const content: Content = await target.open(resource, { scratchDirectory, ...options });
  assert.ok(content.kind === 'layers');
  return { content, scratchDirectory };
}

async function whyNot(target: TestTarget, location: string): Promise<string> {
  const { resources, problems } = await target.discover(location);
  assert.deepEqual(resources, []);
  return problems.map(({ kind, where, why }) => `${kind} ${where} ${why}`).join('\n');
}

const blobRequests = ({ requests }: FakeRegistry, digest: string) =>
  requests.filter(({ path }) => path.includes(digest));

describe('discovery', () => {
  test('gives one image by tag and by digest, with the manifest digest as fingerprint', async () => {
    const registry = await start();
    const digest = registry.image('team/app', [base, top], { tags: ['1', 'latest'] });
    const { target } = targetFor(registry);
    for (const [suffix, name] of [
      ['', ':latest'],
      [':1', ':1'],
      [`@${digest}`, `@${digest.slice(0, 19)}`],
    ]) {
      const location = `${registry.host}/team/app${suffix}`;
      const { resources, problems } = await target.discover(location);
      assert.deepEqual(problems, []);
      assert.equal(resources.length, 1);
      assert.equal(resources[0]?.fingerprint, digest);
      assert.equal(resources[0]?.location, location);
      assert.equal(resources[0]?.name, `${registry.host}/team/app${name}`);
      assert.equal(resources[0]?.details.architecture, 'amd64');
    }
  });

  test('costs one request for the head of a tag that did not move, and sees one that moved', async () => {
    const registry = await start();
    const first = registry.image('app', [base], { tags: ['1'] });
    const { target } = targetFor(registry);
    const look = async () => (await target.discover(`${registry.host}/app:1`)).resources[0]?.fingerprint;
    assert.equal(await look(), first);
    registry.requests.length = 0;
    assert.equal(await look(), first);
    assert.deepEqual(
      registry.requests.map(({ method, path }) => `${method} ${path}`),
      ['GET /v2/', 'HEAD /v2/app/manifests/1'],
    );
    const second = registry.image('app', [base, top], { tags: ['1'] });
    assert.equal(await look(), second);
  });

  test('gives every platform of an index, and neither attestations nor artifacts', async () => {
    const registry = await start();
    const amd = registry.image('app', [base]);
    const arm = registry.image('app', [top], { architecture: 'arm64' });
    const described = (digest: string, architecture: string, os = 'linux') => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size: 1,
      platform: { os, architecture },
    });
    const index = {
      schemaVersion: 2,
      manifests: [
        described(amd, 'amd64'),
        described(arm, 'arm64'),
        described(sha256('attestation'), 'unknown', 'unknown'),
        {
          ...described(sha256('other'), 'amd64'),
          annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
        },
      ],
    };
    registry.manifest('app', index, ['1'], 'application/vnd.oci.image.index.v1+json');
    const { target } = targetFor(registry);
    const { resources, problems } = await target.discover(`${registry.host}/app:1`);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      resources.map(({ name, fingerprint }) => [name.replace(registry.host, ''), fingerprint]),
      [
        ['/app:1 (linux/amd64)', amd],
        ['/app:1 (linux/arm64)', arm],
      ],
    );
    const one = await target.discover(`${registry.host}/app:1?platform=linux/arm64`);
    assert.deepEqual(
      one.resources.map(({ fingerprint }) => fingerprint),
      [arm],
    );
    const why = await whyNot(target, `${registry.host}/app:1?platform=linux/s390x`);
    assert.match(why, /no image for linux\/s390x, only linux\/amd64, linux\/arm64/);
  });

  test('keeps the images of an index of which one cannot be read', async () => {
    const registry = await start();
    const digest = registry.image('app', [base]);
    const manifests = [{ digest }, { digest: sha256('gone') }, { digest: 'sha512:00' }, null, 7];
    registry.manifest(
      'app',
      { schemaVersion: 2, manifests },
      ['1'],
      'application/vnd.oci.image.index.v1+json',
    );
    const { resources, problems } = await targetFor(registry).target.discover(`${registry.host}/app:1`);
    assert.equal(resources.length, 1);
    assert.deepEqual(problems.map(({ kind }) => kind).sort(), ['unreadable', 'unsupported']);
  });

  test('refuses schema 1, artifacts, and what is two things at once', async () => {
    const registry = await start();
    const { target } = targetFor(registry);
    const signed = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
    registry.manifest('app', { schemaVersion: 1, fsLayers: [] }, ['old'], signed);
    assert.match(await whyNot(target, `${registry.host}/app:old`), /^unsupported .*schema 1.*push it again/);
    const image = imageManifest([base], registry.blob);
    const artifact = {
      ...image,
      config: { mediaType: 'application/vnd.example.chart', digest: sha256(''), size: 1 },
    };
    registry.manifest('app', artifact, ['chart']);
    assert.match(await whyNot(target, `${registry.host}/app:chart`), /^unsupported .*vnd\.example\.chart/);
    registry.manifest('app', { ...image, manifests: [] }, ['both']);
    assert.match(await whyNot(target, `${registry.host}/app:both`), /^malformed .*at once/);
    registry.manifest('app', { hello: 'world' }, ['what'], 'text/plain');
    assert.match(await whyNot(target, `${registry.host}/app:what`), /^unsupported .*text\/plain/);
    registry.manifest('app', { layers: [], padding: 'x'.repeat(9 * 2 ** 20) }, ['large']);
    assert.match(await whyNot(target, `${registry.host}/app:large`), /^limit .*8388608/);
  });

  test('says that there is no such tag, and nothing that listens', async () => {
    const registry = await start();
    const { target } = targetFor(registry);
    assert.match(await whyNot(target, `${registry.host}/app:2`), /no tag '2' of app.*MANIFEST_UNKNOWN/);
    assert.match(await whyNot(target, `${registry.host}/app@${sha256('x')}`), /no manifest sha256:/);
    await registry.close();
    open.length = 0;
    assert.match(await whyNot(targetFor(registry).target, `${registry.host}/app`), /refuses connections/);
  });

  test('does not speak plain HTTP with a host that nobody named', async () => {
    const registry = await start();
    registry.image('app', [base], { tags: ['1'] });
    const port = registry.host.split(':')[1];
    const sleep = async () => undefined;
    const asked = async (env: Record<string, string>) =>
      registryTarget({ env: { DOCKER_CONFIG: folder, ...env }, sleep }).discover(`127.0.0.2:${port}/app:1`);
    const refused = await asked({});
    assert.match(refused.problems[0]?.why ?? '', /refuses connections|TLS/);
    assert.equal(registry.requests.length, 0);
  });
});

describe('access', () => {
  test('by a token for everybody, fetched once and used for all', async () => {
    const registry = await start({ auth: 'token' });
    registry.image('team/app', [base, top], { tags: ['1'] });
    await openOnly(targetFor(registry).target, `${registry.host}/team/app:1`);
    const tokens = registry.requests.filter(({ at }) => at === 'token');
    // One for discovery and one for opening: each has a client of its own.
    assert.equal(tokens.length, 2);
    assert.ok(tokens.every(({ authorization }) => authorization === null));
    assert.match(tokens[0]?.path ?? '', /scope=repository%3Ateam%2Fapp%3Apull/);
  });

  for (const auth of ['token', 'basic'] as const) {
    test(`by ${auth} with credentials, which are missing or wrong with a word on what to do`, async () => {
      const registry = await start({ auth, user: 'ann', password: 'hush-hush' });
      registry.image('app', [base], { tags: ['1'] });
      const location = `${registry.host}/app:1`;
      await openOnly(targetFor(registry, 'right').target, location);
      const missing = await whyNot(targetFor(registry).target, location);
      assert.match(missing, /no credentials for 127\.0\.0\.1:\d+ in .*config\.json.*docker login 127/);
      const wrong = await whyNot(targetFor(registry, 'wrong').target, location);
      assert.match(wrong, /refuses the credentials from .*config\.json/);
      assert.doesNotMatch(missing + wrong, /hush/);
    });
  }

  test('a token that ran out is fetched again', async () => {
    const registry = await start({ auth: 'token', tokenUses: 1 });
    registry.image('app', [base], { tags: ['1'] });
    const { content } = await openOnly(targetFor(registry).target, `${registry.host}/app:1`);
    assert.equal(content.layers.length, 1);
    assert.equal(registry.requests.filter(({ at }) => at === 'token').length, 3);
  });

  test('a refresh token is posted to the token server, and nowhere else', async () => {
    const registry = await start({ auth: 'token', user: 'ann', password: 'x', refreshToken: 'hush-hush' });
    registry.image('app', [base], { tags: ['1'] });
    const config = mkdtempSync(join(folder, 'docker-'));
    const auths = { [registry.host]: { identitytoken: 'hush-hush' } };
    writeFileSync(join(config, 'config.json'), JSON.stringify({ auths }));
    const target = registryTarget({ env: { DOCKER_CONFIG: config }, sleep: async () => undefined });
    await openOnly(target, `${registry.host}/app:1`);
    assert.ok(registry.requests.some(({ at, method }) => at === 'token' && method === 'POST'));
    assert.ok(registry.requests.every((request) => !JSON.stringify(request).includes('hush')));
  });

  test('a way in that is not known is said', async () => {
    const registry = await start({ auth: 'basic', user: 'ann', password: 'x' });
    registry.behaviour.busy.push({ status: 200, retryAfter: null }, { status: 401, retryAfter: null });
    const why = await whyNot(targetFor(registry, 'right').target, `${registry.host}/app`);
    assert.match(why, /unsupported .* offers nothing to log in with/);
  });
});

describe('layers', () => {
  test('are fetched through a redirect that gets no credentials', async () => {
    const registry = await start({ auth: 'token', redirectsBlobs: true });
    registry.image('app', [base, top], { tags: ['1'] });
    const { content, scratchDirectory } = await openOnly(
      targetFor(registry).target,
      `${registry.host}/app:1`,
    );
    assert.equal(content.layers.length, 2);
    for (const [index, layer] of content.layers.entries()) {
      assert.ok(layer.path.startsWith(scratchDirectory));
      assert.equal(sha256(readFileSync(layer.path)), layer.digest);
      assert.equal(layer.diffId, sha256([base, top][index] as Buffer));
    }
    const stored = registry.requests.filter(({ at }) => at === 'storage');
    assert.equal(stored.length, 3);
    assert.ok(stored.every(({ authorization }) => authorization === null));
    assert.ok(registry.requests.some(({ at, authorization }) => at === 'registry' && authorization !== null));
  });

  test('are not fetched from an address of another kind', async () => {
    for (const redirectTo of [
      'file:///etc/passwd',
      'ftp://127.0.0.1/x',
      'gopher://x',
      '//',
      'data:text/plain,x',
    ]) {
      const registry = await start({ redirectsBlobs: true, redirectTo });
      registry.image('app', [base], { tags: ['1'] });
      const why = await whyNot(targetFor(registry).target, `${registry.host}/app:1`);
      assert.match(why, /not HTTPS; it was not followed/, redirectTo);
    }
    const circle = await start({ redirectsBlobs: true });
    circle.image('app', [base], { tags: ['1'] });
    const { config } = imageManifest([base], circle.blob) as { config: { digest: string } };
    circle.behaviour.redirectTo = `http://${circle.host}/v2/app/blobs/${config.digest}`;
    assert.match(await whyNot(targetFor(circle).target, `${circle.host}/app:1`), /more than 5 times/);
  });

  test('go on where a download broke off', async () => {
    for (const knowsRanges of [true, false]) {
      const registry = await start({ knowsRanges });
      registry.image('app', [base], { tags: ['1'] });
      const { target } = targetFor(registry);
      await target.discover(`${registry.host}/app:1`);
      registry.behaviour.cutBlobsAt.push(1000, 500);
      const progress: number[] = [];
      const { content } = await openOnly(target, `${registry.host}/app:1`, {
        onProgress: ({ doneBytes }) => progress.push(doneBytes),
      });
      const [layer] = content.layers;
      assert.equal(sha256(readFileSync(layer?.path ?? '')), layer?.digest);
      assert.equal(progress.at(-1), layer?.sizeBytes);
      const ranges = blobRequests(registry, layer?.digest ?? '?').map(({ range }) => range);
      assert.equal(ranges.length, 3);
      if (knowsRanges) assert.deepEqual(ranges, [null, 'bytes=1000-', 'bytes=1500-']);
    }
  });

  test('that always break off, or are not what their digest says, reject and leave nothing', async () => {
    const registry = await start();
    registry.image('app', [base], { tags: ['1'] });
    const { target } = targetFor(registry);
    const { resources } = await target.discover(`${registry.host}/app:1`);
    const [resource] = resources;
    assert.ok(resource);
    const scratchDirectory = mkdtempSync(join(folder, 'scratch-'));
    registry.behaviour.cutBlobsAt.push(...Array.from({ length: 20 }, () => 1));
    await assert.rejects(target.open(resource, { scratchDirectory }), /broke off/);
    registry.behaviour.cutBlobsAt.length = 0;
    const { content } = await openOnly(target, `${registry.host}/app:1`);
    const layer = content.layers[0];
    assert.ok(layer?.digest);
    const good = readFileSync(layer.path);
    const cases: readonly (readonly [Buffer, RegExp])[] = [
      [Buffer.from(good.map((byte, index) => (index === 50 ? byte ^ 1 : byte))), /hashes to sha256:/],
      [Buffer.concat([good, Buffer.from('more')]), /longer than the \d+ bytes/],
      [good.subarray(0, good.length - 1), /broke off 8 times/],
    ];
    for (const [bytes, why] of cases) {
      registry.behaviour.damaged.set(layer.digest, bytes);
      await assert.rejects(target.open(resource, { scratchDirectory }), why);
      assert.deepEqual(readdirSync(join(scratchDirectory, 'layers')), []);
    }
  });

  test('that are known are not fetched, and repeated ones are fetched once', async () => {
    const registry = await start();
    registry.image('app', [base, top, top, top], { tags: ['1'] });
    const { target } = targetFor(registry);
    const { layers } = imageManifest([base, top], registry.blob) as { layers: { digest: string }[] };
    const [known = '', unknown = ''] = layers.map(({ digest }) => digest);
    const { content } = await openOnly(target, `${registry.host}/app:1`, {
      isLayerKnown: async (digest) => digest === known,
    });
    assert.equal(blobRequests(registry, known).length, 0);
    assert.equal(blobRequests(registry, unknown).length, 1);
    assert.deepEqual(
      content.layers.map(({ path }) => existsSync(path)),
      [false, true, true, true],
    );
  });

  test('that are foreign, no tar or without a size are said', async () => {
    const registry = await start();
    const { target } = targetFor(registry);
    const kinds = [
      ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'unreadable'],
      ['application/vnd.example.data', 'unsupported'],
    ] as const;
    for (const [mediaType, kind] of kinds) {
      registry.image('app', [base], { tags: ['1'], layer: { mediaType } });
      const { content } = await openOnly(target, `${registry.host}/app:1`);
      assert.deepEqual(content.layers, []);
      assert.deepEqual(
        content.problems.map((item) => item.kind),
        [kind],
      );
    }
    for (const size of [0, -1, 1.5, 2 ** 60, 2 ** 45]) {
      registry.image('app', [base], { tags: ['1'], layer: { size } });
      await assert.rejects(openOnly(target, `${registry.host}/app:1`), /no size|at most/);
    }
  });
});

describe('a busy registry', () => {
  test('is asked again when it says so', async () => {
    const registry = await start();
    registry.image('app', [base], { tags: ['1'] });
    const { target, waits } = targetFor(registry);
    registry.behaviour.busy.push({ status: 429, retryAfter: '7' }, { status: 503, retryAfter: null });
    const { resources } = await target.discover(`${registry.host}/app:1`);
    assert.equal(resources.length, 1);
    assert.equal(waits[0], 7000);
    assert.equal(waits.length, 2);
  });

  test('is given up when it stays so, or puts us off for long', async () => {
    const registry = await start();
    registry.image('app', [base], { tags: ['1'] });
    const { target, waits } = targetFor(registry);
    registry.behaviour.busy.push(...Array.from({ length: 4 }, () => ({ status: 503, retryAfter: '1' })));
    assert.match(await whyNot(target, `${registry.host}/app:1`), /answers 503/);
    assert.equal(waits.length, 3);
    registry.behaviour.busy.push({ status: 429, retryAfter: '3600' });
    assert.match(
      await whyNot(targetFor(registry).target, `${registry.host}/app:1`),
      /too often; it asks to wait 3600 seconds/,
    );
    assert.equal(registry.behaviour.busy.length, 0);
  });
});

test('watching a registry watches no file', () => {
  assert.deepEqual(registryTarget({ env: {}, sleep: async () => undefined }).watchPaths(), []);
});
