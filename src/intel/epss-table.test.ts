import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { entriesOf, epssTable, findEntry, idOfPlace, placeOf } from './epss-table.ts';

describe('epssTable', () => {
  test('every score is found again, and no other', () => {
    const id = fc
      .tuple(fc.integer({ min: 1999, max: 2030 }), fc.integer({ min: 1, max: 999_999 }))
      .map(([year, number]) => `CVE-${year}-${String(number).padStart(4, '0')}`);
    const fraction = fc.integer({ min: 0, max: 100_000 }).map((value) => value / 100_000);
    const scores = fc.uniqueArray(fc.record({ id, score: fraction, percentile: fraction }), {
      selector: (entry) => entry.id,
    });
    fc.assert(
      fc.property(scores, id, (entries, other) => {
        const table = epssTable();
        for (const { id: name, score, percentile } of entries)
          table.add(name, { score, percentile, date: '2026-01-01' });
        const blocks = new Map(table.blocks().map(({ key, bytes }) => [key, bytes]));
        const look = (name: string) => {
          const place = placeOf(name);
          const block = place === null ? undefined : blocks.get(place.block);
          return block === undefined || place === null ? null : findEntry(block, place.offset);
        };
        for (const { id: name, score, percentile } of entries)
          assert.deepEqual(look(name), { score, percentile });
        if (!entries.some((entry) => entry.id === other)) assert.equal(look(other), null);
        const listed = [...blocks].flatMap(([key, bytes]) =>
          [...entriesOf(bytes)].map(({ offset }) => idOfPlace(key, offset)),
        );
        assert.deepEqual(listed.sort(), entries.map((entry) => entry.id).sort());
      }),
    );
  });

  test('the newest score of a CVE stands, whatever came first', () => {
    for (const dates of [
      ['2026-01-01', '2026-01-02'],
      ['2026-01-02', '2026-01-01'],
    ]) {
      const table = epssTable();
      for (const date of dates)
        table.add('CVE-2024-0001', { score: date === '2026-01-02' ? 0.2 : 0.1, percentile: 0.5, date });
      const [block] = table.blocks();
      assert.equal(findEntry(block?.bytes ?? Buffer.alloc(0), 1)?.score, 0.2);
      assert.equal(table.date(), '2026-01-02');
    }
  });

  test('what is no CVE is not kept here', () => {
    assert.equal(epssTable().add('GHSA-a', { score: 0.1, percentile: 0.1, date: '2026-01-01' }), false);
    assert.equal(placeOf('CVE-2024-1234567890123'), null);
  });
});
