import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { memoryIntelligence, statement, vulnerability } from '../../../testkit/intelligence.ts';
import { type AffectedRange, below, everyVersion, type Statement } from '../../model/advisory.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Subject } from '../../model/match.ts';
import type { Package } from '../../model/package.ts';
import type { Purl } from '../../model/purl.ts';
import { versionScheme } from '../../versions/registry.ts';
import { explain } from './explain.ts';
import { judge } from './match.ts';
import { compare, judgeStatement } from './statement.ts';

function subject(version: string, more: Partial<Subject> = {}): Subject {
  return {
    ecosystem: 'npm',
    name: 'lodash',
    version,
    arch: null,
    keys: [{ stream: 'npm', name: 'lodash', version }],
    module: null,
    distro: null,
    ...more,
  };
}

function results(
  version: string,
  statements: readonly Statement[],
  more: Partial<Subject> = {},
): Record<string, string> {
  const intelligence = memoryIntelligence({
    statements: statements.map((item) => ({ stream: 'npm', name: 'lodash', statement: item })),
    vulnerabilities: [vulnerability('CVE-1', { aliases: ['GHSA-1', 'GO-1', 'PYSEC-1'] })],
  });
  return Object.fromEntries(
    judge(subject(version, more), intelligence).map((item) => [item.vulnerability, item.result]),
  );
}

describe('one statement', () => {
  const range = (
    introduced: string | null,
    fixed: string | null,
    lastAffected: string | null = null,
  ): AffectedRange => ({
    introduced,
    fixed,
    lastAffected,
  });
  const cases: [string, Partial<Statement>, string, string][] = [
    ['below the fix', { ranges: [below('2.0.0')] }, '1.9.9', 'affected'],
    ['at the fix', { ranges: [below('2.0.0')] }, '2.0.0', 'unaffected'],
    ['at the introduction', { ranges: [range('1.0.0', '2.0.0')] }, '1.0.0', 'affected'],
    ['before the introduction', { ranges: [range('1.0.0', '2.0.0')] }, '0.9.0', 'unaffected'],
    ['at the last affected', { ranges: [range(null, null, '1.5.0')] }, '1.5.0', 'affected'],
    ['past the last affected', { ranges: [range(null, null, '1.5.0')] }, '1.5.1', 'unaffected'],
    [
      'in the second of two ranges',
      { ranges: [range('1.0.0', '1.2.0'), range('2.0.0', '2.1.0')] },
      '2.0.5',
      'affected',
    ],
    [
      'between two ranges',
      { ranges: [range('1.0.0', '1.2.0'), range('2.0.0', '2.1.0')] },
      '1.5.0',
      'unaffected',
    ],
    ['a pre-release of the fix', { ranges: [below('2.0.0')] }, '2.0.0-rc.1', 'affected'],
    ['listed by itself', { ranges: [], versions: ['1.1.0'] }, '1.1.0', 'affected'],
    ['not listed', { ranges: [], versions: ['1.1.0'] }, '1.1.1', 'unaffected'],
    ['without ranges every version', { status: 'affected', ranges: [] }, '9.9.9', 'affected'],
    ['will not be fixed', { status: 'will-not-fix', ranges: [everyVersion] }, '1.0.0', 'affected'],
    ['stated as not affected', { status: 'not-affected', ranges: [] }, '1.0.0', 'unaffected'],
    [
      'not affected below a version',
      { status: 'not-affected', ranges: [below('2.0.0')] },
      '1.0.0',
      'unaffected',
    ],
    ['under investigation', { status: 'under-investigation', ranges: [] }, '1.0.0', 'undetermined'],
    ['a version that is none', { ranges: [below('2.0.0')] }, 'not a version', 'undetermined'],
    [
      'a build with a label, at the last affected',
      { ranges: [range(null, null, '2.0.1')], scheme: 'pep440' },
      '2.0.1+cu118',
      'affected',
    ],
    [
      'a build with a label, at the fix',
      { ranges: [below('2.0.1')], scheme: 'pep440' },
      '2.0.1+cu118',
      'unaffected',
    ],
    [
      'a build whose label the bound names',
      { ranges: [below('2.0.1+p2')], scheme: 'pep440' },
      '2.0.1+p1',
      'affected',
    ],
    ['listed in another spelling', { versions: ['1.0.0'], scheme: 'pep440' }, '1.0', 'affected'],
    [
      'a rebuild of the fixed version',
      { ranges: [below('1.2.3')], scheme: 'bitnami' },
      '1.2.3-1',
      'unaffected',
    ],
    ['an unknown scheme', { ranges: [below('2.0.0')], scheme: 'runes' }, '1.0.0', 'undetermined'],
  ];
  for (const [name, more, version, expected] of cases) {
    test(`${name}: ${version} is ${expected}`, () => {
      const item = statement('CVE-1', [], more);
      const judged = judgeStatement(item, version, versionScheme(item.scheme));
      assert.equal(judged.result, expected);
      assert.ok(judged.reason.length > 5);
    });
  }

  test('a range that settles it outweighs one that cannot be compared', () => {
    const item = statement('CVE-1', [below('garbage!'), below('2.0.0')]);
    assert.equal(judgeStatement(item, '1.0.0', versionScheme('semver')).result, 'affected');
    assert.equal(judgeStatement(item, '3.0.0', versionScheme('semver')).result, 'undetermined');
  });

  test('the fix is that of the branch, not the highest of the record', () => {
    const item = statement('CVE-1', [range('1.0.0', '1.2.0'), range('2.0.0', '2.1.0')]);
    assert.equal(judgeStatement(item, '1.1.0', versionScheme('semver')).fixedVersion, '1.2.0');
  });

  test('each verdict replays from its proof', () => {
    const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((parts) => parts.join('.'));
    const bound = fc.option(version, { nil: null });
    const ranges = fc.array(fc.record({ introduced: bound, fixed: bound, lastAffected: fc.constant(null) }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(version, ranges, (installed, given) => {
        const scheme = versionScheme('semver');
        const { result, comparisons } = judgeStatement(statement('CVE-1', given), installed, scheme);
        for (const made of comparisons)
          assert.deepEqual(compare(made.left, made.op, made.right, scheme), made);
        const isInside = given.some(
          (item) =>
            (item.introduced === null || compare(installed, '>=', item.introduced, scheme).holds) &&
            (item.fixed === null || compare(installed, '<', item.fixed, scheme).holds),
        );
        assert.equal(result, isInside ? 'affected' : 'unaffected');
      }),
    );
  });
});

describe('several statements on one vulnerability', () => {
  test('aliases are one vulnerability, under its display id', () => {
    assert.deepEqual(
      results('1.0.0', [statement('GHSA-1', [below('2.0.0')]), statement('CVE-1', [below('2.0.0')])]),
      { 'CVE-1': 'affected' },
    );
  });

  test("a language's own team outweighs the general database when they disagree", () => {
    const both = [statement('GHSA-1', [below('3.0.0')]), statement('GO-1', [below('2.0.0')])];
    assert.deepEqual(results('2.5.0', both), { 'CVE-1': 'unaffected' });
    assert.deepEqual(results('1.0.0', both), { 'CVE-1': 'affected' });
  });

  test('of databases that count alike one that calls the version affected is enough', () => {
    const both = [statement('GHSA-1', [below('3.0.0')]), statement('PYSEC-1', [below('2.0.0')])];
    assert.deepEqual(results('2.5.0', both), { 'CVE-1': 'affected' });
    assert.deepEqual(results('3.0.0', both), { 'CVE-1': 'unaffected' });
  });

  test('a source kept for other uses is only heard where the database is silent', () => {
    const lesser = statement('CVE-1', [below('4.18.0')], { feed: 'retirejs' });
    assert.deepEqual(results('4.17.21', [statement('GHSA-1', [below('4.17.21')]), lesser]), {
      'CVE-1': 'unaffected',
    });
    assert.deepEqual(results('4.17.21', [lesser]), { 'CVE-1': 'affected' });
    const narrower = statement('CVE-1', [below('1.0.0')], { feed: 'retirejs' });
    assert.deepEqual(results('4.0.0', [statement('GHSA-1', [below('4.17.21')]), narrower]), {
      'CVE-1': 'affected',
    });
  });

  test('a fix that was reached beats the same feed saying that none is known', () => {
    const open = statement('CVE-1', [everyVersion], { status: 'affected' });
    const fixed = statement('CVE-1', [below('2.0.0')]);
    assert.deepEqual(results('2.0.0', [open, fixed]), { 'CVE-1': 'unaffected' });
    assert.deepEqual(results('1.9.9', [open, fixed]), { 'CVE-1': 'affected' });
    assert.deepEqual(results('2.0.0', [{ ...open, feed: 'other' }, fixed]), { 'CVE-1': 'affected' });
    const later = { ...open, ranges: [{ introduced: '2.0.0', fixed: null, lastAffected: null }] };
    assert.deepEqual(results('2.5.0', [later, fixed]), { 'CVE-1': 'affected' });
  });

  test('the fix that is named ends it, where any named one does', () => {
    const version = fc.tuple(fc.nat(3), fc.nat(3)).map((parts) => `${parts.join('.')}.0`);
    const said = fc.record({
      introduced: fc.option(version),
      fixed: version,
      feed: fc.constantFrom('a', 'b'),
    });
    fc.assert(
      fc.property(version, fc.array(said, { minLength: 1, maxLength: 4 }), (installed, given) => {
        const statements = given.map(({ introduced, fixed, feed }) =>
          statement('CVE-1', [{ introduced, fixed, lastAffected: null }], { feed }),
        );
        const intelligence = memoryIntelligence({
          statements: statements.map((item) => ({ stream: 'npm', name: 'lodash', statement: item })),
        });
        const at = (text: string) => judge(subject(text), intelligence)[0];
        const fixed = at(installed)?.fixedVersion;
        if (fixed === null || fixed === undefined || at(fixed)?.result === 'unaffected') return;
        const scheme = versionScheme('semver');
        const named = given.filter((item) => compare(installed, '<', item.fixed, scheme).holds);
        for (const item of named) assert.equal(at(item.fixed)?.result, 'affected');
      }),
    );
  });

  test('a negative statement beats positive ones of the same feed only', () => {
    const positive = statement('CVE-1', [below('2.0.0')]);
    const negative = statement('CVE-1', [], { status: 'not-affected' });
    assert.deepEqual(results('1.0.0', [positive, negative]), { 'CVE-1': 'unaffected' });
    assert.deepEqual(results('1.0.0', [positive, { ...negative, feed: 'other' }]), { 'CVE-1': 'affected' });
  });

  test('conditions on architecture, module and binary package are kept', () => {
    const only = (more: object) =>
      statement('CVE-1', [below('2.0.0')], { only: { arches: null, module: null, binaries: null, ...more } });
    assert.deepEqual(results('1.0.0', [only({ arches: ['aarch64'] })], { arch: 'x86_64' }), {});
    assert.deepEqual(results('1.0.0', [only({ arches: ['x86_64'] })], { arch: 'x86_64' }), {
      'CVE-1': 'affected',
    });
    assert.deepEqual(results('1.0.0', [only({ module: 'nodejs:18' })], { module: 'nodejs:20' }), {});
    assert.deepEqual(results('1.0.0', [only({ module: 'nodejs:18' })], { module: 'nodejs:18' }), {
      'CVE-1': 'affected',
    });
    assert.deepEqual(results('1.0.0', [only({ binaries: ['libother'] })]), {});
  });

  test('the most specific stream speaks first', () => {
    const keys = [
      { stream: 'ubuntu:16.04:esm-infra', name: 'openssl', version: '1.0.2g-1ubuntu4.20+esm3' },
      { stream: 'ubuntu:16.04', name: 'openssl', version: '1.0.2g-1ubuntu4.20+esm3' },
    ];
    const deb = (fixed: string | null, status: Statement['status']) =>
      statement('CVE-1', fixed ? [below(fixed)] : [everyVersion], { scheme: 'deb', status });
    const intelligence = memoryIntelligence({
      statements: [
        {
          stream: 'ubuntu:16.04:esm-infra',
          name: 'openssl',
          statement: deb('1.0.2g-1ubuntu4.20+esm2', 'fixed'),
        },
        { stream: 'ubuntu:16.04', name: 'openssl', statement: deb(null, 'end-of-life') },
      ],
    });
    const verdicts = judge(subject('', { keys, ecosystem: 'deb', name: 'openssl' }), intelligence);
    assert.deepEqual(
      verdicts.map(({ result }) => result),
      ['unaffected'],
    );
  });
});

describe('explaining', () => {
  const pkg = (name: string, version: string, more: Partial<Package> = {}): Package => ({
    purl: `pkg:npm/${name}@${version}` as Purl,
    ecosystem: 'npm',
    name,
    version,
    arch: null,
    source: null,
    evidence: [{ path: `app/node_modules/${name}/package.json`, layer: null, line: null }],
    scope: null,
    relation: null,
    introducedBy: [],
    owner: null,
    licences: [],
    attributes: {},
    ...more,
  });
  const inventory = (...packages: Package[]): Inventory => ({
    os: null,
    packages,
    problems: [],
    facts: { isContainer: true, runningKernel: null, layers: [] },
  });
  const intelligence = memoryIntelligence({
    statements: [
      { stream: 'npm', name: 'lodash', statement: statement('GHSA-1', [below('4.17.21')]) },
      { stream: 'npm', name: 'murky', statement: statement('CVE-2', [], { status: 'unknown' }) },
    ],
    vulnerabilities: [vulnerability('CVE-1', { aliases: ['GHSA-1'] }), vulnerability('CVE-2')],
  });
  const ask = (id: string, content: Inventory) =>
    explain(id, content, intelligence, (key) => intelligence.keysOf(key));

  test('a finding, by any of its ids', () => {
    for (const id of ['CVE-1', 'GHSA-1']) {
      const answer = ask(id, inventory(pkg('lodash', '4.17.20')));
      assert.equal(answer.answer, 'affected');
      assert.equal(answer.packages[0]?.verdict.fixedVersion, '4.17.21');
      assert.equal(answer.packages[0]?.isReported, true);
    }
  });

  test('a non-finding: fixed, absent, owned by the distribution, not settled, never heard of', () => {
    assert.equal(ask('CVE-1', inventory(pkg('lodash', '4.17.21'))).answer, 'not-affected');
    assert.equal(ask('CVE-1', inventory(pkg('express', '4.0.0'))).answer, 'absent');
    const owned = ask('CVE-1', inventory(pkg('lodash', '4.17.20', { owner: 'node-lodash' })));
    assert.equal(owned.answer, 'not-affected');
    assert.equal(owned.packages[0]?.isReported, false);
    assert.match(owned.reason, /node-lodash/);
    assert.equal(ask('CVE-2', inventory(pkg('murky', '1.0.0'))).answer, 'cannot-say');
    assert.equal(ask('CVE-9', inventory(pkg('lodash', '4.17.20'))).answer, 'cannot-say');
  });

  test('silence is never green: what could not be read or has no feed keeps the answer open', () => {
    const broken = {
      ...inventory(pkg('express', '4.0.0')),
      problems: [{ kind: 'malformed', where: 'x.jar', why: 'damaged', limit: null } as const],
    };
    assert.equal(ask('CVE-1', broken).answer, 'cannot-say');
    const unassessed = ask('CVE-1', inventory(pkg('thing', '1.0.0', { ecosystem: 'hex' })));
    assert.equal(unassessed.answer, 'cannot-say');
    assert.match(unassessed.gaps.join(), /hex/);
  });
});
