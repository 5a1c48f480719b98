import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Statement, StatementStatus } from '../model/advisory.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import {
  bareVulnerability,
  decodeStatements,
  decodeVulnerability,
  encodeGroups,
  encodeStatement,
  encodeVulnerability,
} from './codec.ts';

const statuses: readonly StatementStatus[] = [
  'fixed',
  'affected',
  'not-affected',
  'under-investigation',
  'will-not-fix',
  'deferred',
  'end-of-life',
  'unknown',
];

const word = fc.string({ minLength: 1, maxLength: 20 });
const maybe = fc.option(word, { nil: null });
const words = fc.array(word, { maxLength: 4 });

const statements: fc.Arbitrary<Statement> = fc.record({
  vulnerability: word,
  advisory: maybe,
  feed: fc.constantFrom('a', 'b'),
  record: word,
  status: fc.constantFrom(...statuses),
  scheme: fc.constantFrom('deb', 'rpm'),
  ranges: fc.array(fc.record({ introduced: maybe, fixed: maybe, lastAffected: maybe }), { maxLength: 4 }),
  versions: words,
  severity: maybe,
  only: fc.option(
    fc.record({
      arches: fc.option(words, { nil: null }),
      module: maybe,
      binaries: fc.option(words, { nil: null }),
    }),
    { nil: null },
  ),
  note: maybe,
});

const vulnerabilities: fc.Arbitrary<Vulnerability> = fc.record({
  id: word,
  aliases: words,
  title: maybe,
  description: maybe,
  cvss: fc.array(
    fc.record({
      source: word,
      version: fc.constantFrom('2.0', '3.0', '3.1', '4.0'),
      vector: word,
      score: fc.integer({ min: 0, max: 100 }).map((score) => score / 10),
    }),
    { maxLength: 3 },
  ),
  labels: fc.array(fc.record({ source: word, label: word }), { maxLength: 3 }),
  cwes: words,
  published: maybe,
  modified: maybe,
  references: words,
  kev: fc.option(fc.record({ dateAdded: word, dueDate: maybe, action: maybe, ransomware: fc.boolean() }), {
    nil: null,
  }),
  epss: fc.constant(null),
  exploits: fc.array(fc.record({ source: word, reference: word }), { maxLength: 3 }),
  ssvc: fc.option(fc.record({ exploitation: word, automatable: fc.boolean(), technicalImpact: word }), {
    nil: null,
  }),
  withdrawn: maybe,
});

describe('codec', () => {
  test('statements come back as they were written', () => {
    fc.assert(
      fc.property(fc.array(statements, { maxLength: 40 }), (written) => {
        const groups = written.map((statement) => ({
          feed: statement.feed,
          scheme: statement.scheme,
          statements: [encodeStatement(statement)],
        }));
        assert.deepEqual(plain(decodeStatements(encodeGroups(groups))), plain(written));
      }),
    );
  });

  test('a key may hold more statements than a short list header counts', () => {
    const statement = { ...firstOf(statements), feed: 'f', scheme: 's' };
    for (const count of [0, 15, 16, 65_535, 65_536]) {
      const bytes = encodeGroups([
        { feed: 'f', scheme: 's', statements: Array(count).fill(encodeStatement(statement)) },
      ]);
      assert.equal(decodeStatements(bytes).length, count);
    }
  });

  test('equal statements have equal bytes', () => {
    fc.assert(
      fc.property(statements, (statement) =>
        encodeStatement(statement).equals(encodeStatement(structuredClone(statement))),
      ),
    );
  });

  test('vulnerabilities come back as they were written, with the score that is handed in', () => {
    fc.assert(
      fc.property(vulnerabilities, (written) => {
        const epss = { score: 0.5, percentile: 0.9, date: '2026-01-01' };
        assert.deepEqual(
          plain(decodeVulnerability(encodeVulnerability(written), epss)),
          plain({ ...written, epss }),
        );
      }),
    );
  });

  test('a bare vulnerability says nothing but its id', () => {
    const bare = bareVulnerability('CVE-2024-1', null);
    assert.deepEqual(plain(decodeVulnerability(encodeVulnerability(bare), null)), plain(bare));
  });
});

function firstOf<T>(arbitrary: fc.Arbitrary<T>): T {
  return fc.sample(arbitrary, { numRuns: 1, seed: 1 })[0] as T;
}

// fast-check makes records without a prototype, which strict equality tells apart.
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
