import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Exposure } from '../../src/model/exposure.ts';
import { applyChange } from '../../src/pipeline/reach/estate/change.ts';
import { buildEstate, type Estate } from '../../src/pipeline/reach/estate/estate.ts';
import { listExposures } from '../../src/pipeline/reach/exposures.ts';
import { networkOf } from '../../src/pipeline/reach/network-index.ts';
import { dice } from './dice.ts';
import { randomChange } from './random-change.ts';
import { randomNetwork } from './random-network.ts';
import { scale } from './scale.ts';

const networks = 10 * scale;
const changesEach = 25;

describe('an estate that is changed bit by bit', () => {
  for (const hasGaps of [false, true]) {
    test(`is what it is when read in anew, after each of ${changesEach} changes${hasGaps ? ', with gaps' : ''}`, () => {
      for (let seed = 1; seed <= networks; seed++) {
        const estate = buildEstate(randomNetwork(seed, hasGaps));
        const d = dice(seed);
        let before = byInterface(listExposures(estate));
        for (let n = 0; n < changesEach; n++) {
          const change = randomChange(d, networkOf(estate.compiled.index), hasGaps);
          const { touched, changed } = applyChange(estate, change);
          const what = `seed ${seed} change ${n} ${'put' in change ? `${change.put.kind} ${change.put.id}` : `- ${change.remove.id}`}`;
          const after = byInterface(listExposures(estate));
          assert.deepEqual(after, byInterface(listExposures(fresh(estate))), what);
          for (const id of differing(before, after))
            assert.ok(touched.has(id), `${what}: ${id} was not looked at`);
          for (const id of changed)
            assert.ok(touched.has(id), `${what}: ${id} changed and was not looked at`);
          before = after;
        }
      }
    });
  }
});

function fresh(estate: Estate): Estate {
  return buildEstate(networkOf(estate.compiled.index));
}

// Everything but the witness, which may be another one of the same block.
function byInterface(exposures: readonly Exposure[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { path: _, unknown: __, inspectedBy: ___, ...rest } of exposures)
    found.set(rest.interface, [...(found.get(rest.interface) ?? []), JSON.stringify(rest)].sort());
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function differing(
  before: ReadonlyMap<string, readonly string[]>,
  after: ReadonlyMap<string, readonly string[]>,
): string[] {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids].filter((id) => before.get(id)?.join() !== after.get(id)?.join());
}
