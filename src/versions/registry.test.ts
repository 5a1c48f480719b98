import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { versionContract } from '../../testkit/versions.ts';
import { versionScheme, versionSchemes } from './registry.ts';

versionContract({
  schemes: versionSchemes,
  testdata: join(import.meta.dirname, 'testdata'),
  arbitraries: {
    // pacman ignores a release that only one side has, and its order has gaps where separators run together.
    alpm: fc
      .tuple(
        fc.nat(2),
        fc.array(fc.constantFrom('0', '1', '10', '09'), { minLength: 1, maxLength: 3 }),
        fc.nat(11),
      )
      .map(([epoch, numbers, release]) => `${epoch}:${numbers.join('.')}-${release}`),
  },
});

describe('registry of version schemes', () => {
  test('finds each scheme by its id', () => {
    for (const scheme of versionSchemes) assert.equal(versionScheme(scheme.id), scheme);
    assert.equal(new Set(versionSchemes.map((scheme) => scheme.id)).size, versionSchemes.length);
  });
  test('knows no scheme of another name', () => {
    assert.equal(versionScheme('calver'), null);
  });
});
