import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sharedPath, sharedReason } from '../../testkit/shared.ts';
import { readFacts } from '../../testkit/versions.ts';
import type { Problem } from '../model/problem.ts';
import type { VersionScheme } from './contract.ts';
import { compareBytes, versionKeyBytesMax } from './key-bytes.ts';
import { versionScheme, versionSchemes } from './registry.ts';
import { isProblem } from './scheme.ts';

const listLength = 30;
const lists = 240;
const realPairs = 100_000;
const folders: Readonly<Record<string, readonly string[]>> = { pep440: ['pypi'], semver: ['semver', 'npm'] };

for (const scheme of versionSchemes) {
  describe(`keys of ${scheme.id} versions`, () => {
    const known = readFacts(join(import.meta.dirname, 'testdata', `${scheme.id}.txt`)).flatMap((fact) => [
      fact.left,
      fact.right,
    ]);
    const versions = texts(known).filter((text) => !isProblem(scheme.key(text)));

    test(`order ${(lists * listLength * (listLength - 1)) / 2} random pairs as versions are ordered`, () => {
      let compared = 0;
      fc.assert(
        fc.property(
          fc.array(versions, { minLength: listLength, maxLength: listLength, size: 'max' }),
          (list) => {
            for (const [i, a] of list.entries())
              for (const b of list.slice(i + 1)) compared += checkPair(scheme, a, b);
          },
        ),
        { numRuns: lists },
      );
      assert.ok(compared >= 100_000, `only ${compared} pairs`);
    });

    const places = (folders[scheme.id] ?? [scheme.id]).flatMap(
      (name) => sharedPath('fixtures', 'versions', name) ?? [],
    );
    const noVectors = sharedPath('fixtures', 'versions') === null ? sharedReason : 'no vectors of it exist';
    test('order real versions as versions are ordered', { skip: places.length === 0 && noVectors }, (t) => {
      const real = [...new Set([...known, ...places.flatMap(readVersions)])];
      const keyed = real.filter((version) => !isProblem(scheme.key(version)));
      checkNeighbours(scheme, keyed);
      let compared = 0;
      const dice = pairs(keyed.length);
      while (compared < realPairs) {
        const [i, j] = dice();
        compared += checkPair(scheme, keyed[i] ?? '', keyed[j] ?? '');
      }
      t.diagnostic(`${scheme.id}: ${keyed.length} of ${real.length} real versions have keys`);
    });

    test('stand to the ends of a bound as versions stand to the bound', () => {
      fc.assert(
        fc.property(versions, versions, (version, bound) => checkBound(scheme, version, bound)),
        {
          numRuns: 5000,
        },
      );
    });

    test('any text gives bytes or a problem, never too many', () => {
      const wild = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string(),
        texts(known),
        texts(known).map((text) => text.repeat(40)),
      );
      fc.assert(
        fc.property(wild, (text) => {
          const key = scheme.key(text);
          if (isProblem(key)) checkReason(scheme, text, key);
          else assert.ok(key.length > 0 && key.length <= versionKeyBytesMax);
          assert.equal(isProblem(scheme.keyAbove(text)), isProblem(key));
        }),
        { numRuns: 1000 },
      );
    });
  });
}

describe('keys of versions', () => {
  test('a key that would be too long is a problem that names the limit', () => {
    const key = versionScheme('semver')?.key(`1.0.0-${'1.'.repeat(200)}1`);
    assert.ok(isProblem(key) && key.kind === 'limit' && key.limit === 'versionKeyBytesMax');
  });

  test('an Arch Linux version without a release, or with separators at an end, has no place', () => {
    for (const text of ['1.0', '1.0.-1', '1.0-1.', '...-1']) {
      const reason = versionScheme('alpm')?.key(text);
      assert.ok(isProblem(reason) && reason.kind === 'not-assessed', text);
    }
    assert.ok(versionScheme('alpm')?.key('1.0-1') instanceof Uint8Array);
  });

  test('a version that does not parse has the problem that comparing it has', () => {
    for (const scheme of versionSchemes) assert.deepEqual(scheme.key(''), scheme.compare('', '1'));
  });

  test('a Python bound without a local label covers all labels of its version', () => {
    const pep440 = versionScheme('pep440');
    const above = pep440?.keyAbove('1.2') as Uint8Array;
    const side = (text: string) => compareBytes(pep440?.key(text) as Uint8Array, above);
    assert.deepEqual(['1.2', '1.2+cu118', '1.2+zz.9', '1.2.post0', '1.2.1'].map(side), [-1, -1, -1, 1, 1]);
  });
});

// Only Arch Linux has versions that can be compared and have no place; else what can be compared has a key that fits.
function checkReason(scheme: VersionScheme, text: string, reason: Problem): void {
  // The costliest sign is a hyphen in an old Python version, at nine bytes.
  if (reason.limit === 'versionKeyBytesMax') assert.ok(text.length > versionKeyBytesMax / 10);
  else if (reason.kind === 'not-assessed') assert.equal(scheme.id, 'alpm');
  else assert.deepEqual(scheme.compare(text, text), reason);
}

// Answers how many pairs could be compared: one or none.
function checkPair(scheme: VersionScheme, a: string, b: string): number {
  const [left, right] = [scheme.key(a), scheme.key(b)];
  if (isProblem(left) || isProblem(right)) return 0;
  const order = scheme.compare(a, b);
  if (compareBytes(left, right) !== order) {
    const bytes = [left, right].map((key) => Buffer.from(key).toString('hex')).join(' and ');
    assert.fail(`${scheme.id}: ${a} against ${b} is ${JSON.stringify(order)}, but the keys are ${bytes}`);
  }
  return 1;
}

// Sorted by their keys, real versions must be sorted at all.
function checkNeighbours(scheme: VersionScheme, versions: readonly string[]): void {
  const sorted = versions
    .map((version) => ({ version, key: scheme.key(version) as Uint8Array }))
    .sort((a, b) => compareBytes(a.key, b.key));
  for (const [i, { version }] of sorted.entries()) {
    const next = sorted[i + 1];
    if (next) assert.equal(checkPair(scheme, version, next.version), 1);
  }
}

// Versions that a specification does not allow are compared one by one, so only the valid ones need to hold.
function checkBound(scheme: VersionScheme, version: string, bound: string): void {
  const [key, low, high] = [scheme.key(version), scheme.key(bound), scheme.keyAbove(bound)];
  if (isProblem(key) || isProblem(low) || isProblem(high) || !scheme.isValid(version)) return;
  const order = scheme.compare(scheme.against?.(version, bound) ?? version, bound) as number;
  const text = `${scheme.id}: ${version} against the bound ${bound}`;
  assert.equal(compareBytes(key, low) >= 0, order >= 0, text);
  assert.equal(compareBytes(key, high) < 0, order <= 0, text);
}

// A small generator with a fixed seed: the same pairs every time.
function pairs(count: number): () => [number, number] {
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % count;
  };
  return () => [next(), next()];
}

function texts(known: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    ...'0 1 2 9 10 00 01 09 . .. - _ ~ + ^ : ! * .0 -0 .1 -1 -r1 1: 2! v'.split(' '),
  );
  const word = fc.constantFrom(
    ...'a b c m z A Z alpha beta pre rc cr snapshot SP sp ga final release x dev post p pl cvs git'.split(
      ' ',
    ),
    ...'stable patch el9 foo _alpha _rc _p ~1f .ga .final .RC -alpha.1 -rc.2 +cu1 +2'.split(' '),
  );
  const assembled = fc
    .array(fc.oneof({ weight: 3, arbitrary: piece }, word), { maxLength: 7 })
    .map((parts) => `1${parts.join('')}`);
  const mutated = fc
    .tuple(fc.constantFrom(...known), fc.nat(600), fc.nat(2), fc.oneof(piece, word))
    .map(([version, at, cut, put]) => {
      const from = at % (version.length + 1);
      return version.slice(0, from) + put + version.slice(from + cut);
    });
  const numbers = fc.array(fc.constantFrom('0', '1', '2', '10', '010'), { minLength: 1, maxLength: 4 });
  return fc.oneof(
    fc.constantFrom(...known),
    { weight: 3, arbitrary: assembled },
    { weight: 3, arbitrary: mutated },
    numbers.map((list) => list.join('.')),
    fc.tuple(numbers, fc.nat(3)).map(([list, release]) => `${list.join('.')}-${release}`),
  );
}

function readVersions(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .flatMap((line) => {
      const row = JSON.parse(line) as Readonly<Record<string, unknown>>;
      return [row.a, row.b, row.version, ...(Array.isArray(row.versions) ? row.versions : [])];
    })
    .filter((version) => typeof version === 'string');
}
