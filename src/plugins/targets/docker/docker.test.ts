import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { debian12, dpkgStanza, sha256, tarOf } from '../../../../testkit/images.ts';
import { defaultLimits } from '../../../lib/limits.ts';
import { readLayer } from '../../../pipeline/collect/layer.ts';
import { isImageName } from './engine.ts';
import { dockerTarget } from './index.ts';
import { findSocket } from './socket.ts';

const folder = mkdtempSync(join(tmpdir(), 'docker-test-'));
const socketPath = join(folder, 'docker.sock');
const env = { DOCKER_HOST: `unix://${socketPath}` };
const patience = { silenceMilliseconds: 300, answerMilliseconds: 600, archiveMilliseconds: 900 };
const target = dockerTarget(env, patience);

const base = tarOf({ 'etc/os-release': debian12, 'var/lib/dpkg/status': dpkgStanza('bash', '5.2') });
const upper = tarOf({ 'srv/app.txt': 'x' });
const app = imageOf('registry:5000/team/app:1.0', [base, upper]);
const other = imageOf('plain:latest', [base]);

type DaemonImage = ReturnType<typeof imageOf>;
type Answer = (path: string, response: ServerResponse) => boolean;

function imageOf(reference: string, layers: readonly Buffer[]) {
  const diffIds = layers.map(sha256);
  const config = JSON.stringify({
    architecture: 'arm64',
    os: 'linux',
    created: '2026-01-02T03:04:05Z',
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  const members = Object.fromEntries(layers.map((layer, at) => [`${at}/layer.tar`, layer]));
  const archive = tarOf({
    ...members,
    'config.json': config,
    'manifest.json': JSON.stringify([
      { Config: 'config.json', RepoTags: [reference], Layers: Object.keys(members) },
    ]),
  });
  return { id: sha256(config), reference, diffIds, archive };
}

/** A daemon on a socket of this process. `answer` may take a request over; `asked` has the paths in order. */
const daemon = {
  images: [app, other] as DaemonImage[],
  answer: (() => false) as Answer,
  asked: [] as string[],
};
let server: Server;

before(async () => {
  server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    daemon.asked.push(path);
    if (!daemon.answer(path, response)) serve(path, response);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
});
afterEach(() => {
  daemon.images = [app, other];
  daemon.answer = () => false;
  daemon.asked = [];
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function serve(path: string, response: ServerResponse): unknown {
  const json = (value: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (path === '/version')
    return json({ Version: '28.2.2', ApiVersion: '1.50', Components: [{ Name: 'Engine' }] });
  if (path === '/images/json')
    return json(daemon.images.map(({ id, reference }) => ({ Id: id, RepoTags: [reference] })));
  const [, name, what] = /^\/images\/(.+)\/(json|get)$/.exec(path) ?? [];
  const image = daemon.images.find(({ id, reference }) => [id, reference].includes(name ?? ''));
  if (!image) return json({ message: `No such image: ${name}` }, 404);
  if (what === 'json') return json(inspected(image));
  // In pieces of odd sizes, without a length: as the daemon streams it.
  response.writeHead(200, { 'content-type': 'application/x-tar' });
  for (let at = 0; at < image.archive.length; at += 1777)
    response.write(image.archive.subarray(at, at + 1777));
  return response.end();
}

function inspected({ id, reference, diffIds, archive }: DaemonImage): object {
  return {
    Id: id,
    RepoTags: [reference],
    RepoDigests: [],
    Architecture: 'arm64',
    Os: 'linux',
    Created: '2026-01-02T03:04:05Z',
    Size: archive.length,
    RootFS: { Type: 'layers', Layers: diffIds },
  };
}

function scratch(): string {
  return mkdtempSync(join(folder, 'scratch-'));
}

async function discovered(name: string) {
  const { resources, problems } = await target.discover(name);
  assert.deepEqual(problems, []);
  assert.ok(resources[0]);
  return resources[0];
}

async function whyOf(name: string): Promise<string> {
  const { resources, problems } = await target.discover(name);
  assert.deepEqual(resources, []);
  assert.equal(problems.length, 1);
  return problems[0]?.why ?? '';
}

describe('images of a daemon', () => {
  test('by name, with what the daemon says of it, and the id as fingerprint', async () => {
    const resource = await discovered(app.reference);
    assert.equal(resource.fingerprint, app.id);
    assert.equal(resource.name, app.reference);
    assert.equal(resource.target, 'docker');
    assert.deepEqual(resource.details, {
      repositoryName: 'registry:5000/team/app',
      imageTags: ['1.0'],
      imageHash: app.id,
      architecture: 'arm64',
      author: null,
      createdAt: '2026-01-02T03:04:05Z',
      platformOs: 'linux',
    });
  });

  test('all of them, where no name is given', async () => {
    for (const location of ['docker', '']) {
      const { resources, problems } = await target.discover(location);
      assert.deepEqual(problems, []);
      assert.deepEqual(resources.map(({ fingerprint }) => fingerprint).sort(), [app.id, other.id].sort());
    }
    assert.ok(!daemon.asked.some((path) => path.endsWith('/get')), 'nothing was fetched');
  });

  test('an image that goes away between the two questions is a problem, and the others are there', async () => {
    daemon.answer = (path, response) => {
      if (!path.includes(other.id)) return false;
      response.writeHead(404).end('{"message":"No such image"}');
      return true;
    };
    const { resources, problems } = await target.discover('docker');
    assert.deepEqual(
      resources.map(({ fingerprint }) => fingerprint),
      [app.id],
    );
    assert.match(problems[0]?.why ?? '', /has no image .*No such image/);
  });

  test('its layers come through the archive, under their diff ids, and read as what they are', async () => {
    const done: number[] = [];
    const content = await target.open(await discovered(app.reference), {
      scratchDirectory: scratch(),
      onProgress: ({ doneBytes, totalBytes }) => {
        assert.ok(doneBytes <= totalBytes);
        done.push(doneBytes);
      },
    });
    assert.equal(content.kind, 'layers');
    if (content.kind !== 'layers') return;
    assert.deepEqual(content.problems, []);
    assert.deepEqual(
      content.layers.map(({ digest, diffId }) => [digest, diffId]),
      app.diffIds.map((id) => [id, id]),
    );
    assert.equal(done.at(-1), app.archive.length);
    const [first] = content.layers;
    assert.ok(first);
    const reading = await readLayer(first, defaultLimits, () => {});
    assert.deepEqual(reading.problems, []);
    assert.deepEqual(
      reading.files.flatMap(({ packages }) => packages.map(({ name }) => name)),
      ['bash'],
    );
  });

  test('nothing is fetched where every layer is known, and all of it where one is not', async () => {
    const resource = await discovered(app.reference);
    const known = await target.open(resource, {
      scratchDirectory: scratch(),
      isLayerKnown: async () => true,
    });
    assert.equal(known.kind, 'layers');
    if (known.kind !== 'layers') return;
    assert.deepEqual(
      known.layers.map(({ digest }) => digest),
      app.diffIds,
    );
    assert.ok(!daemon.asked.some((path) => path.endsWith('/get')));
    await target.open(resource, {
      scratchDirectory: scratch(),
      isLayerKnown: async (digest) => digest === app.diffIds[0],
    });
    assert.ok(daemon.asked.some((path) => path.endsWith('/get')));
  });

  test('another id than that of the configuration is matched by the layers, as where containerd keeps them', async () => {
    const byManifest = { ...app, id: sha256('a manifest') };
    daemon.images = [byManifest];
    const content = await target.open(await discovered(app.reference), { scratchDirectory: scratch() });
    assert.deepEqual(content.kind === 'layers' && content.facts.layers, app.diffIds);
  });

  test('an archive of another image is refused', async () => {
    const resource = await discovered(app.reference);
    daemon.answer = (path, response) => path.endsWith('/get') && Boolean(response.end(other.archive));
    await assert.rejects(target.open(resource, { scratchDirectory: scratch() }), /is not it/);
    daemon.answer = (path, response) => path.endsWith('/get') && Boolean(response.end('no tar'));
    await assert.rejects(target.open(resource, { scratchDirectory: scratch() }), /is not it/);
  });
});

describe('a daemon that misbehaves', () => {
  test('is told in its own words where it has an error', async () => {
    assert.match(await whyOf('absent:1'), /has no image 'absent:1'.*No such image: absent:1/);
    daemon.answer = (path, response) => {
      if (path === '/version') return false;
      response.writeHead(500).end('{"message":"the\\u0007 disk is on fire"}');
      return true;
    };
    assert.match(await whyOf('docker'), /answers 500 .*\(the +disk is on fire\)/);
  });

  test('is left when it stays silent, before its answer and in the middle of it', async () => {
    daemon.answer = () => true;
    assert.match(await whyOf('docker'), /sent nothing for 0.3 seconds/);
    const resource = resourceOf(app);
    daemon.answer = (path, response) => {
      if (!path.endsWith('/get')) return false;
      response.write(app.archive.subarray(0, 700));
      return true;
    };
    await assert.rejects(target.open(resource, { scratchDirectory: scratch() }), /sent nothing for/);
  });

  test('is left when its answer has no end', async () => {
    daemon.answer = (path, response) => {
      if (!path.endsWith('/get')) return false;
      const timer = setInterval(() => response.write('a little'), 20);
      response.on('close', () => clearInterval(timer));
      return true;
    };
    await assert.rejects(target.open(resourceOf(app), { scratchDirectory: scratch() }), /took too long/);
  });

  test('is not believed when an archive breaks off', async () => {
    daemon.answer = (path, response) => {
      if (!path.endsWith('/get')) return false;
      response.write(app.archive.subarray(0, 1000), () => response.destroy());
      return true;
    };
    await assert.rejects(target.open(resourceOf(app), { scratchDirectory: scratch() }), /broke off/);
  });

  test('answers of nonsense, of endless lists and of any depth are problems', async () => {
    const bodies: readonly (readonly [string | Buffer, RegExp])[] = [
      ['<html>', /answers no JSON/],
      ['{}', /answers no list of images/],
      ['[{"Id":"../../etc/passwd"}]', /no image id/],
      [Buffer.alloc(2_000_000, '['), /answers no JSON/],
      [Buffer.alloc(70 * 2 ** 20, ' '), /larger than/],
    ];
    for (const [body, why] of bodies) {
      daemon.answer = (path, response) => path === '/images/json' && Boolean(response.end(body));
      assert.match(await whyOf('docker'), why);
    }
    daemon.answer = (path, response) => path === '/version' && Boolean(response.end('{"hello":1}'));
    assert.match(await whyOf('docker'), /not a Docker or Podman engine/);
  });

  test('an image whose layers have no digests is none', async () => {
    daemon.images = [{ ...app, diffIds: ['sha256:../../x'] }];
    assert.match(await whyOf(app.reference), /no digest/);
  });

  test('a server of something else is told', async () => {
    const path = join(folder, 'else.sock');
    const strange = createPlainServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    await new Promise<void>((resolve) => strange.listen(path, resolve));
    try {
      const { problems } = await dockerTarget({ DOCKER_HOST: `unix://${path}` }, patience).discover('docker');
      assert.match(problems[0]?.why ?? '', /does not speak HTTP/);
    } finally {
      strange.close();
    }
  });
});

describe('the socket', () => {
  test('is that of DOCKER_HOST, else the first that is there', () => {
    const at = (there: string) => findSocket({ XDG_RUNTIME_DIR: '/run/user/7' }, (path) => path === there);
    for (const path of ['/var/run/docker.sock', '/run/user/7/podman/podman.sock', '/run/podman/podman.sock'])
      assert.equal(at(path), path);
    assert.equal(
      findSocket({ DOCKER_HOST: 'unix:///a/b.sock' }, () => false),
      '/a/b.sock',
    );
    for (const [named, why] of [
      ['tcp://10.0.0.1:2375', /names a daemon by tcp/],
      ['', /no daemon listens at/],
    ] as const) {
      const found = findSocket({ DOCKER_HOST: named }, () => false);
      assert.ok(typeof found !== 'string');
      assert.match(found.why, why);
    }
  });

  test('that is not there, that nobody listens at and that is not for this user', async () => {
    const discover = async (path: string) =>
      (await dockerTarget({ DOCKER_HOST: `unix://${path}` }, patience).discover('docker')).problems[0]?.why;
    assert.match((await discover(join(folder, 'absent.sock'))) ?? '', /there is no socket/);
    const file = join(folder, 'file.sock');
    writeFileSync(file, '');
    assert.match((await discover(file)) ?? '', /nothing listens at/);
    if (process.getuid?.() === 0) return;
    chmodSync(socketPath, 0);
    assert.match((await discover(socketPath)) ?? '', /this user may not use/);
    chmodSync(socketPath, 0o600);
  });
});

describe('names', () => {
  test('that would lead elsewhere in the API are refused', async () => {
    for (const name of ['../containers', 'a/../b', 'a//b', 'a?x=1', 'a#b', 'a b', '/a', 'a/', 'a\r\nb', ''])
      assert.equal(isImageName(name), false, name);
    for (const name of ['nginx', 'r:5000/a/b:1.0', `a@sha256:${'0'.repeat(64)}`, 'x'.repeat(12)])
      assert.equal(isImageName(name), true, name);
    assert.match(await whyOf('../containers'), /is not an image's name/);
    assert.deepEqual(daemon.asked, []);
  });

  test('the archive lies in the scratch directory, as it was sent', async () => {
    const place = scratch();
    await target.open(resourceOf(app), { scratchDirectory: place });
    assert.deepEqual(readFileSync(join(place, 'image.tar')), app.archive);
  });
});

function resourceOf({ id, reference }: DaemonImage) {
  return {
    type: 'AWS_ECR_CONTAINER_IMAGE',
    id,
    name: reference,
    target: 'docker',
    location: reference,
    fingerprint: id,
    tags: {},
    details: {},
  } as const;
}
