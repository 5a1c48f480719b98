import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatReference, isPlatform, looksLikeReference, parseReference } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('a reference to an image in a registry', () => {
  const good: readonly (readonly [string, string, string])[] = [
    ['alpine', 'registry-1.docker.io', 'docker.io/library/alpine:latest'],
    ['alpine:3.20', 'registry-1.docker.io', 'docker.io/library/alpine:3.20'],
    ['grafana/grafana', 'registry-1.docker.io', 'docker.io/grafana/grafana:latest'],
    ['docker.io/alpine', 'registry-1.docker.io', 'docker.io/library/alpine:latest'],
    ['index.docker.io/a/b:1', 'registry-1.docker.io', 'docker.io/a/b:1'],
    ['localhost/app', 'localhost', 'localhost/app:latest'],
    ['localhost:5000/app', 'localhost:5000', 'localhost:5000/app:latest'],
    ['reg:5000/a/b/c:x', 'reg:5000', 'reg:5000/a/b/c:x'],
    ['[::1]:5000/a', '[::1]:5000', '[::1]:5000/a:latest'],
    ['Reg.Example/a__b.c-d--e', 'reg.example', 'reg.example/a__b.c-d--e:latest'],
    [`ghcr.io/a/b@${digest}`, 'ghcr.io', `ghcr.io/a/b@${digest}`],
    [`ghcr.io/a/b:1@${digest}`, 'ghcr.io', `ghcr.io/a/b:1@${digest}`],
  ];
  for (const [text, apiHost, whole] of good) {
    test(text, () => {
      const reference = parseReference(text);
      assert.ok(!('kind' in reference), JSON.stringify(reference));
      assert.equal(reference.apiHost, apiHost);
      assert.equal(formatReference(reference), whole);
      assert.deepEqual(parseReference(whole), reference);
    });
  }

  const bad = [
    '',
    '/tmp/x',
    './x/y',
    '../x.y/z',
    'https://ghcr.io/a',
    'ghcr.io/',
    'ghcr.io/A',
    'ghcr.io/a//b',
    'ghcr.io/a/../b',
    'ghcr.io/a._b',
    'ghcr.io:99999/a',
    'a:',
    'a:b c',
    'a@sha256:12',
    'a@sha512:12',
    'a?platform=linux',
    'a?colour=red',
    '-a.b/c',
    'a..b/c',
    'user:password@ghcr.io/a',
    'ghcr.io/a\r\nHost: b',
  ];
  for (const text of bad) {
    test(`is not ${JSON.stringify(text)}`, () => {
      const reference = parseReference(text);
      assert.ok('kind' in reference);
      assert.ok(reference.where && reference.why);
    });
  }

  test('selects a platform', () => {
    const reference = parseReference('ghcr.io/a?platform=linux/arm/v7');
    assert.ok(!('kind' in reference));
    assert.deepEqual(reference.platform, { os: 'linux', architecture: 'arm', variant: 'v7' });
    const arm = (variant: string | null) => ({ os: 'linux', architecture: 'arm64', variant });
    assert.equal(isPlatform(arm('v8'), arm(null)), true);
    assert.equal(isPlatform(arm(null), arm('v8')), true);
    assert.equal(isPlatform(arm('v9'), arm(null)), false);
  });

  test('is recognised by a host, never by a bare name', () => {
    for (const text of ['ghcr.io/a/b', 'localhost/a', 'reg:5000/a:1'])
      assert.equal(looksLikeReference(text), true, text);
    for (const text of ['alpine', 'a/b', 'alpine:3', './a/b', '/a.b/c', '../a', 'dir.d/', 'C:/x', ''])
      assert.equal(looksLikeReference(text), false, text);
  });

  test('any text is a reference or a problem, and what is one reads as itself', () => {
    const part = fc.constantFrom(
      'a',
      'b1',
      '.',
      ':',
      '/',
      '@',
      '-',
      '_',
      '5000',
      'localhost',
      '?',
      digest,
      'é',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(part).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (value) => {
        const reference = parseReference(value);
        if ('kind' in reference) return;
        assert.ok(URL.canParse(`https://${reference.apiHost}/v2/${reference.repository}/`));
        assert.equal(
          new URL(`https://${reference.apiHost}/v2/${reference.repository}/`).pathname,
          `/v2/${reference.repository}/`,
        );
        assert.deepEqual(parseReference(formatReference(reference)), { ...reference, platform: null });
      }),
      { numRuns: 2000 },
    );
  });
});
