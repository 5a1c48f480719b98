import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { exploitsPerSourceMax, type FactsFrom, mergeFacts, referencesMax } from './merge.ts';

const names = { id: 'CVE-2024-0001', aliases: ['GHSA-a'] };

function from(preference: number, facts: Partial<FactsFrom['facts']>): FactsFrom {
  return { preference, facts: { id: 'CVE-2024-0001', source: 's', ...facts } };
}

describe('mergeFacts', () => {
  test('texts come from the preferred feed, dates are the outermost, ratings stay apart', () => {
    const nvd = { source: 'nvd', version: '3.1', vector: 'V1', score: 9.8 } as const;
    const ghsa = { source: 'ghsa', version: '3.1', vector: 'V2', score: 7.5 } as const;
    const merged = mergeFacts(names, [
      from(2, {
        description: 'third',
        published: '2024-01-01',
        labels: [{ source: 'ubuntu', label: 'low' }],
        cwes: ['CWE-79'],
      }),
      from(1, {
        description: 'second',
        cvss: [nvd],
        modified: '2024-06-01',
        published: '2024-01-03',
        cwes: ['CWE-20'],
      }),
      from(0, { title: 'first', cvss: [ghsa], modified: '2024-05-01' }),
    ]);
    assert.equal(merged.title, 'first');
    assert.equal(merged.description, 'second');
    assert.deepEqual(merged.cvss, [ghsa, nvd]);
    assert.deepEqual([merged.published, merged.modified], ['2024-01-01', '2024-06-01']);
    assert.deepEqual(merged.cwes, ['CWE-20', 'CWE-79']);
  });

  test('of one source and CVSS version, the most direct feed and then the newest record stands', () => {
    const rating = (vector: string) => [{ source: 'nvd', version: '3.1' as const, vector, score: 5 }];
    const merged = mergeFacts(names, [
      from(5, { cvss: rating('quoted by a distribution'), modified: '2026-01-01' }),
      from(1, { cvss: rating('old'), modified: '2021-01-01' }),
      from(1, { cvss: rating('new'), modified: '2023-01-01' }),
    ]);
    assert.deepEqual(
      merged.cvss.map(({ vector }) => vector),
      ['new'],
    );
  });

  const withdrawals: readonly (readonly [
    name: string,
    told: readonly FactsFrom[],
    expected: string | null,
  ])[] = [
    ['nothing withdrawn', [from(0, { title: 't' })], null],
    ['the only record withdrawn', [from(0, { title: 't', withdrawn: '2024-01-01' })], '2024-01-01'],
    [
      'a rejected CVE that an older feed still describes',
      [from(0, { description: 'rejected', withdrawn: '2025-01-01' }), from(3, { description: 'old text' })],
      '2025-01-01',
    ],
    [
      'a withdrawn duplicate of a live CVE',
      [from(0, { id: 'GHSA-a', title: 't', withdrawn: '2025-01-01' }), from(1, { description: 'live' })],
      null,
    ],
    [
      'a withdrawn advisory whose CVE has only a score',
      [
        from(0, { id: 'GHSA-a', title: 't', withdrawn: '2025-01-01' }),
        from(1, { references: ['https://x'] }),
      ],
      '2025-01-01',
    ],
    [
      'a rejected CVE whose advisory lives',
      [from(0, { withdrawn: '2025-01-01' }), from(1, { id: 'GHSA-a', title: 'live' })],
      null,
    ],
  ];
  for (const [name, told, expected] of withdrawals) {
    test(`withdrawn: ${name}`, () => assert.equal(mergeFacts(names, told).withdrawn, expected));
  }

  test('lists are bounded', () => {
    const many = Array.from({ length: 500 }, (_unused, index) => String(index));
    const merged = mergeFacts(names, [
      from(0, { references: many, exploits: many.map((reference) => ({ source: 'a', reference })) }),
    ]);
    assert.equal(merged.references.length, referencesMax);
    assert.equal(merged.exploits.length, exploitsPerSourceMax);
  });

  test('the order of what was told does not matter', () => {
    const facts = fc.record(
      {
        id: fc.constantFrom('CVE-2024-0001', 'GHSA-a'),
        source: fc.constant('s'),
        title: fc.constantFrom('a', 'b'),
        modified: fc.constantFrom('2024-01-01', '2024-02-02'),
        withdrawn: fc.constantFrom('2024-03-03'),
        references: fc.array(fc.constantFrom('https://a', 'https://b')),
      },
      { requiredKeys: ['id', 'source'] },
    );
    const told = fc.array(fc.record({ preference: fc.nat(2), facts }), { maxLength: 6 });
    fc.assert(
      fc.property(told, fc.integer(), (list, seed) => {
        const mixed =
          fc.sample(fc.shuffledSubarray(list, { minLength: list.length }), { numRuns: 1, seed })[0] ?? [];
        assert.deepEqual(mergeFacts(names, mixed), mergeFacts(names, list));
      }),
    );
  });
});
