import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Integration } from '../src/plugins/integrations/contract.ts';

/** What every integration promises. */
export function integrationSuite(entry: Integration, folders: readonly string[]): void {
  test(`${entry.id}: its folder has its name, and it names its sources`, () => {
    assert.ok(folders.includes(entry.id));
    assert.ok(entry.title.length > 0);
    assert.ok(entry.sources.length > 0);
    for (const source of entry.sources) assert.ok(URL.canParse(source), source);
  });

  test(`${entry.id}: refuses to run without settings, and says what is missing`, () => {
    const wrong = entry.checkSettings({});
    assert.ok(wrong && wrong.length > 10);
  });

  test(`${entry.id}: judges any settings without throwing`, () => {
    const text = fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom('url', 'secret', 'token'));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('url', 'secret', 'token', 'bucket', 'x'), text),
        (settings) => {
          const answer = entry.checkSettings(settings);
          assert.ok(answer === null || typeof answer === 'string');
        },
      ),
    );
  });
}
