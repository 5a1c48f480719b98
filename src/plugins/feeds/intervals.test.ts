import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { AffectedRange } from '../../model/advisory.ts';
import { versionScheme } from '../../versions/registry.ts';
import { allOf, anyOf, composerDialect, type Dialect, gemDialect, npmDialect } from './constraints.ts';
import { everything, type Interval, intervalAlgebra, rangesOf } from './intervals.ts';

const versions = ['0.9.0', '1.0.0', '1.0.1', '1.1.0', '1.2.0', '1.2.3', '2.0.0', '2.1.0', '3.0.0', '10.0.0'];

function compare(left: string, right: string, scheme = 'semver'): number {
  const order = versionScheme(scheme)?.compare(left, right);
  assert.equal(typeof order, 'number', `${left} and ${right}`);
  return order as number;
}

function holds({ low, lowOpen, high, highOpen }: Interval, version: string): boolean {
  if (low !== null && (lowOpen ? compare(version, low) <= 0 : compare(version, low) < 0)) return false;
  return high === null || (highOpen ? compare(version, high) < 0 : compare(version, high) <= 0);
}

function isAffected(ranges: readonly AffectedRange[], version: string, scheme: string): boolean {
  return ranges.some(
    ({ introduced, fixed, lastAffected }) =>
      (introduced === null || compare(version, introduced, scheme) >= 0) &&
      (fixed === null || compare(version, fixed, scheme) < 0) &&
      (lastAffected === null || compare(version, lastAffected, scheme) <= 0),
  );
}

const bound = fc.option(fc.constantFrom(...versions), { nil: null });
const interval: fc.Arbitrary<Interval> = fc.record({
  low: bound,
  lowOpen: fc.boolean(),
  high: bound,
  highOpen: fc.boolean(),
});
const intervals = fc.array(interval, { maxLength: 4 });
const scheme = versionScheme('semver');
assert.ok(scheme !== null);
const algebra = intervalAlgebra(scheme, 'test');

describe('intervals', () => {
  test('intersection, complement and ranges agree with looking at every version', () => {
    fc.assert(
      fc.property(intervals, intervals, (left, right) => {
        const both = algebra.intersect(left, right);
        const outside = algebra.complement(left);
        assert.ok(!('why' in both) && !('why' in outside));
        for (const version of versions) {
          const inLeft = left.some((one) => holds(one, version));
          assert.equal(
            both.some((one) => holds(one, version)),
            inLeft && right.some((one) => holds(one, version)),
          );
          assert.equal(
            outside.some((one) => holds(one, version)),
            !inLeft,
          );
          assert.equal(isAffected(rangesOf(outside, 'semver'), version, 'semver'), !inLeft);
        }
      }),
    );
  });

  test('the complement of nothing is everything', () => {
    assert.deepEqual(algebra.complement([]), [everything]);
  });

  test('bounds that cannot be compared are a problem', () => {
    const bad = algebra.complement([
      { ...everything, low: 'not a version' },
      { ...everything, high: '1.0.0' },
    ]);
    assert.ok('why' in bad);
  });
});

/** Constraint, versions that satisfy it, versions that do not. */
type Row = readonly [text: string, yes: readonly string[], no: readonly string[]];

const gem: readonly Row[] = [
  ['>= 1.2.3', ['1.2.3', '2.0'], ['1.2.2', '1.2.3.rc1']],
  ['~> 1.2.3', ['1.2.3', '1.2.10'], ['1.3.0', '1.3.0.rc1', '1.2.2']],
  ['~> 1.2', ['1.2', '1.9.9'], ['2.0', '2.0.0.beta', '1.1']],
  ['~> 2', ['2.0', '2.9'], ['3.0', '1.9']],
  ['~> 2.0.1, >= 2.0.1.1', ['2.0.1.1', '2.0.9'], ['2.0.1', '2.1']],
  ['= 1.0', ['1.0', '1.0.0'], ['1.0.1']],
  ['!= 1.0', ['0.9', '1.0.1'], ['1.0']],
];

const npm: readonly Row[] = [
  ['<=1.0.0', ['1.0.0', '0.1.0'], ['1.0.1']],
  ['< 1.2', ['1.1.9'], ['1.2.0']],
  ['<=1.2', ['1.2.9'], ['1.3.0']],
  ['>1', ['2.0.0'], ['1.9.9']],
  ['>= 1.0.0 <2.0.0 || 3.x', ['1.0.0', '1.9.9', '3.5.0'], ['2.0.0', '4.0.0', '0.9.0']],
  ['*', ['0.0.1', '9.9.9'], []],
  ['^0.2.3', ['0.2.3', '0.2.9'], ['0.3.0', '0.2.2']],
  ['^1.2.3', ['1.2.3', '1.9.0'], ['2.0.0']],
  ['~1.2.3', ['1.2.9'], ['1.3.0']],
  ['1.2.3', ['1.2.3'], ['1.2.4']],
  ['=1.2.3', ['1.2.3'], ['1.2.2']],
  ['v2.x', ['2.0.0', '2.9.9'], ['3.0.0']],
];

const composer: readonly Row[] = [
  ['>=2.0.0, <2.0.99', ['2.0.0', '2.0.98'], ['2.0.99', '1.9.9']],
  ['>1.0.0, <=1.2', ['1.0.1', '1.2'], ['1.0.0', '1.2.1']],
];

describe('constraints', () => {
  const tables: readonly (readonly [string, Dialect, readonly Row[]])[] = [
    ['gem', gemDialect, gem],
    ['npm', npmDialect, npm],
    ['composer', composerDialect, composer],
  ];
  for (const [name, dialect, rows] of tables) {
    for (const [text, yes, no] of rows) {
      test(`${name} ${text}`, () => {
        const parsed = name === 'npm' ? anyOf(text, dialect) : allOf(text, dialect);
        assert.ok(!('why' in parsed));
        const ranges = rangesOf(parsed, dialect.scheme);
        for (const version of yes) assert.equal(isAffected(ranges, version, dialect.scheme), true, version);
        for (const version of no) assert.equal(isAffected(ranges, version, dialect.scheme), false, version);
      });
    }
  }

  test('the end of a release line does not look like a fix', () => {
    const line = anyOf('10.x', npmDialect);
    assert.ok(!('why' in line));
    assert.deepEqual(rangesOf(line, 'semver'), [
      { introduced: '10.0.0', fixed: null, lastAffected: '10.999999999.999999999' },
    ]);
  });

  test('what is no constraint is a problem, quickly', () => {
    for (const text of ['', ' , ', 'about 2', '~~> 1', '>= ', 'x'.repeat(5000), '<'.repeat(1900)]) {
      assert.ok('why' in allOf(text, gemDialect), text.slice(0, 20));
    }
  });

  test('arbitrary text never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(gemDialect, npmDialect, composerDialect), (text, dialect) => {
        anyOf(text, dialect);
      }),
    );
  });
});
