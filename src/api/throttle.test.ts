import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createThrottle } from './throttle.ts';

describe('the throttle', () => {
  test('lets a burst of two seconds pass, then says how long to wait, and fills again', () => {
    let now = 0;
    const throttle = createThrottle(10, () => now);
    for (let n = 0; n < 20; n++) assert.equal(throttle.take('1', 'ListFindings'), null);
    assert.equal(throttle.take('1', 'ListFindings'), 1);
    // Another account has a bucket of its own.
    assert.equal(throttle.take('2', 'ListFindings'), null);
    now = 100;
    assert.equal(throttle.take('1', 'ListFindings'), null);
    assert.equal(throttle.take('1', 'ListFindings'), 1);
    now = 60_000;
    for (let n = 0; n < 2; n++) assert.equal(throttle.take('1', 'CreateSbomExport'), null);
    assert.equal(throttle.take('1', 'CreateSbomExport'), 1);
  });

  test('of none lets everything pass, and of one a second lets the dearest call pass', () => {
    const none = createThrottle(0, () => 0);
    for (let n = 0; n < 1000; n++) assert.equal(none.take('1', 'ScanSbom'), null);
    assert.equal(createThrottle(1, () => 0).take('1', 'ScanSbom'), null);
  });

  test('never lets more pass than the rate and one burst, whatever the times', () => {
    const gaps = fc.array(fc.nat(400), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 50 }), (waits, rate) => {
        let now = 0;
        let passed = 0;
        const throttle = createThrottle(rate, () => now);
        for (const wait of waits) {
          now += wait;
          if (throttle.take('1', 'GetMember') === null) passed++;
        }
        assert.ok(passed <= rate * 2 + (now * rate) / 1000 + 1);
      }),
    );
  });

  test('who waits as long as it was told is let pass', () => {
    let now = 0;
    const throttle = createThrottle(3, () => now);
    for (let n = 0; n < 200; n++) {
      const wait = throttle.take('1', 'ListFindingAggregations');
      if (wait === null) continue;
      now += wait * 1000;
      assert.equal(throttle.take('1', 'ListFindingAggregations'), null);
    }
  });
});
