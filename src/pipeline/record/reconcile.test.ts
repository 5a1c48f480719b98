import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Desired, isPastRetention, lifecycleRules, type Recorded, reconcile } from './reconcile.ts';

const day = 86_400_000;
const seen: Desired = {
  type: 'PACKAGE_VULNERABILITY',
  adjustment: null,
  title: 'CVE-2024-3094 - xz-utils',
  severity: 5,
  score: 10,
  epss: 0.9,
  fixAvailable: 2,
  exploitAvailable: true,
};

function step(
  recorded: Recorded | null,
  desired: Desired | null,
  now: number,
): [Recorded | null, string | null] {
  const result = reconcile(recorded, desired, now, 'FIXED', lifecycleRules);
  return result ? [result.next, result.event] : [null, null];
}

describe('the life of a finding', () => {
  test('opens, closes when fixed, and comes back as itself within seven days', () => {
    const [opened, first] = step(null, seen, 1000);
    assert.equal(first, 'OPENED');
    assert.equal(opened?.firstObservedAt, 1000);
    const [closed, second] = step(opened, null, 2000);
    assert.equal(second, 'CLOSED');
    assert.equal(closed?.status, 2);
    assert.equal(closed?.closeReason, 'FIXED');
    assert.equal(closed?.lastObservedAt, 1000, 'it was not observed when it closed');
    const [back, third] = step(closed, seen, 2000 + 7 * day);
    assert.equal(third, 'REOPENED');
    assert.equal(back?.firstObservedAt, 1000);
    assert.equal(back?.closedAt, null);
  });

  test('is a new finding when it comes back later', () => {
    const [opened] = step(null, seen, 1000);
    const [closed] = step(opened, null, 2000);
    const [again, event] = step(closed, seen, 2001 + 7 * day);
    assert.equal(event, 'OPENED');
    assert.equal(again?.firstObservedAt, 2001 + 7 * day);
  });

  test('tells of a change of severity, and not of a mere look', () => {
    const [opened] = step(null, seen, 1000);
    assert.equal(step(opened, seen, 2000)[1], null);
    const [changed, event] = step(opened, { ...seen, severity: 3 }, 2000);
    assert.equal(event, 'UPDATED');
    assert.equal(changed?.updatedAt, 2000);
  });

  test('a suppressed finding stays suppressed while it is there, and closes when it goes', () => {
    const [opened] = step(null, seen, 1000);
    const suppressed = { ...(opened as Recorded), status: 1 };
    assert.equal(step(suppressed, seen, 2000)[0]?.status, 1);
    assert.equal(step(suppressed, null, 2000)[1], 'CLOSED');
  });

  test('closed findings are kept thirty days, and three when the resource is gone', () => {
    const [opened] = step(null, seen, 1000);
    const fixed = reconcile(opened, null, 2000, 'FIXED', lifecycleRules)?.next as Recorded;
    const gone = reconcile(opened, null, 2000, 'RESOURCE_GONE', lifecycleRules)?.next as Recorded;
    assert.equal(isPastRetention(fixed, 2000 + 30 * day, lifecycleRules), false);
    assert.equal(isPastRetention(fixed, 2001 + 30 * day, lifecycleRules), true);
    assert.equal(isPastRetention(gone, 2000 + 3 * day, lifecycleRules), false);
    assert.equal(isPastRetention(gone, 2001 + 3 * day, lifecycleRules), true);
    assert.equal(isPastRetention(opened as Recorded, 2000 + 99 * day, lifecycleRules), false);
  });
});

describe('reconciling, whatever happened before', () => {
  const desired = fc.record({
    type: fc.constant('PACKAGE_VULNERABILITY' as const),
    adjustment: fc.constant(null),
    title: fc.constantFrom('a', 'b'),
    severity: fc.integer({ min: 0, max: 5 }),
    score: fc.option(fc.constantFrom(4.3, 9.8), { nil: null }),
    epss: fc.constant(null),
    fixAvailable: fc.integer({ min: 0, max: 2 }),
    exploitAvailable: fc.boolean(),
  });
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 * day }), fc.option(desired, { nil: null })), {
    maxLength: 12,
  });

  function play(history: readonly (readonly [number, Desired | null])[]): Recorded | null {
    let state: Recorded | null = null;
    for (const [now, wanted] of history) state = step(state, wanted, now)[0];
    return state;
  }

  test('twice with the same input changes nothing the second time', () => {
    fc.assert(
      fc.property(steps, fc.option(desired, { nil: null }), (history, wanted) => {
        const now = 21 * day;
        const [once] = step(play(history), wanted, now);
        const [twice, event] = step(once, wanted, now);
        assert.deepEqual(twice, once);
        assert.equal(event, null);
      }),
    );
  });

  test('an older evaluation that arrives late never undoes a newer one', () => {
    fc.assert(
      fc.property(
        steps,
        desired,
        fc.option(desired, { nil: null }),
        fc.integer({ min: 1, max: day }),
        (history, wanted, late, age) => {
          const now = 30 * day;
          const [current] = step(play(history), wanted, now);
          const [after, event] = step(current, late, now - age);
          assert.deepEqual(after, current);
          assert.equal(event, null);
        },
      ),
    );
  });

  test('what is found is never closed, and what is not found is never open', () => {
    fc.assert(
      fc.property(steps, fc.option(desired, { nil: null }), (history, wanted) => {
        const [state] = step(play(history), wanted, 21 * day);
        if (wanted) assert.notEqual(state?.status, 2);
        else if (state) assert.equal(state.status, 2);
        if (state) assert.equal(state.closedAt === null, state.status !== 2);
      }),
    );
  });
});
