import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { memoryIntelligence, statement, vulnerability } from '../../testkit/intelligence.ts';
import type { PackageKey, Statement, StatementStatus } from '../model/advisory.ts';
import { below } from '../model/advisory.ts';
import { judgeStatement } from '../pipeline/match/statement.ts';
import { compareBytes } from '../versions/key-bytes.ts';
import { everyKey, type KeyInterval, placedKey } from '../versions/placed-key.ts';
import { versionScheme } from '../versions/registry.ts';
import { type ChangedIntervals, changedIntervals, intervalsMax } from './intervals.ts';
import { reachOf } from './intervals-of-statement.ts';

const npm: PackageKey = { stream: 'npm', name: 'p' };
const lies = (key: Uint8Array, { low, high }: KeyInterval) =>
  compareBytes(low, key) <= 0 && compareBytes(key, high) < 0;

function view(statements: readonly Statement[], key: PackageKey = npm) {
  return memoryIntelligence({ statements: statements.map((one) => ({ ...key, statement: one })) });
}

/** Which of some versions are to be judged again; a version without a key is always asked for. */
function touched(
  found: readonly ChangedIntervals[],
  versions: readonly string[],
  key: PackageKey = npm,
): string[] {
  const { intervals } = found.find((one) => one.key.name === key.name) ?? { intervals: [] };
  return versions.filter((version) => {
    const place = placedKey('semver', version) ?? new Uint8Array(0);
    return intervals.some((one) => lies(place, one));
  });
}

describe('the reach of a statement', () => {
  const pools: Readonly<Record<string, readonly string[]>> = {
    semver: ['0', '1.0.0-rc.1', '1.0.0', '1.2', '1.2.3.4', '2.0.0', 'latest'],
    pep440: ['1.0.dev1', '1.0', '1.0+cu1', '1.0+~x', '1.1', '1.1+cu1', '2004d', '2004d+x', 'none'],
    deb: ['1.0', '1.0~a', '1.0-1', '1:0.9', 'x'],
    alpm: ['1.0', '1.0-1', '1.0-2', '1.0.-1'],
    calver: ['2024.1', '2024.2'],
  };
  const statuses: readonly StatementStatus[] = [
    'fixed',
    'affected',
    'not-affected',
    'under-investigation',
    'will-not-fix',
    'unknown',
  ];
  const drawn = fc.constantFrom(...Object.keys(pools)).chain((scheme) => {
    const version = fc.constantFrom(...(pools[scheme] ?? []));
    const bound = fc.option(version);
    return fc.record({
      version,
      said: fc
        .record({
          status: fc.constantFrom(...statuses),
          ranges: fc.array(fc.record({ introduced: bound, fixed: bound, lastAffected: bound }), {
            maxLength: 3,
          }),
          versions: fc.array(version, { maxLength: 3 }),
        })
        .map(({ ranges, ...more }) => statement('CVE-2024-0001', ranges, { ...more, scheme })),
    });
  });

  test('holds every version with a key that it does not call unaffected', () => {
    fc.assert(
      fc.property(drawn, ({ version, said }) => {
        const key = placedKey(said.scheme, version);
        const reach = reachOf(said);
        if (key === null || reach === 'every') return;
        const { result } = judgeStatement(said, version, versionScheme(said.scheme));
        if (result !== 'unaffected') assert.ok(reach.some((one) => lies(key, one)));
      }),
      { numRuns: 5000 },
    );
  });

  test('holds no version that its bounds leave out', () => {
    const reach = reachOf(statement('CVE-2024-0001', [{ ...below('2.0.0'), introduced: '1.0.0' }]));
    assert.ok(reach !== 'every');
    const inside = ['0.9.0', '1.0.0', '1.9.9', '2.0.0-rc.1', '2.0.0', '3.0.0'].filter((version) =>
      reach.some((one) => lies(placedKey('semver', version) ?? everyKey.high, one)),
    );
    assert.deepEqual(inside, ['1.0.0', '1.9.9', '2.0.0-rc.1']);
  });
});

describe('changed intervals', () => {
  const versions = ['0.9.0', '1.0.0', '1.5.0', '2.0.0', '3.0.0', 'latest'];

  test('a new fix touches what is below it, and what has no key', () => {
    const said = statement('CVE-2024-0001', [below('1.5.0')]);
    const found = changedIntervals({ from: view([]), to: view([said]) }, npm, []);
    assert.deepEqual(touched(found, versions), ['0.9.0', '1.0.0', 'latest']);
  });

  test('what is said of other flaws of the package stays out of it', () => {
    const other = statement('CVE-2024-0002', [below('3.0.0')]);
    const said = statement('CVE-2024-0001', [below('1.0.0')]);
    const found = changedIntervals({ from: view([other]), to: view([other, said]) }, npm, []);
    assert.deepEqual(touched(found, versions), ['0.9.0', 'latest']);
  });

  test('what else is said of the flaw counts, in both revisions, since they decide together', () => {
    const first = statement('CVE-2024-0001', [below('2.0.0')], { feed: 'one' });
    const second = statement('CVE-2024-0001', [below('1.0.0')], { feed: 'two' });
    const moved = statement('CVE-2024-0001', [below('1.5.0')], { feed: 'two' });
    const found = changedIntervals({ from: view([first, second]), to: view([first, moved]) }, npm, []);
    assert.deepEqual(touched(found, versions), ['0.9.0', '1.0.0', '1.5.0', 'latest']);
  });

  test('what other keys of the same packages say of the flaw counts, and only of that', () => {
    const other: PackageKey = { stream: 'npm', name: 'q' };
    const said = statement('CVE-2024-0001', [below('1.0.0')]);
    const both = (more: readonly Statement[]) =>
      memoryIntelligence({
        statements: [
          { ...other, statement: statement('CVE-2024-0001', [below('2.0.0')]) },
          { ...other, statement: statement('CVE-2024-0009', [below('3.0.0')]) },
          ...more.map((one) => ({ ...npm, statement: one })),
        ],
      });
    const found = changedIntervals({ from: both([said]), to: both([]) }, npm, [other]);
    assert.deepEqual(touched(found, versions), ['0.9.0', 'latest']);
    assert.deepEqual(touched(found, versions, other), ['0.9.0', '1.0.0', '1.5.0', 'latest']);
  });

  test('a flaw that shows under another id has changed under both', () => {
    const said = statement('GHSA-aaaa-bbbb-cccc', [below('1.5.0')]);
    const named = memoryIntelligence({
      statements: [{ ...npm, statement: said }],
      vulnerabilities: [vulnerability('CVE-2024-0001', { aliases: ['GHSA-aaaa-bbbb-cccc'] })],
    });
    const found = changedIntervals({ from: view([said]), to: named }, npm, []);
    assert.deepEqual(touched(found, versions), ['0.9.0', '1.0.0', 'latest']);
  });

  test('nothing changed, or only what calls nothing affected: nothing to judge', () => {
    const said = statement('CVE-2024-0001', [below('1.5.0')]);
    const denied = statement('CVE-2024-0002', [], { status: 'not-affected' });
    assert.deepEqual(changedIntervals({ from: view([said]), to: view([said]) }, npm, []), []);
    assert.deepEqual(changedIntervals({ from: view([said]), to: view([said, denied]) }, npm, []), []);
  });

  test('statements of two schemes, or one that settles nothing, touch every version', () => {
    const foreign = statement('CVE-2024-0001', [below('1.0')], { scheme: 'deb' });
    const open = statement('CVE-2024-0001', [], { status: 'unknown' });
    for (const said of [[foreign, statement('CVE-2024-0001', [below('1.0.0')])], [open]]) {
      const [found] = changedIntervals({ from: view([]), to: view(said) }, npm, []);
      assert.deepEqual(found?.intervals, [everyKey]);
    }
  });

  test('very many intervals become one that covers them', () => {
    const listed = Array.from({ length: intervalsMax * 3 }, (_, i) => `1.0.${i * 2}`);
    const said = statement('CVE-2024-0001', [], { versions: listed });
    const [found] = changedIntervals({ from: view([]), to: view([said]) }, npm, []);
    assert.equal(found?.intervals.length, 3);
    assert.deepEqual(touched(found ? [found] : [], ['0.9.9', '1.0.1', '1.0.2', '1.1.0']), ['1.0.1', '1.0.2']);
  });
});
