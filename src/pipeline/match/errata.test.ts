import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryIntelligence, statement } from '../../../testkit/intelligence.ts';
import { below, type Statement } from '../../model/advisory.ts';
import type { Subject } from '../../model/match.ts';
import { judge } from './match.ts';

type Erratum = readonly [advisory: string, ...fixes: string[]];

function errata(given: readonly Erratum[]): readonly Statement[] {
  return given.flatMap(([advisory, ...fixes]) =>
    fixes.map((fixed) => statement('CVE-1', [below(fixed)], { advisory, scheme: 'rpm' })),
  );
}

function judged(version: string, statements: readonly Statement[], module: string | null = null) {
  const key = { stream: 'rhel:9', name: 'glibc', version };
  const subject: Subject = {
    ecosystem: 'rpm',
    name: 'glibc',
    version,
    arch: 'x86_64',
    keys: [key],
    module,
    distro: 'rhel',
  };
  const content = statements.map((item) => ({ stream: key.stream, name: key.name, statement: item }));
  return judge(subject, memoryIntelligence({ statements: content }))[0];
}

describe('errata of rpm distributions', () => {
  const minors: readonly Erratum[] = [
    ['A-1', '2.28-236.el8_9.13'],
    ['A-2', '2.28-251.el8_10.1'],
  ];
  const cases: readonly [string, readonly Erratum[], string, string, string | null][] = [
    ['a minor release mended by its own fix', minors, '2.28-236.el8_9.13', 'unaffected', null],
    ['the next minor release, still broken', minors, '2.28-251.el8_10', 'affected', '2.28-251.el8_10.1'],
    ['the next minor release, mended', minors, '2.28-251.el8_10.1', 'unaffected', null],
    ['an earlier build of the minor release', minors, '2.28-236.el8_9.7', 'affected', '2.28-236.el8_9.13'],
    ['a minor release without a fix', minors, '2.28-250.el8_6.3', 'affected', '2.28-251.el8_10.1'],
    ['a build that tells no minor release', minors, '2.28-250.el8', 'affected', '2.28-251.el8_10.1'],
    [
      'several builds in one erratum, of which one is reached',
      [['A-1', '6.0.10-1.el9_0', '6.0.13-1.el9_1']],
      '6.0.11-1.el9',
      'unaffected',
      null,
    ],
    [
      'two errata on one flaw in one minor release',
      [
        ['A-1', '6.0.22-1.el9_2'],
        ['A-2', '6.0.24-1.el9_2'],
      ],
      '6.0.22-1.el9_2',
      'affected',
      '6.0.24-1.el9_2',
    ],
    [
      'two errata, and a build below both: the fix is the one that ends it',
      [
        ['A-1', '6.0.22-1.el9_2'],
        ['A-2', '6.0.24-1.el9_2'],
      ],
      '6.0.20-1.el9_2',
      'affected',
      '6.0.24-1.el9_2',
    ],
  ];
  for (const [name, given, version, result, fixed] of cases) {
    test(`${name}: ${version} is ${result}`, () => {
      const verdict = judged(version, errata(given));
      assert.equal(verdict?.result, result);
      assert.equal(verdict?.fixedVersion, fixed);
    });
  }

  test('builds of a module in one erratum are lines of their own', () => {
    const builds = errata([
      [
        'A-1',
        '18-1.module_el8.3.0+2028+5e32',
        '18-1.module_el8.5.0+2632+14ce',
        '18-1.module_el8.6.0+2867+7275',
      ],
    ]).map((item) => ({ ...item, only: { arches: null, module: 'mariadb:10.3', binaries: null } }));
    const at = (version: string) => judged(version, builds, 'mariadb:10.3')?.result;
    assert.equal(at('18-1.module_el8.3.0+2028+5e32'), 'unaffected');
    assert.equal(at('18-1.module_el8.5.0+2000+aaaa'), 'affected');
    assert.equal(at('17-1.module_el8.3.0+2028+5e32'), 'affected');
  });

  test('the order of statements does not matter', () => {
    const given = errata(minors);
    for (const version of ['2.28-236.el8_9.13', '2.28-251.el8_10', '2.28-200.el8']) {
      assert.deepEqual(
        judged(version, given)?.fixedVersion,
        judged(version, given.toReversed())?.fixedVersion,
      );
    }
  });

  test('elsewhere every record has to be fulfilled', () => {
    const both = errata([['A-1', '1.0-1', '1:1.0-1']]).map((item) => ({ ...item, scheme: 'deb' }));
    assert.equal(judged('1:0.9-1', both)?.result, 'affected');
  });
});
