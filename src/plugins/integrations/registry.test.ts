import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { integrationSuite } from '../../../testkit/integrations.ts';
import { integrations } from './registry.ts';
import { webhook } from './webhook/index.ts';

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe('every integration', () => {
  for (const entry of integrations) integrationSuite(entry, folders);

  test('is in the registry', () => {
    assert.deepEqual(integrations.map(({ id }) => id).sort(), [...folders].sort());
  });
});

describe('webhook', () => {
  const event = {
    id: '1',
    'detail-type': 'Inspector2 Finding',
    source: 'aws.inspector2',
    account: '000000000000',
    time: '2026-01-01T00:00:00Z',
    region: 'us-east-1',
    resources: ['arn'],
    detail: { title: 'CVE-2024-3094 - xz-utils' },
  };

  test('signs what it posts, and fails on any answer that is not good', async () => {
    const seen: { body: string; signature: string }[] = [];
    let status = 200;
    const server = createServer(async (request: IncomingMessage, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      seen.push({ body, signature: String(request.headers['x-openinspector-signature']) });
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const settings = { url, secret: 'a secret of some length' };
    try {
      assert.equal(webhook.checkSettings(settings), null);
      await webhook.deliver([event], settings);
      const expected = createHmac('sha256', settings.secret)
        .update(seen[0]?.body ?? '')
        .digest('hex');
      assert.equal(seen[0]?.signature, `sha256=${expected}`);
      assert.deepEqual(JSON.parse(seen[0]?.body ?? '{}').events, [event]);
      status = 503;
      await assert.rejects(webhook.deliver([event], settings), /503/);
    } finally {
      server.close();
    }
  });

  test('refuses addresses that would leak', () => {
    const secret = 'a secret of some length';
    for (const url of [
      'http://example.com/',
      'https://user:pass@example.com/',
      'ftp://example.com/',
      'nonsense',
    ]) {
      assert.ok(webhook.checkSettings({ url, secret }), url);
    }
    assert.equal(webhook.checkSettings({ url: 'https://example.com/hook', secret }), null);
  });
});
