import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compareBytes } from './key-bytes.ts';
import {
  everyKey,
  intervalsWithin,
  joinIntervals,
  type KeyInterval,
  keysOfScheme,
  placedBound,
  placedKey,
  type VersionBound,
} from './placed-key.ts';
import { versionScheme, versionSchemes } from './registry.ts';
import { isProblem } from './scheme.ts';

const lies = (key: Uint8Array, { low, high }: KeyInterval) =>
  compareBytes(low, key) <= 0 && compareBytes(key, high) < 0;

const samples: Readonly<Record<string, readonly string[]>> = {
  semver: ['0', '1.0.0-rc.1', '1.0.0', '1.0.0+b', '1.2.0', '1.2.3.4', '2.0.0', 'latest'],
  pep440: ['1.0.dev1', '1.0', '1.0+cu1', '1.0+~x', '1.0.post1', '1.1', '1.1+cu1', '2004d', '2004d+x', 'none'],
  deb: ['1.0', '1.0~a', '1.0-1', '1.0-1+b1', '1:0.9', 'x'],
  rpm: ['1.0-1.el9', '1.0~rc1-1.el9', '0:1.0-1.el9', '1.0-2', '1.0', 'a b'],
  alpm: ['1.0', '1.0-1', '1.0-2', '1.0.-1', '1:0.9-1'],
};
const picked = fc
  .constantFrom(...Object.keys(samples))
  .chain((scheme) => fc.tuple(fc.constant(scheme), fc.constantFrom(...(samples[scheme] ?? []))));

describe('placed keys', () => {
  test('of each scheme lie among the keys of that scheme only', () => {
    const keys = versionSchemes.map(({ id }) => ({
      id,
      key: placedKey(id, '1.0-1') ?? placedKey(id, '1.0'),
    }));
    for (const { id, key } of keys) {
      assert.ok(key, id);
      for (const scheme of versionSchemes) assert.equal(lies(key, keysOfScheme(scheme.id)), scheme.id === id);
      assert.ok(lies(key, everyKey));
    }
  });

  test('what cannot be ordered, or only outside its specification, or by no scheme, has none', () => {
    for (const [scheme, version] of [
      ['deb', 'x'],
      ['pep440', '2004d'],
      ['alpm', '1.0'],
      ['calver', '1.0'],
      ['', '1.0'],
    ] as const)
      assert.equal(placedKey(scheme, version), null, `${scheme} ${version}`);
  });

  test('a bound that is no version is a problem, and one of no scheme is nothing', () => {
    assert.ok(isProblem(placedBound('deb', 'x', 'at')));
    assert.equal(placedBound('calver', '1', 'above'), null);
  });

  test('joined intervals hold the same keys and do not touch', () => {
    const byte = fc.nat(12).map((value) => Uint8Array.of(value));
    fc.assert(
      fc.property(fc.array(fc.record({ low: byte, high: byte })), (intervals) => {
        const joined = joinIntervals(intervals);
        for (let value = 0; value < 14; value++) {
          const key = Uint8Array.of(value);
          const count = joined.filter((one) => lies(key, one)).length;
          assert.equal(count, intervals.some((one) => lies(key, one)) ? 1 : 0);
        }
        for (const [i, { low }] of joined.entries())
          if (i > 0) assert.equal(compareBytes(joined[i - 1]?.high ?? low, low), -1);
      }),
    );
  });

  test('every version within bounds is found, and of those with a key no other', () => {
    const bound = (scheme: string): fc.Arbitrary<VersionBound> =>
      fc.record({
        op: fc.constantFrom('<', '<=', '>', '>=', '='),
        version: fc.constantFrom(...(samples[scheme] ?? [])),
      });
    const asked = picked.chain(([scheme, version]) =>
      fc.tuple(fc.constant(scheme), fc.constant(version), fc.array(bound(scheme), { maxLength: 3 })),
    );
    fc.assert(
      fc.property(asked, ([scheme, version, bounds]) => {
        const key = placedKey(scheme, version) ?? new Uint8Array(0);
        const isFound = intervalsWithin(scheme, bounds).some((one) => lies(key, one));
        if (bounds.every((one) => holds(scheme, version, one) !== false)) assert.ok(isFound);
        else if (bounds.every((one) => isExact(scheme, one)) && key.length > 0) assert.ok(!isFound);
      }),
      { numRuns: 3000 },
    );
  });
});

// A bound `>` takes its own version along, which is compared once more.
function isExact(scheme: string, { op, version }: VersionBound): boolean {
  return op !== '>' && placedBound(scheme, version, 'at') instanceof Uint8Array;
}

function holds(id: string, version: string, { op, version: bound }: VersionBound): boolean | null {
  const scheme = versionScheme(id);
  const [left, right] = op === '>' ? [bound, version] : [version, bound];
  const order = scheme?.compare(scheme.against?.(left, right) ?? left, right);
  if (typeof order !== 'number') return null;
  if (op === '>' || op === '<') return order < 0;
  if (op === '=') return order === 0;
  return op === '<=' ? order <= 0 : order >= 0;
}
