import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { deb } from './deb.ts';

const hasDpkg = spawnSync('dpkg', ['--version']).status === 0;

describe('deb versions', () => {
  test('refuses what deb-version(7) forbids', () => {
    for (const text of ['a', ':1', 'x:1', '-1', '1-', '1-2!', '1 2', '1:', '1é'])
      assert.equal(deb.isValid(text), false, text);
  });

  const skip = hasDpkg ? false : 'dpkg is not installed here';
  test('orders random versions as dpkg does', { skip }, () => {
    const pairs = fc.sample(fc.tuple(version, version), { numRuns: 300, seed: 1 });
    const wanted = pairs.map(([a, b]) => deb.compare(a, b));
    assert.deepEqual(wanted, askDpkg(pairs));
  });
});

const part = fc
  .array(fc.constantFrom('0', '1', '9', '10', '.', '~', '+', 'a', 'z', 'B', 'rc', 'deb12u', '00'), {
    maxLength: 5,
  })
  .map((pieces) => pieces.join(''));
const version = fc
  .tuple(fc.option(fc.nat(2)), part, fc.option(part.filter((text) => text !== '')))
  .map(([epoch, upstream, revision]) => {
    const tail = revision === null ? '' : `-${revision}`;
    return `${epoch === null ? '' : `${epoch}:`}1${upstream}${tail}`;
  });

// One shell for all pairs: a process for each would take most of the time.
function askDpkg(pairs: readonly (readonly [string, string])[]): number[] {
  const script = pairs
    .map(
      ([a, b]) =>
        `if dpkg --compare-versions '${a}' lt '${b}'; then echo -1; elif dpkg --compare-versions '${a}' gt '${b}'; then echo 1; else echo 0; fi`,
    )
    .join('\n');
  const { stdout, stderr } = spawnSync('sh', [], { input: script, encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout.trim().split('\n').map(Number);
}
