import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ecosystemContract } from '../../../testkit/ecosystems.ts';
import { ecosystem, ecosystems, extractors } from './registry.ts';

ecosystemContract(ecosystems, import.meta.dirname);

describe('registry of ecosystems', () => {
  test('finds each ecosystem by its id', () => {
    for (const entry of ecosystems) assert.equal(ecosystem(entry.id), entry);
    assert.equal(ecosystem('nothing'), null);
  });
  test('no extractor has the id of another', () => {
    assert.equal(new Set(extractors.map((extractor) => extractor.id)).size, extractors.length);
  });
  test('every extractor is named after its ecosystem', () => {
    for (const entry of ecosystems) {
      for (const extractor of entry.extractors) assert.ok(extractor.id.startsWith(`${entry.id}/`));
    }
  });
});
