import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isWithin, parsePackageQuery } from './package-query.ts';

describe('asking for packages before any advisory exists', () => {
  test('a name and bounds are read, spaces or not', () => {
    const expected = {
      ecosystem: 'deb',
      name: 'xz-utils',
      bounds: [
        { op: '>=', version: '5.6.0' },
        { op: '<', version: '5.6.2' },
      ],
    };
    assert.deepEqual(parsePackageQuery('deb/xz-utils >=5.6.0 <5.6.2'), expected);
    assert.deepEqual(parsePackageQuery('deb/xz-utils >= 5.6.0  < 5.6.2'), expected);
    assert.deepEqual(parsePackageQuery('npm/@scope/name'), {
      ecosystem: 'npm',
      name: '@scope/name',
      bounds: [],
    });
    assert.deepEqual(parsePackageQuery('pypi/My_Package =1.0'), {
      ecosystem: 'pypi',
      name: 'my-package',
      bounds: [{ op: '=', version: '1.0' }],
    });
  });

  test('what is wrong is said', () => {
    for (const [text, expected] of [
      ['xz-utils', /ecosystem/],
      ['nothing/xz', /ecosystem/],
      ['deb/', /missing/],
      ['deb/xz ~5', /not a bound/],
      ['npm/a >=not.a.version', /not a version/],
    ] as const) {
      const answer = parsePackageQuery(text);
      assert.ok(typeof answer === 'string' && expected.test(answer), text);
    }
  });

  test('versions are told by the rules of their ecosystem', () => {
    const query = parsePackageQuery('deb/xz-utils >=5.6.0 <5.6.2');
    assert.ok(typeof query !== 'string');
    for (const [version, expected] of [
      ['5.6.1-1', true],
      ['5.6.1+really5.4.5-1', true],
      ['5.6.0~rc1-1', false],
      ['5.4.1-0.2', false],
      ['5.6.2-1', false],
      ['not a version!', null],
    ] as const) {
      assert.equal(isWithin(version, query), expected, version);
    }
  });
});
