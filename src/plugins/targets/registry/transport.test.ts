import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mayBePlain, mayLeadTo, retryAfter } from './transport.ts';

describe('plain HTTP', () => {
  test('is for this machine, and for hosts that the operator names', () => {
    const env = { OPENINSPECTOR_INSECURE_REGISTRIES: 'reg.example:5000, Other.Example' };
    for (const host of ['localhost', 'localhost:5000', '127.0.0.1:1', '[::1]:5000'])
      assert.equal(mayBePlain(host, {}), true, host);
    for (const host of ['reg.example:5000', 'other.example', 'other.example:80'])
      assert.equal(mayBePlain(host, env), true, host);
    for (const host of [
      'reg.example',
      'reg.example:5001',
      'x.other.example',
      'localhost.example',
      '127.0.0.2',
    ])
      assert.equal(mayBePlain(host, env), false, host);
  });

  test('is not where HTTPS leads', () => {
    const cases: readonly (readonly [string, string, boolean])[] = [
      ['https://a', 'https://b', true],
      ['http://a', 'https://b', true],
      ['http://a', 'http://b', true],
      ['https://a', 'http://a', false],
      ['https://a', 'http://169.254.169.254', false],
      ['http://a', 'file:///etc/passwd', false],
    ];
    for (const [from, to, expected] of cases)
      assert.equal(mayLeadTo(new URL(from), new URL(to)), expected, to);
  });
});

test('Retry-After is seconds or a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  assert.equal(retryAfter('3', now), 3000);
  assert.equal(retryAfter('Thu, 01 Jan 2026 00:00:05 GMT', now), 5000);
  assert.equal(retryAfter('Thu, 01 Jan 2025 00:00:05 GMT', now), 0);
  for (const text of [null, 'soon', '-1e', '']) assert.equal(retryAfter(text, now), null);
});
