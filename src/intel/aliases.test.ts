import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { idTable, joinAliases } from './aliases.ts';

/** Display id of each id, after joining. */
function displays(edges: readonly (readonly [string, string])[], more: readonly string[] = []) {
  const table = idTable();
  const numbered = edges.map(([left, right]) => [table.index(left), table.index(right)] as const);
  for (const id of more) table.index(id);
  const { classes, conflicts, problems } = joinAliases(table, numbered);
  const shown = Object.fromEntries(
    table.ids.map((id, index) => [id, table.ids[classes.display(index)] ?? '']),
  );
  const aliases = Object.fromEntries(
    table.ids.map((id, index) => [id, classes.aliases(index).map((alias) => table.ids[alias] ?? '')]),
  );
  return { shown, aliases, conflicts, problems };
}

describe('joinAliases', () => {
  test('the CVE is shown, else the GHSA, else the first by name', () => {
    const { shown, aliases } = displays(
      [
        ['PYSEC-2024-1', 'GHSA-aaaa-bbbb-cccc'],
        ['GHSA-aaaa-bbbb-cccc', 'CVE-2024-0001'],
        ['MAL-2024-1', 'GHSA-dddd-eeee-ffff'],
        ['B-1', 'A-1'],
      ],
      ['GO-2024-9'],
    );
    assert.deepEqual(shown, {
      'PYSEC-2024-1': 'CVE-2024-0001',
      'GHSA-aaaa-bbbb-cccc': 'CVE-2024-0001',
      'CVE-2024-0001': 'CVE-2024-0001',
      'MAL-2024-1': 'GHSA-dddd-eeee-ffff',
      'GHSA-dddd-eeee-ffff': 'GHSA-dddd-eeee-ffff',
      'B-1': 'A-1',
      'A-1': 'A-1',
      'GO-2024-9': 'GO-2024-9',
    });
    assert.deepEqual(aliases['CVE-2024-0001'], ['GHSA-aaaa-bbbb-cccc', 'PYSEC-2024-1']);
    assert.deepEqual(aliases['GO-2024-9'], []);
  });

  test('two CVEs are never one flaw, and a direct tie to a CVE wins over a chain of names', () => {
    const { shown, conflicts, problems } = displays([
      ['GO-2024-1', 'GHSA-aaaa-bbbb-cccc'],
      ['GO-2024-1', 'CVE-2024-0002'],
      ['GHSA-aaaa-bbbb-cccc', 'CVE-2024-0001'],
    ]);
    assert.equal(shown['GO-2024-1'], 'CVE-2024-0002');
    assert.equal(shown['GHSA-aaaa-bbbb-cccc'], 'CVE-2024-0001');
    assert.equal(conflicts, 1);
    assert.match(problems[0]?.why ?? '', /CVE-2024-0001 and CVE-2024-0002|CVE-2024-0002 and CVE-2024-0001/);
  });

  test('the outcome does not depend on the order of the edges or of the ids', () => {
    const id = fc.constantFrom(
      'CVE-2024-0001',
      'CVE-2024-0002',
      'CVE-2024-0003',
      'GHSA-a',
      'GHSA-b',
      'X-1',
      'X-2',
      'X-3',
    );
    const edges = fc.array(fc.tuple(id, id), { maxLength: 12 });
    fc.assert(
      fc.property(edges, fc.integer(), (list, seed) => {
        const mixed =
          fc.sample(fc.shuffledSubarray(list, { minLength: list.length }), { numRuns: 1, seed })[0] ?? [];
        const turned = mixed.map(([left, right]) => [right, left] as const);
        assert.deepEqual(sorted(displays(turned).shown), sorted(displays(list).shown));
      }),
    );
  });
});

function sorted(shown: Readonly<Record<string, string>>) {
  return Object.entries(shown).sort();
}
