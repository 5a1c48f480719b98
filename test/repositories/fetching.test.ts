import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type GatheredRepositories, gatherRepositories } from '../../src/intel/repositories.ts';
import { hostRepository } from '../../src/plugins/feeds/host-repository/index.ts';
import { changelog, glibcErratum, hasTool, write, writeDnf } from './making.ts';

const folder = mkdtempSync(join(tmpdir(), 'repositories-fetch-'));
const root = join(folder, 'served');
let asked: string[] = [];
const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url ?? '/');
  const file = join(root, normalize(path));
  if (!existsSync(file) || !statSync(file).isFile()) {
    asked.push(`404 ${path}`);
    response.writeHead(404).end();
    return;
  }
  const bytes = readFileSync(file);
  // A server whose validator of one kind of file never changes is one that lies about it.
  const etag =
    path.includes('lying') && path.endsWith('.gz')
      ? '"1"'
      : `"${createHash('sha256').update(bytes).digest('hex')}"`;
  const isSame = request.headers['if-none-match'] === etag;
  asked.push(`${isSame ? 304 : 200} ${path}`);
  if (isSame) response.writeHead(304).end();
  else response.writeHead(200, { etag, 'content-length': bytes.length }).end(bytes);
});
let base = '';
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(join(folder, 'cache'), { recursive: true, force: true });
  asked = [];
});

function gather(
  repositories: readonly (readonly [string, string])[],
  limits: Parameters<typeof gatherRepositories>[0]['limits'] = { fetchAttemptsMax: 1 },
): Promise<GatheredRepositories> {
  return gatherRepositories({
    repositories: repositories.map(([address, stream]) => ({ address, stream })),
    cacheDirectory: join(folder, 'cache'),
    scratchDirectory: mkdtempSync(join(folder, 'scratch-')),
    keyring: null,
    now: new Date('2024-06-01T00:00:00Z'),
    onProgress: () => undefined,
    ...(limits === undefined ? {} : { limits }),
  });
}

/** What the gathered files say: `CVE package fixed`. */
async function said({ files }: GatheredRepositories): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of files) {
    for await (const record of hostRepository.read(file)) {
      assert.notEqual(record.kind, 'problem');
      if (record.kind !== 'statement') continue;
      const { key, statement } = record;
      found.push(`${statement.vulnerability} ${key.stream} ${key.name} ${statement.ranges[0]?.fixed}`);
    }
  }
  return found.sort();
}

const reasons = ({ problems }: GatheredRepositories) => problems.map(({ why }) => why);
const unverified = 'signature is not verified, since no keyring was given';

type Listed = { readonly source: string; readonly version: string; readonly file?: string };

/** A suite whose packages are only listed, so that changelogs must come from a service. */
function serveSuite(name: string, listed: readonly Listed[], fields: readonly string[] = []): string {
  const stanzas = listed.map(
    ({ source, version, file = `pool/main/${source[0]}/${source}/${source}_x.deb` }) =>
      `Package: ${source}\nVersion: ${version}\nFilename: ${file}\nSize: 10\nSHA256: ${'a'.repeat(64)}\n`,
  );
  const packed = gzipSync(stanzas.join('\n'));
  const path = 'main/binary-amd64/Packages.gz';
  const suite = join(root, 'dists', name);
  write(join(suite, path), packed);
  const hash = createHash('sha256').update(packed).digest('hex');
  write(join(suite, 'Release'), [...fields, 'SHA256:', ` ${hash} ${packed.length} ${path}`, ''].join('\n'));
  return `${base}/dists/${name}`;
}

describe('a dnf repository that is served', () => {
  test('is asked only for what changed', async () => {
    writeDnf(join(root, 'r'), glibcErratum);
    const first = await gather([[`${base}/r/`, 'rocky:9']]);
    assert.deepEqual(first.problems, []);
    assert.deepEqual(await said(first), ['CVE-2024-2961 rocky:9 glibc 2.34-100.el9_4.2']);
    asked = [];
    const second = await gather([[`${base}/r`, 'rocky:9']]);
    assert.deepEqual(asked, ['304 /r/repodata/repomd.xml']);
    assert.deepEqual(await said(second), await said(first));
    writeDnf(join(root, 'r'), glibcErratum.replace('100.el9_4.2', '100.el9_4.3'));
    assert.deepEqual(await said(await gather([[`${base}/r`, 'rocky:9']])), [
      'CVE-2024-2961 rocky:9 glibc 2.34-100.el9_4.3',
    ]);
  });

  test('leaves nothing behind of what it no longer lists', async () => {
    const files = () =>
      readdirSync(join(folder, 'cache'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        /updateinfo/.test(name),
      );
    writeDnf(join(root, 'r'), glibcErratum, { form: 'gz' });
    await gather([[`${base}/r`, 'rocky:9']]);
    const [before] = files();
    writeDnf(join(root, 'r'), glibcErratum, { form: 'zst' });
    await gather([[`${base}/r`, 'rocky:9']]);
    assert.match(before ?? '', /\.gz$/);
    assert.deepEqual(
      files().map((name) => name.slice(-4)),
      ['.zst'],
    );
  });

  test('is asked anew where its server calls an old file unchanged', async () => {
    writeDnf(join(root, 'lying'), glibcErratum);
    await gather([[`${base}/lying`, 'rocky:9']]);
    writeDnf(join(root, 'lying'), glibcErratum.replace('100.el9_4.2', '100.el9_4.3'));
    const found = await gather([[`${base}/lying`, 'rocky:9']]);
    assert.deepEqual(found.problems, []);
    assert.deepEqual(await said(found), ['CVE-2024-2961 rocky:9 glibc 2.34-100.el9_4.3']);
  });

  test('that gives other errata than it lists, or none, is told, and the next one is read', async () => {
    writeDnf(join(root, 'bad'), glibcErratum, { hash: 'ab'.repeat(32) });
    write(join(root, 'none/repodata/repomd.xml'), '<repomd><data type="primary"/></repomd>');
    write(
      join(root, 'out/repodata/repomd.xml'),
      `<repomd><data type="updateinfo"><checksum type="sha256">${'ab'.repeat(32)}</checksum><location href="../../secret"/></data></repomd>`,
    );
    write(join(root, 'broken/repodata/repomd.xml'), '<repomd><data type=');
    writeDnf(join(root, 'good'), glibcErratum);
    const names = ['bad', 'none', 'out', 'broken', 'absent', 'good'];
    const found = await gather(names.map((name) => [`${base}/${name}`, 'rocky:9'] as const));
    assert.equal(found.files.length, 1);
    assert.deepEqual(
      found.problems.map(({ kind }) => kind),
      ['malformed', 'not-assessed', 'escape', 'malformed', 'unsupported'],
    );
  });

  test('that is too large is refused by the name of the limit', async () => {
    writeDnf(join(root, 'r'), glibcErratum);
    const found = await gather([[`${base}/r`, 'rocky:9']], { fetchAttemptsMax: 1, fetchBytesMax: 50 });
    assert.deepEqual(found.files, []);
    assert.equal(found.problems[0]?.limit, 'fetchBytesMax');
  });
});

describe('an apt suite that is served', () => {
  const text = changelog('demo', [
    ['1:2.0-1+deb12u1', 'Fix CVE-2024-0002.'],
    ['1:2.0-1', 'Fix CVE-2024-0001.'],
  ]);

  test('gives changelogs by the service that its Release names, each once', async () => {
    const suite = serveSuite(
      's',
      [{ source: 'demo', version: '1:2.0-1+deb12u1' }],
      [`Changelogs: ${base}/service/@CHANGEPATH@_changelog`],
    );
    write(join(root, 'service/main/d/demo/demo_2.0-1+deb12u1_changelog'), text);
    const found = await gather([[suite, 'debian:12']]);
    assert.deepEqual(reasons(found), [unverified]);
    assert.deepEqual(await said(found), [
      'CVE-2024-0001 debian:12 demo 1:2.0-1',
      'CVE-2024-0002 debian:12 demo 1:2.0-1+deb12u1',
    ]);
    asked = [];
    assert.deepEqual(await said(await gather([[suite, 'debian:12']])), await said(found));
    assert.deepEqual(
      asked.filter((line) => line.startsWith('200')),
      [],
    );
    assert.ok(!asked.some((line) => line.includes('changelog')));
  });

  test('keeps to the changelog that it has while that of a newer version cannot be had', async () => {
    const service = [`Changelogs: ${base}/service/@CHANGEPATH@_changelog`];
    const suite = serveSuite('s', [{ source: 'demo', version: '1:2.0-1+deb12u1' }], service);
    write(join(root, 'service/main/d/demo/demo_2.0-1+deb12u1_changelog'), text);
    const before = await said(await gather([[suite, 'debian:12']]));
    serveSuite('s', [{ source: 'demo', version: '1:2.0-1+deb12u2' }], service);
    const found = await gather([[suite, 'debian:12']]);
    assert.deepEqual(await said(found), before);
    assert.deepEqual(reasons(found), [unverified, 'package is listed and not there']);
    write(
      join(root, 'service/main/d/demo/demo_2.0-1+deb12u2_changelog'),
      changelog('demo', [['1:2.0-1+deb12u2', 'Fix CVE-2024-0003.']]) + text,
    );
    assert.deepEqual((await said(await gather([[suite, 'debian:12']]))).length, 3);
  });

  test('takes a page of another kind for no changelog', async () => {
    const suite = serveSuite('s', [{ source: 'demo', version: '1:2.0-1+deb12u1' }]);
    write(join(root, 'changelogs/main/d/demo/demo_2.0-1+deb12u1_changelog'), '<html>CVE-2024-0001</html>');
    const found = await gather([[suite, 'debian:12']]);
    assert.deepEqual(found.files, []);
    assert.deepEqual(reasons(found), [unverified, 'is no changelog of demo']);
  });

  test('is looked at only where it has a package newest among the suites of its release', async () => {
    const old = serveSuite('base', [{ source: 'demo', version: '1:2.0-1' }]);
    const updates = serveSuite('updates', [{ source: 'demo', version: '1:2.0-1+deb12u1' }]);
    write(join(root, 'changelogs/main/d/demo/demo_2.0-1+deb12u1_changelog'), text);
    const found = await gather([
      [old, 'debian:12'],
      [updates, 'debian:12'],
    ]);
    assert.deepEqual(reasons(found), [unverified, unverified]);
    assert.equal(found.files.length, 1);
    assert.ok(!asked.some((line) => line.includes('demo_2.0-1_changelog')));
  });

  test('cannot make a reader leave the repository or its cache', async () => {
    const suite = serveSuite('s', [
      { source: 'demo', version: '1:2.0-1', file: '../../../etc/passwd' },
      { source: 'other', version: '1.0-1', file: '/etc/passwd' },
    ]);
    const found = await gather([[suite, 'debian:12']]);
    assert.deepEqual(found.files, []);
    assert.deepEqual(
      found.problems.slice(1).map(({ kind }) => kind),
      ['escape', 'escape'],
    );
    assert.ok(!asked.some((line) => line.includes('passwd')));
  });

  test('whose Release is out of date says so', async () => {
    const suite = serveSuite('s', [], ['Valid-Until: Sat, 01 Jan 2022 00:00:00 UTC']);
    const { problems } = await gather([[suite, 'debian:12']]);
    assert.ok(problems.some(({ kind, why }) => kind === 'stale' && /2022/.test(why)));
  });
});

describe('a repository in a directory', () => {
  for (const form of ['gz', 'zst', 'xz'] as const) {
    const skip = form === 'xz' && !hasTool('xz') ? 'the tool xz is not here' : false;
    test(`is read where its errata are packed as ${form}`, { skip }, async () => {
      writeDnf(root, glibcErratum, { form });
      const found = await gather([[root, 'rocky:9']]);
      assert.deepEqual(found.problems, []);
      assert.deepEqual(await said(found), ['CVE-2024-2961 rocky:9 glibc 2.34-100.el9_4.2']);
    });
  }

  test('is not left by a link, and no network is asked whatever its Release names', async () => {
    serveSuite(
      's',
      [{ source: 'demo', version: '1.0-1' }],
      [`Changelogs: ${base}/service/@CHANGEPATH@_changelog`],
    );
    write(
      join(root, 'service/main/d/demo/demo_1.0-1_changelog'),
      changelog('demo', [['1.0-1', 'CVE-2024-0001']]),
    );
    write(join(folder, 'outside'), changelog('demo', [['1.0-1', 'CVE-2024-0001']]));
    write(join(root, 'changelogs/main/d/demo/README'), '');
    symlinkSync(join(folder, 'outside'), join(root, 'changelogs/main/d/demo/demo_1.0-1_changelog'));
    const found = await gather([[join(root, 'dists/s'), 'debian:12']]);
    assert.deepEqual(asked, []);
    assert.deepEqual(found.files, []);
    assert.ok(found.problems.some(({ kind }) => kind === 'escape'));
  });
});
