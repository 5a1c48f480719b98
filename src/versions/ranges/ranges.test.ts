import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sharedPath, sharedReason } from '../../../testkit/shared.ts';
import type { Problem } from '../../model/problem.ts';
import { satisfiesComposer } from './composer.ts';
import { satisfiesGem } from './gem.ts';
import { satisfiesMaven, satisfiesMavenComparisons } from './maven.ts';
import { satisfiesNpm } from './npm.ts';
import { satisfiesPep440 } from './pep440.ts';
import knownDifferences from './testdata/known-differences.json' with { type: 'json' };

type Satisfies = (version: string, constraint: string) => boolean | Problem;

const syntaxes: Readonly<Record<string, Satisfies>> = {
  npm: (version, constraint) => satisfiesNpm(version, constraint),
  'npm-with-pre-releases': (version, constraint) =>
    satisfiesNpm(version, constraint, { includePreRelease: true }),
  pep440: satisfiesPep440,
  gem: satisfiesGem,
  composer: satisfiesComposer,
  maven: satisfiesMaven,
  'maven-comparisons': satisfiesMavenComparisons,
};

for (const [id, satisfies] of Object.entries(syntaxes)) {
  describe(`constraints of ${id}`, () => {
    const rows = readRows(id);
    test(`hold and fail as in ${rows.length} rows`, () => {
      for (const { version, constraint, expected } of rows) {
        const result = satisfies(version, constraint);
        assert.equal(
          typeof result === 'object' ? result.kind : String(result),
          expected,
          `${version} in ${constraint}`,
        );
      }
    });

    test('any text gives an answer or a problem', () => {
      const word = fc.constantFrom(
        '1',
        '.',
        '*',
        'x',
        '<',
        '>',
        '=',
        '~',
        '^',
        '-',
        ' ',
        ',',
        '|',
        '||',
        'a',
        '[',
        ')',
        '!',
        '0',
      );
      const text = fc.oneof(
        fc.string(),
        fc.array(word, { maxLength: 12 }).map((words) => words.join('')),
      );
      fc.assert(
        fc.property(text, text, (version, constraint) => {
          for (const tried of [version, '1.2.3']) {
            const result = satisfies(tried, constraint);
            assert.ok(typeof result === 'boolean' || result.why !== '');
          }
        }),
        { numRuns: 1000 },
      );
    });

    test('a constraint past the limit is a problem that names it', () => {
      const result = satisfies('1.0.0', `${id === 'maven' ? '[' : '>='}1.0.0${'0'.repeat(3000)}`);
      assert.ok(typeof result === 'object' && result.limit === 'constraintLengthMax', JSON.stringify(result));
    });
  });
}

type Vector = {
  readonly k: string;
  readonly version: string;
  readonly constraint: string;
  readonly ok: boolean;
  readonly note?: string;
  readonly options?: { readonly includePrerelease?: boolean };
};

describe('constraint vectors', () => {
  for (const [folder, syntax] of [
    ['npm', 'npm'],
    ['pypi', 'pep440'],
    ['gem', 'gem'],
    ['maven', 'maven'],
  ] as const) {
    const path = sharedPath('fixtures', 'versions', folder);
    test(`rows of ${folder}`, { skip: path === null ? sharedReason : false }, (t) => {
      if (path === null) return;
      const misses: string[] = [];
      let count = 0;
      for (const vector of readVectors(path)) {
        const verdict = judge(syntax, vector);
        if (verdict === null) continue;
        count++;
        const name = `${vector.version} ${vector.ok ? 'in' : 'not in'} ${vector.constraint}`;
        if (verdict !== vector.ok && !isKnown(folder, name)) misses.push(name);
      }
      t.diagnostic(`${folder}: ${count} rows, ${misses.length} unexplained`);
      assert.deepEqual(misses, []);
    });
  }
});

const differences = knownDifferences as Readonly<
  Record<string, { readonly reason: string; readonly rows: readonly string[] }[]>
>;

function judge(syntax: string, vector: Vector): boolean | null {
  if (vector.k === 'constraint-valid') return typeof satisfiesMaven('1.0', vector.constraint) !== 'object';
  if (vector.k !== 'match') return null;
  // Rows of Maven hold two syntaxes, and a bare version means something else in each.
  const isComparison = syntax === 'maven' && (vector.note !== undefined || /[<>=!]/.test(vector.constraint));
  const suffix = isComparison ? '-comparisons' : '';
  const variant = vector.options?.includePrerelease === true ? '-with-pre-releases' : suffix;
  return syntaxes[syntax + variant]?.(vector.version, vector.constraint) === true;
}

function isKnown(folder: string, name: string): boolean {
  return (differences[folder] ?? []).some(({ rows }) => rows.includes(name));
}

function readVectors(folder: string): readonly Vector[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Vector);
}

// `version | constraint | true, false or the kind of problem`
function readRows(id: string) {
  return readFileSync(join(import.meta.dirname, 'testdata', `${id}.txt`), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [version = '', constraint = '', expected = ''] = line.split(' : ').map((part) => part.trim());
      return { version, constraint, expected };
    });
}
