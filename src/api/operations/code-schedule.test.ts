import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDay, wrongSchedule } from './code-schedule.ts';

test('a schedule runs as often as it says', () => {
  const right = [
    ['WEEKLY', 'cron(0 9 ? * MON *)'],
    ['WEEKLY', 'cron(59 23 * * 7 *)'],
    ['WEEKLY', '0 0 ? * sun *'],
    ['MONTHLY', 'cron(0 9 1 * ? *)'],
    ['MONTHLY', 'cron(0 9 L * ? *)'],
    ['MONTHLY', 'cron(0 9 ? * MON#2 *)'],
  ] as const;
  for (const [frequency, frequencyExpression] of right)
    assert.equal(wrongSchedule({ frequency, frequencyExpression }), null, frequencyExpression);
  const wrong = [
    ['WEEKLY', 'cron(* 9 ? * MON *)'],
    ['WEEKLY', 'cron(60 9 ? * MON *)'],
    ['WEEKLY', 'cron(0 9 ? * MON-FRI *)'],
    ['WEEKLY', 'cron(0 9 ? 1 MON *)'],
    ['WEEKLY', 'cron(0 9 1 * ? *)'],
    ['MONTHLY', 'cron(0 9 0 * ? *)'],
    ['MONTHLY', 'cron(0 9 32 * ? *)'],
    ['MONTHLY', 'cron(0 9 1,15 * ? *)'],
    ['MONTHLY', 'cron(0 9 ? * MON#5 *)'],
    ['MONTHLY', 'rate(30 days)'],
    ['MONTHLY', ''],
    ['NEVER', 'cron(0 9 1 * ? *)'],
  ] as const;
  for (const [frequency, frequencyExpression] of wrong)
    assert.notEqual(wrongSchedule({ frequency, frequencyExpression }), null, frequencyExpression);
  assert.notEqual(wrongSchedule({ frequencyExpression: 'cron(0 9 1 * ? *)' }), null);
  assert.equal(wrongSchedule({}), null);
});

test('a day that is chosen is a right one, the same each time, and not everybody has the same', () => {
  for (const frequency of ['WEEKLY', 'MONTHLY'] as const) {
    const chosen = Array.from({ length: 200 }, (_, index) => withDay({ frequency }, `account ${index}`));
    for (const one of chosen) assert.equal(wrongSchedule(one), null, one.frequencyExpression);
    assert.ok(new Set(chosen.map((one) => one.frequencyExpression)).size > 50);
    assert.deepEqual(withDay({ frequency }, 'account 1'), chosen[1]);
  }
  assert.deepEqual(withDay({ frequency: 'NEVER' }, 'x'), { frequency: 'NEVER' });
});
