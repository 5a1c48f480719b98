import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseQuery, singleHeader } from './http.ts';
import { matchRoute, pathsOf } from './routes.ts';
import { operations } from './schema.ts';

describe('routes', () => {
  test('every operation is found by its method and path', () => {
    for (const { name, method, uri } of operations) {
      const route = matchRoute(method, uri.replace('{resourceArn}', 'x'));
      assert.equal(route?.operation.name, name);
    }
  });

  test('nothing else is', () => {
    const paths = [
      '/',
      '',
      '/enable/',
      '//enable',
      '/ENABLE',
      '/enable?x',
      '/tags',
      '/tags/',
      '/tags/%',
      '/tags/%ff',
    ];
    for (const path of paths) assert.equal(matchRoute('POST', path), null, path);
    for (const method of ['GET', 'HEAD', 'post', ''])
      assert.equal(matchRoute(method, '/enable'), null, method);
  });

  test('a label takes slashes and is decoded once', () => {
    const labels = (path: string) => [...(matchRoute('GET', path)?.labels.values() ?? [])];
    const arn = 'arn:aws:inspector2:us-east-1:123456789012:owner/123456789012/filter/ab';
    assert.deepEqual(labels(`/tags/${encodeURIComponent(arn)}`), [arn]);
    assert.deepEqual(labels(`/tags/${arn}`), [arn]);
    assert.deepEqual(labels('/tags/a%252Fb'), ['a%2Fb']);
  });

  test('GET has two paths', () => {
    assert.deepEqual(pathsOf('GET'), ['/encryptionkey/get', '/tags/{resourceArn}']);
  });
});

describe('query strings', () => {
  test('keep order, repetition and what is empty', () => {
    assert.deepEqual(parseQuery('b=1&a&=x&b=%20+&&c=d=e'), [
      { name: 'b', value: '1' },
      { name: 'a', value: '' },
      { name: '', value: 'x' },
      { name: 'b', value: ' +' },
      { name: 'c', value: 'd=e' },
    ]);
    assert.deepEqual(parseQuery(''), []);
  });

  test('broken escapes and too many parameters are no query', () => {
    for (const query of ['a=%', 'a=%g0', '%ff=1', 'a&'.repeat(1_001)]) assert.equal(parseQuery(query), null);
  });
});

test('a header that came twice has no single value', () => {
  const headers = { a: 'x', b: ['y'], c: ['y', 'z'] };
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'constructor'].map((name) => singleHeader(headers, name)),
    ['x', 'y', null, null, null],
  );
});
