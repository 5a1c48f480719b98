import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Inventory } from '../../src/model/inventory.ts';
import { cycloneDx } from '../../src/pipeline/publish/cyclonedx.ts';
import { spdx } from '../../src/pipeline/publish/spdx.ts';
import { readSbom, sbomInventory } from '../../src/plugins/targets/sbom/index.ts';
import { anyInventory } from './random-inventory.ts';

const subject = { name: 'app', type: 'container', version: 'sha256:00' } as const;
const writers = {
  CycloneDX: (inventory: Inventory) => cycloneDx(subject, inventory, [], new Date(0), '1.0.0'),
  SPDX: (inventory: Inventory) => spdx(subject, inventory, new Date(0), '1.0.0'),
};

describe('an SBOM that we wrote reads back as the same inventory', () => {
  for (const [format, write] of Object.entries(writers)) {
    test(`${format}, whatever is in it`, () => {
      fc.assert(
        fc.property(anyInventory, (before) => {
          const after = sbomInventory(readSbom(JSON.stringify(write(before)), 'bom.json'));
          assert.deepEqual(plain(after), plain(before));
        }),
        { numRuns: 500 },
      );
    });

    test(`${format}, written again, is the same document`, () => {
      fc.assert(
        fc.property(anyInventory, (before) => {
          const document = JSON.stringify(write(before));
          assert.equal(JSON.stringify(write(sbomInventory(readSbom(document, 'bom.json')))), document);
        }),
        { numRuns: 100 },
      );
    });
  }
});

// Generators make objects without a prototype, which is no difference here.
function plain(inventory: Inventory): unknown {
  return JSON.parse(JSON.stringify(inventory));
}
