import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Target } from '../src/plugins/targets/contract.ts';

/** What every target promises, whatever lies at a location. */
export function targetSuite(entry: Target, folders: readonly string[]): void {
  const isPlaced = entry.id !== 'host';
  // A place in the network has no files to watch.
  const isFile = !['registry', 'docker'].includes(entry.id);

  test(`${entry.id}: its folder has its name, and it names its sources`, () => {
    assert.ok(folders.includes(entry.id));
    assert.ok(entry.title.length > 0);
    assert.ok(entry.sources.length > 0);
    for (const source of entry.sources) assert.ok(URL.canParse(source), source);
  });

  if (!isPlaced) return;

  test(`${entry.id}: a place that is not there is not recognised and has nothing in it`, async () => {
    const nowhere = join(tmpdir(), 'openinspector-there-is-no-such-place');
    assert.equal(await entry.recognises(nowhere), false);
    const { resources } = await entry.discover(nowhere);
    assert.deepEqual(resources, []);
    assert.equal(entry.watchPaths(nowhere).length > 0, isFile);
  });

  test(`${entry.id}: garbage is a problem that names the place, never an exception`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'target-suite-'));
    try {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), async (bytes, asFolder) => {
          const place = join(folder, `place-${Math.random().toString(36).slice(2)}.tar`);
          if (asFolder) {
            mkdirSync(join(place, 'blobs/sha256'), { recursive: true });
            for (const name of ['index.json', 'oci-layout', 'a.zip']) writeFileSync(join(place, name), bytes);
          } else writeFileSync(place, bytes);
          await entry.recognises(place);
          const { resources, problems } = await entry.discover(place);
          for (const { where, why } of problems) assert.ok(where.length > 0 && why.length > 0);
          for (const resource of resources) {
            assert.equal(resource.target, entry.id);
            assert.ok(resource.id && resource.name && resource.fingerprint);
          }
        }),
        { numRuns: 40 },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
