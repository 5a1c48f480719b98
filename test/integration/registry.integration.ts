import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { debian12, dpkgStanza, tarOf, writeLayout } from '../../testkit/images.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const program = ['/usr/bin/docker-registry', '/usr/bin/registry', '/usr/local/bin/registry'].find(existsSync);
const folder = mkdtempSync(join(tmpdir(), 'registry-integration-'));
const home = join(folder, 'home');
const startSeconds = 20;

type Registry = { readonly host: string; readonly log: () => string; readonly process: ChildProcess };
type Descriptor = { readonly digest: string };
type Report = {
  readonly resource: { readonly name: string };
  readonly packages: readonly { readonly name: string }[];
};

const running: ChildProcess[] = [];
after(async () => {
  for (const child of running) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('a real registry', () => {
  test('is scanned from the command line, and no layer is fetched twice', async (context) => {
    if (!program) {
      context.skip('no registry server is installed (Debian package docker-registry)');
      return;
    }
    const registry = await startRegistry(program);
    const base = tarOf({
      'etc/os-release': debian12,
      'var/lib/dpkg/status': dpkgStanza('libssl3', '3.0.9-1'),
    });
    const app = (version: string) =>
      tarOf({ 'srv/node_modules/lodash/package.json': `{"name":"lodash","version":"${version}"}` });

    const first = await push(registry.host, '1', [base, app('4.17.20')]);
    const one = await scan(`registry:${registry.host}/team/app:1`);
    assert.equal(one.code, 0, one.stderr);
    assert.equal(one.report.resource.name, `${registry.host}/team/app:1`);
    assert.deepEqual(one.report.packages.map(({ name }) => name).sort(), ['libssl3', 'lodash']);
    assert.deepEqual(fetches(registry, first), [1, 1]);

    const second = await push(registry.host, '2', [base, app('4.17.21')]);
    assert.equal(second[0], first[0], 'the base layer is the same');
    // Without the prefix, as it is recognised.
    const two = await scan(`${registry.host}/team/app:2`);
    assert.equal(two.code, 0, two.stderr);
    assert.deepEqual(two.report.packages.map(({ name }) => name).sort(), ['libssl3', 'lodash']);
    assert.deepEqual(fetches(registry, second), [1, 1], 'the base once for both tags, the new layer once');

    const again = await scan(`registry:${registry.host}/team/app:2`);
    assert.deepEqual(again.report, two.report);
    assert.deepEqual(fetches(registry, second), [1, 1], 'nothing was fetched again');

    const missing = await scan(`registry:${registry.host}/team/app:3`);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /no tag '3' of team\/app/);
  });
});

async function startRegistry(path: string): Promise<Registry> {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const storage = join(folder, 'storage');
  mkdirSync(storage);
  const config = join(folder, 'config.yml');
  const settings = {
    version: 0.1,
    log: { accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: storage } },
    http: { addr: host },
  };
  // JSON is YAML too.
  writeFileSync(config, JSON.stringify(settings));
  const child = spawn(path, ['serve', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      log += chunk;
    });
  const until = Date.now() + startSeconds * 1000;
  while (Date.now() < until && child.exitCode === null) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => null);
    if (answer?.ok) return { host, log: () => log, process: child };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the registry did not start: ${log}`);
}

/** Pushes an image by the registry's API; answers the digests of its layers. */
async function push(host: string, tag: string, layers: readonly Buffer[]): Promise<readonly string[]> {
  const layout = join(folder, `layout-${tag}`);
  const [digest = ''] = writeLayout(layout, [{ reference: `app:${tag}`, layers }]);
  const read = (name: string) => readFileSync(join(layout, 'blobs/sha256', name.slice('sha256:'.length)));
  const manifest = JSON.parse(read(digest).toString('utf8')) as {
    readonly mediaType: string;
    readonly config: Descriptor;
    readonly layers: readonly Descriptor[];
  };
  for (const blob of [manifest.config, ...manifest.layers]) {
    const upload = await fetch(`http://${host}/v2/team/app/blobs/uploads/`, { method: 'POST' });
    assert.equal(upload.status, 202);
    const place = new URL(upload.headers.get('location') ?? '', `http://${host}`);
    place.searchParams.set('digest', blob.digest);
    const stored = await fetch(place, { method: 'PUT', body: new Uint8Array(read(blob.digest)) });
    assert.equal(stored.status, 201, await stored.text());
  }
  const headers = { 'content-type': manifest.mediaType };
  const body = new Uint8Array(read(digest));
  const tagged = await fetch(`http://${host}/v2/team/app/manifests/${tag}`, { method: 'PUT', body, headers });
  assert.equal(tagged.status, 201, await tagged.text());
  return manifest.layers.map((layer) => layer.digest);
}

/** How often the registry's log shows each blob being fetched. */
function fetches(registry: Registry, digests: readonly string[]): readonly number[] {
  return digests.map((digest) => registry.log().split(`"GET /v2/team/app/blobs/${digest} `).length - 1);
}

function scan(
  reference: string,
): Promise<{ readonly code: number; readonly report: Report; readonly stderr: string }> {
  const args = [main, 'scan', reference, '--home', home, '--format', 'json'];
  const env = { ...process.env, NO_COLOR: '1', DOCKER_CONFIG: join(folder, 'docker') };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error ? 1 : 0;
      resolve({ code, report: JSON.parse(stdout || '{}'), stderr });
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
