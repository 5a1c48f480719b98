import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compareRpmSegment, rpm } from './rpm.ts';

const hasRpm =
  spawnSync('rpm', ['--eval', '%{lua: print(rpm.vercmp("1", "2"))}'], { encoding: 'utf8' }).stdout?.trim() ===
  '-1';

describe('rpm versions', () => {
  test('a colon that no number stands before belongs to the version', () => {
    assert.equal(rpm.compare('a:1-1', 'a:1-1'), 0);
    assert.equal(rpm.compare('a:1-1', 'a:2-1'), -1);
  });

  test('bare segments may be empty', () => {
    assert.equal(compareRpmSegment('', '1'), -1);
    assert.equal(compareRpmSegment('', '~'), 1);
    assert.equal(compareRpmSegment('', '.'), 0);
  });

  const skip = hasRpm ? false : 'rpm is not installed here';
  test('orders random segments as rpm does', { skip }, () => {
    const pairs = fc.sample(fc.tuple(segment, segment), { numRuns: 300, seed: 1 });
    // One print for all, as rpm puts several on one line.
    const calls = pairs.map(([a, b]) => `rpm.vercmp('${a}', '${b}')`).join(", ' ', ");
    const { stdout } = spawnSync('rpm', ['--eval', `%{lua: print(table.concat({${calls}}))}`], {
      encoding: 'utf8',
    });
    assert.deepEqual(
      pairs.map(([a, b]) => compareRpmSegment(a, b)),
      stdout.trim().split(' ').map(Number),
    );
  });
});

const segment = fc
  .array(fc.constantFrom('0', '1', '9', '10', '.', '~', '^', '+', '_', 'a', 'z', 'B', 'rc', 'el9', '00'), {
    minLength: 1,
    maxLength: 6,
  })
  .map((pieces) => pieces.join(''));
