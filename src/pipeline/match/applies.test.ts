import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryIntelligence, statement } from '../../../testkit/intelligence.ts';
import { below, everyVersion, type Statement } from '../../model/advisory.ts';
import type { Subject, SubjectKey } from '../../model/match.ts';
import { judge } from './match.ts';

function subject(version: string, more: Partial<Subject> = {}): Subject {
  return {
    ecosystem: 'rpm',
    name: 'nginx',
    version,
    arch: 'x86_64',
    keys: [{ stream: 'rhel:8', name: 'nginx', version }],
    module: null,
    distro: 'rhel',
    ...more,
  };
}

function results(given: Subject, statements: readonly Statement[]): readonly string[] {
  const content = given.keys.flatMap(({ stream, name }) =>
    statements.map((item) => ({ stream, name, statement: item })),
  );
  return judge(given, memoryIntelligence({ statements: content })).map(({ result }) => result);
}

function fix(version: string, module: string | null = null): Statement {
  const only = module === null ? null : { arches: null, module, binaries: null };
  return statement('CVE-1', [below(version)], { scheme: 'rpm', only });
}

describe('modules', () => {
  const build = '1:1.14.1-8.module+el8.3.0+2165';
  const mended = '1:1.14.1-9.module+el8.3.0+2165';
  const cases: readonly [string, Subject, Statement, readonly string[]][] = [
    ['of the same stream', subject(build, { module: 'nginx:1.14' }), fix(mended, 'nginx:1.14'), ['affected']],
    ['of another stream', subject(build, { module: 'nginx:1.16' }), fix(mended, 'nginx:1.14'), []],
    [
      'without a label, the version being the stream',
      subject(build),
      fix(mended, 'nginx:1.14'),
      ['affected'],
    ],
    [
      'without a label, of a stream that may be another',
      subject(build),
      fix(mended, 'nginx:1.1'),
      ['undetermined'],
    ],
    [
      'without a label, mended whatever the stream',
      subject(mended),
      fix(build, 'nginx:rhel8'),
      ['unaffected'],
    ],
    ['against a fix outside of modules', subject(build, { module: 'nginx:1.14' }), fix('1:1.20-1.el8'), []],
    ['against a module fix whose stream is not told', subject(build), fix(mended), ['affected']],
    [
      'against a module fix that is of another stream',
      subject(build, { module: 'nginx:1.14' }),
      fix('1:1.16.1-2.module+el8.3.0+1'),
      ['undetermined'],
    ],
    [
      'against a module fix, of a stream that names no version',
      subject('1.0.0-55.module+el8.1.0+1', { module: 'container-tools:rhel8' }),
      fix('1.0.0-60.module+el8.1.0+2'),
      ['affected'],
    ],
    ['a plain build against a module', subject('1:1.14.1-8.el8'), fix(mended, 'nginx:1.14'), []],
    ['a plain build against a module fix', subject('1:1.14.1-8.el8'), fix(mended), []],
    ['a plain build against a plain fix', subject('1:1.14.1-8.el8'), fix('1:1.14.1-9.el8'), ['affected']],
  ];
  for (const [name, given, item, expected] of cases) {
    test(`${name}: ${expected[0] ?? 'not spoken of'}`, () =>
      assert.deepEqual(results(given, [item]), expected));
  }

  test('what is said of all builds without a fix is not said of a module', () => {
    const open = statement('CVE-1', [everyVersion], { scheme: 'rpm', status: 'will-not-fix' });
    assert.deepEqual(results(subject(build, { module: 'nginx:1.14' }), [open]), []);
    assert.deepEqual(results(subject('1:1.14.1-8.el8'), [open]), ['affected']);
  });
});

describe('keys that take a part of what is said', () => {
  const key = (takes?: SubjectKey['takes']): SubjectKey => ({
    stream: 'ubuntu:22.04',
    name: 'gnupg',
    version: '2.2.27-3',
    ...(takes && { takes }),
  });
  const deb = (more: Partial<Statement>) =>
    statement('CVE-1', [below('2.2.27-4')], { scheme: 'deb', ...more });

  test('under the name of a binary only what names binaries', () => {
    const given = subject('2.2.27-3', { ecosystem: 'deb', name: 'gnupg', keys: [key('named')] });
    assert.deepEqual(results(given, [deb({})]), []);
    const only = { arches: null, module: null, binaries: ['gnupg'] };
    assert.deepEqual(results(given, [deb({ only })]), ['affected']);
    assert.deepEqual(results(given, [deb({ only: { ...only, binaries: ['gpgv'] } })]), []);
  });

  test("under another distribution's stream only what has no fix", () => {
    const given = subject('2.2.27-3', { keys: [key('open')] });
    assert.deepEqual(results(given, [fix('9')]), []);
    const open = statement('CVE-1', [everyVersion], { scheme: 'rpm', status: 'will-not-fix' });
    assert.deepEqual(results(given, [open]), ['affected']);
  });
});

describe('architectures', () => {
  const only = (arches: readonly string[]) =>
    statement('CVE-1', [below('2')], { scheme: 'rpm', only: { arches, module: null, binaries: null } });
  const cases: readonly [string | null, readonly string[], number][] = [
    ['x86_64', ['x86_64', 'aarch64'], 1],
    ['x86_64', ['aarch64'], 0],
    ['x86_64', ['noarch'], 1],
    ['noarch', ['aarch64'], 1],
    [null, ['aarch64'], 1],
  ];
  for (const [arch, arches, count] of cases) {
    test(`${arch} is ${count === 0 ? 'not ' : ''}meant by ${arches.join(' and ')}`, () => {
      assert.equal(results(subject('1', { arch }), [only(arches)]).length, count);
    });
  }
});
