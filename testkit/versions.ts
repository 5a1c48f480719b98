import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { VersionScheme } from '../src/versions/contract.ts';

/** A line of a facts file: `a < b` or `a = b`, comments after `#`. */
export type VersionFact = { readonly left: string; readonly op: '<' | '='; readonly right: string };

export type VersionSuite = {
  readonly schemes: readonly VersionScheme[];
  /** Folder with one `<scheme>.txt` of facts for each scheme. */
  readonly testdata: string;
  /** Generators for schemes whose order is only total among versions of one shape. */
  readonly arbitraries?: Readonly<Record<string, fc.Arbitrary<string>>>;
};

/** What every version scheme has to keep: its facts, a total order among valid versions, problems for the rest. */
export function versionContract(suite: VersionSuite): void {
  for (const scheme of suite.schemes) {
    describe(`version scheme ${scheme.id}`, () => {
      const facts = readFacts(join(suite.testdata, `${scheme.id}.txt`));
      const known = facts.flatMap((fact) => [fact.left, fact.right]);
      const versions =
        suite.arbitraries?.[scheme.id] ?? fc.oneof(fc.constantFrom(...known), assembled, mutated(known));
      testDeclaration(scheme, facts);
      testFacts(scheme, facts);
      testOrder(scheme, versions);
      testGarbage(scheme);
    });
  }
}

/** The facts of a file; it is an error when a line is none. */
export function readFacts(path: string): readonly VersionFact[] {
  if (!existsSync(path)) return [];
  const facts: VersionFact[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [left, op, right, ...rest] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!left) continue;
    assert.ok((op === '<' || op === '=') && right !== undefined && rest.length === 0, `${path}: ${line}`);
    facts.push({ left, op, right });
  }
  return facts;
}

function testDeclaration(scheme: VersionScheme, facts: readonly VersionFact[]): void {
  test('names its sources, its limit and facts', () => {
    assert.match(scheme.id, /^[a-z][a-z0-9]*$/);
    assert.ok(scheme.sources.length > 0 && scheme.sources.every((source) => source.startsWith('https://')));
    assert.ok(scheme.lengthMax > 0 && scheme.lengthMax <= 1024);
    assert.ok(facts.length > 0, 'no facts');
  });
}

function testFacts(scheme: VersionScheme, facts: readonly VersionFact[]): void {
  test(`holds its ${facts.length} facts in both directions`, () => {
    for (const { left, op, right } of facts) {
      const expected = op === '=' ? 0 : 1;
      assert.equal(scheme.compare(right, left), expected, `${left} ${op} ${right}`);
      assert.equal(scheme.compare(left, right), expected === 0 ? 0 : -1, `${left} ${op} ${right}, turned`);
    }
  });
}

function testOrder(scheme: VersionScheme, versions: fc.Arbitrary<string>): void {
  const valid = versions.filter((version) => scheme.isValid(version));
  test('a valid version equals itself', () => {
    fc.assert(fc.property(valid, (version) => scheme.compare(version, version) === 0));
  });
  test('turning a comparison turns its result', () => {
    fc.assert(
      fc.property(valid, valid, (a, b) => numberOf(scheme, a, b) + numberOf(scheme, b, a) === 0),
      { numRuns: 500 },
    );
  });
  test('the order is transitive', () => {
    fc.assert(
      fc.property(valid, valid, valid, (a, b, c) => {
        const [low, middle, high] = [a, b, c].sort((x, y) => numberOf(scheme, x, y)) as [
          string,
          string,
          string,
        ];
        assert.ok(numberOf(scheme, low, middle) <= 0 && numberOf(scheme, middle, high) <= 0);
        const ends = numberOf(scheme, low, high);
        assert.ok(ends <= 0);
        const isEqual = numberOf(scheme, low, middle) === 0 && numberOf(scheme, middle, high) === 0;
        assert.equal(ends === 0, isEqual);
      }),
      { numRuns: 1000 },
    );
  });
}

function testGarbage(scheme: VersionScheme): void {
  test('any text gives an order or a problem', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (a, b) => {
        const result = scheme.compare(a, b);
        if (scheme.isValid(a) && scheme.isValid(b)) assert.equal(typeof result, 'number');
        if (typeof result === 'object') assert.ok(result.kind === 'malformed' || result.kind === 'limit');
      }),
    );
  });
  test('a version past the limit is a problem that names it', () => {
    const long = '1.'.repeat(scheme.lengthMax) + 1;
    const result = scheme.compare('1', long);
    assert.equal(scheme.isValid(long), false);
    assert.ok(typeof result === 'object' && result.kind === 'limit' && result.limit === 'versionLengthMax');
  });
  test('no text is no version', () => {
    assert.equal(scheme.isValid(''), false);
    assert.equal(typeof scheme.compare('', '1'), 'object');
  });
}

function numberOf(scheme: VersionScheme, a: string, b: string): number {
  const result = scheme.compare(a, b);
  assert.ok(typeof result === 'number', `${a} against ${b}: ${JSON.stringify(result)}`);
  return result;
}

// Texts in the vocabulary of versions, whatever the scheme.
const pieces = [
  '0',
  '1',
  '2',
  '9',
  '10',
  '00',
  '01',
  '.',
  '-',
  '_',
  '~',
  '+',
  '^',
  ':',
  '.0',
  '-0',
  '-r1',
  '!',
  '*',
];
const words = [
  'a',
  'b',
  'z',
  'alpha',
  'beta',
  'rc',
  'p',
  'dev',
  'post',
  'final',
  'sp',
  'SNAPSHOT',
  'git',
  'el9',
  'x',
];
const assembled = fc
  .array(fc.constantFrom(...pieces, ...words), { minLength: 0, maxLength: 6 })
  .map((parts) => `1${parts.join('')}`);

function mutated(known: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...known), fc.nat(), fc.constantFrom(...pieces, ...words))
    .map(([version, at, piece]) => {
      const cut = at % (version.length + 1);
      return version.slice(0, cut) + piece + version.slice(cut);
    });
}
