import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { changelogEntriesMax, parseChangelog } from './changelog.ts';

const entry = (version: string, line: string) =>
  `demo (${version}) stable; urgency=low\n\n  * ${line}\n\n -- A B <a@example.org>  Mon, 01 Jan 2024 00:00:00 +0000\n\n`;

describe('Debian changelogs', () => {
  test('entries keep their order, dates, and each flaw once', () => {
    const text = entry('2-1', 'Fix CVE-2024-0001 (CVE-2024-0001, cve-2024-00022)') + entry('1-1', 'First.');
    assert.deepEqual(parseChangelog(text).entries, [
      {
        source: 'demo',
        version: '2-1',
        cves: ['CVE-2024-0001', 'CVE-2024-00022'],
        date: 'Mon, 01 Jan 2024 00:00:00 +0000',
      },
      { source: 'demo', version: '1-1', cves: [], date: 'Mon, 01 Jan 2024 00:00:00 +0000' },
    ]);
  });

  test('a flaw that stands in front of every entry belongs to none', () => {
    assert.deepEqual(parseChangelog('CVE-2024-0001\nnonsense (\n').entries, []);
  });

  test('more entries than are looked at are told', () => {
    const text = entry('1-1', 'CVE-2024-0001').repeat(changelogEntriesMax + 1);
    const { entries, isWhole } = parseChangelog(text);
    assert.equal(entries.length, changelogEntriesMax);
    assert.equal(isWhole, false);
  });

  test('long lines of spaces and brackets take no long time', () => {
    const started = performance.now();
    parseChangelog(`demo (1) x; \n -- a${' '.repeat(2_000_000)}\n${'('.repeat(2_000_000)}\n`);
    assert.ok(performance.now() - started < 2000);
  });
});
