import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Feed } from '../plugins/feeds/contract.ts';
import { fetchFeeds } from './fetch.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const answers = new Map<string, Answer>();
const asked: { readonly url: string; readonly headers: IncomingMessage['headers'] }[] = [];
let server: Server;
let base = '';
let directory = '';

before(async () => {
  server = createServer((request, response) => {
    const url = request.url ?? '';
    asked.push({ url, headers: request.headers });
    const answer = answers.get(url);
    if (answer === undefined) response.writeHead(404).end('nothing here');
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach((context) => {
  answers.clear();
  asked.length = 0;
  const folder = mkdtempSync(join(tmpdir(), 'openinspector-fetch-'));
  directory = folder;
  if ('after' in context) context.after(() => rmSync(folder, { recursive: true, force: true }));
});

function feedOf(...downloads: Feed['downloads']): Feed {
  return { id: 'test', title: '', sources: [], licence: '', downloads, wants: () => false, read: () => [] };
}

function text(body: string | Buffer, headers: Record<string, string> = {}): Answer {
  return (_request, response) =>
    response.writeHead(200, { 'content-length': body.length, ...headers }).end(body);
}

async function run(
  downloads: Feed['downloads'],
  more: { urls?: Record<string, string>; bytes?: number; silence?: number } = {},
) {
  return fetchFeeds({
    feedsDirectory: directory,
    feeds: [feedOf(...downloads)],
    onProgress: () => {},
    urls: more.urls ?? {},
    limits: { fetchBytesMax: more.bytes ?? 1_000_000, fetchSilenceSecondsMax: more.silence ?? 5 },
  });
}

function kept(path: string): string | null {
  return existsSync(join(directory, path)) ? readFileSync(join(directory, path), 'utf8') : null;
}

describe('fetchFeeds', () => {
  test('fetches, then asks only for what changed', async () => {
    answers.set('/a.json', (request, response) => {
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
      else
        text('{"a":[1]}', { etag: '"1"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' })(
          request,
          response,
        );
    });
    const downloads = [{ url: `${base}/a.json`, path: 'test/a.json' }];
    assert.deepEqual(await run(downloads), { fetched: 1, unchanged: 0, problems: [] });
    assert.equal(kept('test/a.json'), '{"a":[1]}');
    assert.deepEqual(await run(downloads), { fetched: 0, unchanged: 1, problems: [] });
    assert.equal(asked[1]?.headers['if-modified-since'], 'Mon, 01 Jan 2024 00:00:00 GMT');
    // A file that someone changed by hand is fetched anew.
    writeFileSync(join(directory, 'test/a.json'), '');
    assert.equal((await run(downloads)).fetched, 1);
  });

  test('one failing source is a problem and the others go on; the old file stays', async () => {
    answers.set('/good.json', text('{"a":1}'));
    answers.set('/bad.json', text('{"a":1}'));
    const downloads = [
      { url: `${base}/bad.json`, path: 'test/bad.json' },
      { url: `${base}/good.json`, path: 'test/good.json' },
    ];
    await run(downloads);
    answers.set('/bad.json', (_request, response) => response.writeHead(500).end('{"a":2}'));
    const result = await run(downloads);
    assert.equal(result.fetched, 1);
    assert.match(result.problems[0]?.why ?? '', /server answered 500/);
    assert.equal(kept('test/bad.json'), '{"a":1}');
  });

  test('goes on with a download that broke off', async () => {
    const body = Buffer.from(JSON.stringify({ a: 'x'.repeat(1000) }));
    answers.set('/a.json', (request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const rest = body.subarray(from);
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length, etag: '"1"' });
      if (from > 0) response.end(rest);
      else response.write(rest.subarray(0, 300), () => setTimeout(() => response.destroy(), 20));
    });
    const result = await run([{ url: `${base}/a.json`, path: 'a.json' }]);
    assert.deepEqual(result, { fetched: 1, unchanged: 0, problems: [] });
    assert.equal(kept('a.json'), body.toString());
    assert.equal(asked[1]?.headers['if-range'], '"1"');
    assert.equal(existsSync(join(directory, 'a.json.part')), false);
  });

  test('does not go on with a part of another file', async () => {
    const bodies = [JSON.stringify({ a: 'x'.repeat(500) }), JSON.stringify({ b: 'y'.repeat(500) })];
    answers.set('/a.json', (_request, response) => {
      const body = bodies.shift() ?? '';
      response.writeHead(200, { 'content-length': body.length, etag: `"${bodies.length}"` });
      if (bodies.length > 0)
        response.write(body.slice(0, 100), () => setTimeout(() => response.destroy(), 20));
      else response.end(body);
    });
    assert.equal((await run([{ url: `${base}/a.json`, path: 'a.json' }])).fetched, 1);
    assert.match(kept('a.json') ?? '', /^\{"b":"y+"\}$/);
  });

  const damaged: readonly (readonly [name: string, path: string, body: string | Buffer])[] = [
    ['gzip that ends early', 'a.csv.gz', gzipSync(Buffer.alloc(10_000, 'abc')).subarray(0, 40)],
    ['zip that ends early', 'a.zip', Buffer.from('PK\u0003\u0004truncated', 'latin1')],
    ['a page with an error in place of an archive', 'a.tar.gz', '<html>try later</html>'],
    ['JSON that ends early', 'a.json', '{"a":[1,2'],
    ['a page in place of JSON', 'a.json', '<html>try later</html>'],
    ['XML that ends early', 'a.xml', '<a><b>text'],
    ['a page in place of XML', 'a.xml', '<!DOCTYPE html><html></html>'],
  ];
  for (const [name, path, body] of damaged) {
    test(`${name} never takes a place`, async () => {
      answers.set(`/${path}`, text(body));
      const result = await run([{ url: `${base}/${path}`, path }]);
      assert.equal(result.fetched, 0);
      assert.equal(result.problems[0]?.kind, 'malformed');
      assert.equal(kept(path), null);
    });
  }

  test('sizes and silence have limits', async () => {
    answers.set('/large', text('x'.repeat(2000)));
    answers.set('/endless', (_request, response) => response.writeHead(200).end('x'.repeat(2000)));
    answers.set('/silent', (_request, response) => response.writeHead(200).write('x'));
    const downloads = ['large', 'endless', 'silent'].map((path) => ({ url: `${base}/${path}`, path }));
    const { problems } = await run(downloads, { bytes: 1000, silence: 0.05 });
    assert.deepEqual(
      problems.map(({ limit }) => limit),
      ['fetchBytesMax', 'fetchBytesMax', null],
    );
    assert.match(problems[2]?.why ?? '', /fetchSilenceSecondsMax/);
  });

  test('an address of the configuration takes the place of the publisher', async () => {
    answers.set('/mirror/a.json', text('{"a":1}'));
    answers.set('/mirror/x/b.json', text('{"b":1}'));
    answers.set('/mirror/x/c.json', text('{"c":1}'));
    const one = [{ url: 'https://publisher.invalid/a.json', path: 'x/a.json' }];
    assert.equal((await run(one, { urls: { test: `${base}/mirror/a.json` } })).fetched, 1);
    const two = ['x/b.json', 'x/c.json'].map((path) => ({ url: `https://publisher.invalid/${path}`, path }));
    assert.equal((await run(two, { urls: { test: `${base}/mirror/` } })).fetched, 2);
  });

  test('follows a mirror list and repomd.xml to updateinfo, and checks its hash', async () => {
    const body = gzipSync('<updates></updates>');
    const sha256 = createHash('sha256').update(body).digest('hex');
    const repomd = (sum: string) => `<repomd><data type="primary"><location href="repodata/p.gz"/></data><data
      type="updateinfo"><checksum type="sha256">${sum}</checksum><location href="repodata/u.xml.gz"/></data></repomd>`;
    answers.set('/core/mirror.list', text(`${base}/repo/\n`));
    answers.set('/repo/repodata/repomd.xml', text(repomd(sha256)));
    answers.set('/repo/repodata/u.xml.gz', text(body));
    const downloads = [{ url: `${base}/core/mirror.list#repodata:updateinfo`, path: 'u.xml.gz' }];
    assert.deepEqual(await run(downloads), { fetched: 1, unchanged: 0, problems: [] });
    answers.set('/repo/repodata/repomd.xml', text(repomd('0'.repeat(64))));
    assert.match((await run(downloads)).problems[0]?.why ?? '', /sha256 differs/);
    answers.set('/repo/repodata/repomd.xml', text('<repomd></repomd>'));
    assert.match((await run(downloads)).problems[0]?.why ?? '', /has no updateinfo/);
  });

  test('follows an index that names a file', async () => {
    answers.set('/data/latest.txt', text('b.json\n'));
    answers.set('/data/b.json', text('{"b":1}'));
    assert.equal((await run([{ url: `${base}/data/latest.txt#named`, path: 'b.json' }])).fetched, 1);
    answers.set('/data/latest.txt', text('../../secret'));
    assert.equal((await run([{ url: `${base}/data/latest.txt#named`, path: 'b.json' }])).problems.length, 1);
  });

  test('refuses addresses and paths that it must not use', async () => {
    const { problems } = await run([
      { url: 'file:///etc/passwd', path: 'a' },
      { url: `${base}/a`, path: '../a' },
    ]);
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ['unsupported', 'escape'],
    );
  });
});
