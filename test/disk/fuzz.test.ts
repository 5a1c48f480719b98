import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskCorpora, fuzzDisks } from './fuzz.ts';

// A few hundred of each on every run; `fuzzDisks` takes as many as there is time for.
for (const format of Object.keys(diskCorpora)) {
  test(`damaged images of ${format} are problems, never exceptions`, async () => {
    const lines: string[] = [];
    const { failures, noticed } = await fuzzDisks(format, {
      runs: 150,
      seed: 20,
      say: (line) => lines.push(line),
    });
    assert.deepEqual(lines, []);
    assert.equal(failures, 0);
    assert.ok(noticed > 40, `the damage was noticed in ${noticed} of 150 images`);
  });
}
