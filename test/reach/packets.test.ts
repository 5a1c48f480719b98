import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildEstate } from '../../src/pipeline/reach/estate/estate.ts';
import { disagreements } from './packets.ts';
import { randomNetwork } from './random-network.ts';
import { scale } from './scale.ts';

const networks = 100 * scale;
const packetsEach = 100;

describe('the engine and the packet tracer', () => {
  for (const hasGaps of [false, true]) {
    const kind = hasGaps ? 'with things that no document tells' : 'that are told whole';
    test(`agree on ${networks * packetsEach} packets in ${networks} networks ${kind}`, () => {
      for (let seed = 1; seed <= networks; seed++) {
        const network = randomNetwork(seed, hasGaps);
        const found = disagreements(network, buildEstate(network), seed, packetsEach);
        assert.deepEqual(found, [], `seed ${seed}`);
      }
    });
  }
});
