import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import fastify from 'fastify';
import { mountWire } from '../../src/api/wire/fastify.ts';
import type { WireRequest } from '../../src/api/wire/http.ts';
import type { Kernel } from '../../src/api/wire/kernel.ts';
import { type Server, startServer } from './server.ts';

describe('beside other routes', () => {
  let server: Server;
  before(async () => {
    server = await startServer(
      {},
      {
        mount: async (app) => {
          app.get('/', async () => 'console');
          app.get('/assets/*', async () => 'asset');
          app.post('/openinspector/v1/echo', async ({ body }) => ({ got: body }));
        },
      },
    );
  });
  after(() => server.close());

  test('theirs stay theirs, with their own reading of bodies', async () => {
    const text = async (path: string) => (await fetch(server.endpoint + path)).text();
    assert.equal(await text('/'), 'console');
    assert.equal(await text('/assets/a.js'), 'asset');
    const headers = { 'content-type': 'application/json' };
    const echo = await fetch(`${server.endpoint}/openinspector/v1/echo`, {
      method: 'POST',
      headers,
      body: '{"a":1}',
    });
    assert.deepEqual(await echo.json(), { got: { a: 1 } });
  });

  test('all the rest is the kernel’s', async () => {
    for (const [method, path] of [
      ['GET', '/nowhere'],
      ['PATCH', '/enable'],
      ['PUT', '/'],
    ] as const) {
      const response = await fetch(server.endpoint + path, { method });
      assert.equal(response.status, 404, path);
      assert.equal(response.headers.get('x-amzn-errortype'), 'UnknownOperationException', path);
    }
  });
});

describe('what the kernel is given', () => {
  const seen: WireRequest[] = [];
  const kernel: Kernel = {
    handle: async (given) => {
      seen.push(given);
      return { status: 200, headers: { date: 'Tue, 03 Feb 2026 04:05:06 GMT' }, body: Buffer.from('ok') };
    },
    refuseBody: () => ({ status: 400, headers: {}, body: Buffer.from('too large') }),
    bodyBytesMaxOf: (_method, path) => (path === '/scan/sbom' ? 64 : 32),
  };
  const app = fastify();
  let port = 0;
  before(async () => {
    await mountWire(app, kernel);
    port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  });
  after(() => app.close());

  test('paths and queries are as sent, headers apart, bodies raw whatever their type', async () => {
    const path = `/tags/arn%3Aaws%2f${'x'.repeat(1_000)}%25?a=%20&b`;
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', undefined]) {
      const headers = { ...(type && { 'content-type': type }), 'x-two': ['1', '2'] };
      const { body, date } = await raw('POST', path, headers, '{"not json');
      assert.deepEqual([body, date], ['ok', 'Tue, 03 Feb 2026 04:05:06 GMT']);
      const given = seen.at(-1);
      assert.equal(`${given?.rawPath}?${given?.rawQuery}`, path);
      assert.equal(given?.body.toString(), '{"not json');
      assert.deepEqual(given?.headers['x-two'], ['1', '2']);
      assert.equal(given?.remoteAddress, '127.0.0.1');
    }
  });

  test('a request without a body has an empty one', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      await raw(method, '/tags/a', {}, '');
      assert.deepEqual([seen.at(-1)?.method, seen.at(-1)?.body.length], [method, 0]);
    }
  });

  test('no more of a body is read than its operation may have', async () => {
    const { length } = seen;
    assert.equal((await raw('POST', '/enable', {}, 'x'.repeat(33))).body, 'too large');
    assert.equal((await raw('POST', '/scan/sbom', {}, 'x'.repeat(65))).body, 'too large');
    assert.equal(seen.length, length);
    assert.equal((await raw('POST', '/scan/sbom', {}, 'x'.repeat(64))).body, 'ok');
  });

  function raw(method: string, path: string, headers: Record<string, string | string[]>, body: string) {
    return new Promise<{ body: string; date: string | undefined }>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, method, path, headers }, async (response) => {
        const parts: Buffer[] = [];
        for await (const part of response) parts.push(part);
        resolve({ body: Buffer.concat(parts).toString(), date: response.headers.date });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
});

test('a host may keep GET for its own pages', async () => {
  const answered = async () => ({ status: 200, headers: {}, body: Buffer.from('kernel') });
  const kernel: Kernel = { handle: answered, refuseBody: () => assert.fail(), bodyBytesMaxOf: () => 10 };
  const app = fastify();
  app.get('/*', async () => 'page');
  await mountWire(app, kernel, { catchAllGet: false });
  for (const [path, expected] of [
    ['/', 'page'],
    ['/findings', 'page'],
    ['/encryptionkey/get', 'kernel'],
    ['/tags/a%2Fb', 'kernel'],
  ] as const)
    assert.equal((await app.inject({ method: 'GET', url: path })).body, expected, path);
  await app.close();
});
