import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryIntelligence, statement } from '../../../testkit/intelligence.ts';
import { below, everyVersion, type Statement } from '../../model/advisory.ts';
import type { InventoryFacts } from '../../model/inventory.ts';
import type { OsRelease } from '../../model/os-release.ts';
import type { Package } from '../../model/package.ts';
import type { Purl } from '../../model/purl.ts';
import type { BaseImage } from '../../plugins/targets/image.ts';
import { judge } from './match.ts';
import { type Remediation, remediate } from './remediation.ts';
import { prepare } from './subject.ts';

const noFacts: InventoryFacts = { isContainer: true, runningKernel: null, layers: [] };

function pkg(given: Partial<Package> & Pick<Package, 'ecosystem' | 'name' | 'version'>): Package {
  return {
    purl: `pkg:${given.ecosystem}/${given.name}@${given.version}` as Purl,
    arch: null,
    source: null,
    evidence: [{ path: 'app/lock', layer: null, line: null }],
    scope: null,
    relation: null,
    introducedBy: [],
    owner: null,
    licences: [],
    attributes: {},
    ...given,
  };
}

type RemedyContext = { os?: OsRelease | null; facts?: InventoryFacts; base?: BaseImage | null };

function remedies(
  packages: readonly Package[],
  said: Readonly<Record<string, readonly Statement[]>>,
  { os = null, facts = noFacts, base = null }: RemedyContext = {},
): readonly Remediation[] {
  const intelligence = memoryIntelligence({
    statements: Object.entries(said).flatMap(([key, statements]) => {
      const [stream = '', name = ''] = key.split(' ');
      return statements.map((item) => ({ stream, name, statement: item }));
    }),
  });
  const judged = packages.flatMap((item) => {
    const prepared = prepare(item, os, facts);
    if (prepared.kind === 'set-aside') return [];
    return [{ package: item, subject: prepared.subject, verdicts: judge(prepared.subject, intelligence) }];
  });
  return remediate(judged, facts, intelligence, base);
}

const range = (introduced: string, fixed: string) => [{ introduced, fixed, lastAffected: null }];
const debian: OsRelease = { id: 'debian', idLike: [], versionId: '12', codename: null, prettyName: null };

describe('the version to go to', () => {
  const lodash = pkg({ ecosystem: 'npm', name: 'lodash', version: '4.17.4' });

  test('is the lowest that ends every vulnerability', () => {
    const [remedy] = remedies([lodash], {
      'npm lodash': [statement('CVE-1', [below('4.17.12')]), statement('CVE-2', [below('4.17.21')])],
    });
    assert.equal(remedy?.version, '4.17.21');
    assert.deepEqual(remedy?.ended, ['CVE-1', 'CVE-2']);
    assert.deepEqual(remedy?.remaining, []);
    assert.equal(remedy?.command, 'npm install lodash@4.17.21');
  });

  test('goes past a fix that has a vulnerability of its own', () => {
    const [remedy] = remedies([lodash], {
      'npm lodash': [
        statement('CVE-1', [below('5.0.0')]),
        statement('CVE-2', range('5.0.0', '5.1.0')),
        statement('CVE-3', range('5.1.0', '5.1.2')),
      ],
    });
    assert.equal(remedy?.version, '5.1.2');
    assert.deepEqual(remedy?.ended, ['CVE-1']);
  });

  test('says what remains where no fix is known', () => {
    const open = statement('CVE-2', [everyVersion], { status: 'affected' });
    const [partly] = remedies([lodash], { 'npm lodash': [statement('CVE-1', [below('4.17.12')]), open] });
    assert.deepEqual([partly?.version, partly?.ended, partly?.remaining], ['4.17.12', ['CVE-1'], ['CVE-2']]);
    const [none] = remedies([lodash], { 'npm lodash': [open] });
    assert.deepEqual([none?.version, none?.command, none?.remaining], [null, null, ['CVE-2']]);
  });

  test('names what it would bring anew', () => {
    const [remedy] = remedies([lodash], {
      'npm lodash': [
        statement('CVE-1', [below('5.0.0')]),
        statement('CVE-2', [{ introduced: '5.0.0', fixed: null, lastAffected: null }], {
          status: 'affected',
        }),
      ],
    });
    assert.deepEqual([remedy?.ended, remedy?.remaining], [['CVE-1'], ['CVE-2']]);
  });

  test('leaves out what is not affected, and puts what ends most first', () => {
    const said = {
      'npm lodash': [statement('CVE-1', [below('4.17.12')])],
      'npm minimist': [statement('CVE-2', [below('1.2.3')]), statement('CVE-3', [below('1.2.6')])],
    };
    const packages = [
      lodash,
      pkg({ ecosystem: 'npm', name: 'minimist', version: '1.2.0' }),
      pkg({ ecosystem: 'npm', name: 'lodash', version: '4.17.21' }),
    ];
    assert.deepEqual(
      remedies(packages, said).map((remedy) => remedy.package.name),
      ['minimist', 'lodash'],
    );
  });
});

describe('how to get there', () => {
  const commands: readonly [string, string, string, string | null][] = [
    ['npm', '@scope/name', '1.2.3', 'npm install @scope/name@1.2.3'],
    ['pypi', 'django', '4.2.11', 'pip install --upgrade django==4.2.11'],
    ['gem', 'rack', '2.2.19', 'bundle update rack --conservative'],
    ['composer', 'symfony/http-kernel', '4.4.50', 'composer require symfony/http-kernel:4.4.50'],
    ['golang', 'golang.org/x/text', '0.3.8', 'go get golang.org/x/text@v0.3.8 && go mod tidy'],
    ['cargo', 'ammonia', '3.1.0', 'cargo update -p ammonia --precise 3.1.0'],
    ['nuget', 'Newtonsoft.Json', '13.0.1', 'dotnet add package Newtonsoft.Json --version 13.0.1'],
    ['maven', 'org.example:lib', '2.0', null],
    ['npm', 'a; reboot', '1.0.0', "npm install 'a; reboot@1.0.0'"],
  ];
  const schemes: Readonly<Record<string, string>> = { npm: 'semver', pypi: 'pep440', golang: 'go' };
  for (const [ecosystem, name, fixed, expected] of commands) {
    test(`${ecosystem}: ${expected ?? 'a note'}`, () => {
      const item = pkg({ ecosystem, name, version: '0.0.1' });
      const prepared = prepare(item, null, noFacts);
      assert.ok(prepared.kind === 'subject');
      const key = prepared.subject.keys[0];
      assert.ok(key);
      const said = statement('CVE-1', [below(fixed)], { scheme: schemes[ecosystem] ?? ecosystem });
      const all = memoryIntelligence({ statements: [{ ...key, statement: said }] });
      const verdicts = judge(prepared.subject, all);
      const [remedy] = remediate([{ package: item, subject: prepared.subject, verdicts }], noFacts, all);
      assert.equal(remedy?.command, expected);
      if (expected === null) assert.match(remedy?.notes.join(' ') ?? '', /org\.example:lib to 2\.0/);
    });
  }

  test('a package that another one brings names the dependency to raise', () => {
    const nested = pkg({
      ecosystem: 'npm',
      name: 'minimist',
      version: '1.2.0',
      relation: 'transitive',
      introducedBy: ['mocha', 'mkdirp'],
    });
    const [remedy] = remedies([nested], { 'npm minimist': [statement('CVE-1', [below('1.2.6')])] });
    assert.equal(remedy?.raise, 'mocha');
    assert.equal(remedy?.command, 'npm update minimist');
    assert.match(remedy?.notes.join(' ') ?? '', /brought by mocha/);
  });

  test("a distribution's package is raised by its own tool, to the version of the binary", () => {
    const said = {
      'debian:12 gcc-12': [statement('CVE-1', [below('12.2.0-14+deb12u1')], { scheme: 'deb' })],
    };
    const binary = (name: string, version: string, sourceVersion: string) =>
      pkg({ ecosystem: 'deb', name, version, source: { name: 'gcc-12', version: sourceVersion } });
    const command = (item: Package) => remedies([item], said, { os: debian })[0]?.command;
    const apt = 'apt-get update && apt-get install --only-upgrade';
    assert.equal(
      command(binary('libgcc-s1', '12.2.0-14', '12.2.0-14')),
      `${apt} libgcc-s1=12.2.0-14+deb12u1`,
    );
    assert.equal(
      command(binary('libgcc-s1', '12.2.0-14+b2', '12.2.0-14')),
      `${apt} libgcc-s1=12.2.0-14+deb12u1`,
    );
    assert.equal(
      command(binary('libgcc1', '1:12.2.0-14', '12.2.0-14')),
      `${apt} libgcc1=1:12.2.0-14+deb12u1`,
    );
    const other = binary('gcc', '4:12.2.0-3', '1.203');
    assert.equal(command(other), `${apt} gcc`);
    assert.match(remedies([other], said, { os: debian })[0]?.notes.join(' ') ?? '', /source package gcc-12/);
  });

  test('where notices name the binary and the tracker its source, the version ends what both say', () => {
    const os = { ...debian, id: 'ubuntu', versionId: '22.04' };
    const source = { name: 'util-linux', version: '2.37-4ubuntu3' };
    const bsdutils = pkg({ ecosystem: 'deb', name: 'bsdutils', version: '1:2.37-4ubuntu3', source });
    const only = { arches: null, module: null, binaries: ['bsdutils'] };
    const said = {
      'ubuntu:22.04 bsdutils': [statement('CVE-1', [below('1:2.37-4ubuntu3.1')], { scheme: 'deb', only })],
      'ubuntu:22.04 util-linux': [statement('CVE-2', [below('2.37-4ubuntu3.3')], { scheme: 'deb' })],
    };
    const [remedy] = remedies([bsdutils], said, { os });
    assert.equal(remedy?.version, '1:2.37-4ubuntu3.3');
    assert.deepEqual([remedy?.ended, remedy?.remaining], [['CVE-1', 'CVE-2'], []]);
  });

  test('a binary that is versioned apart from its source is raised without a version', () => {
    const os = { ...debian, id: 'rhel', versionId: '9' };
    const source = { name: 'perl', version: '5.32.1-481.el9' };
    const errno = pkg({ ecosystem: 'rpm', name: 'perl-Errno', version: '1.30-481.el9', source });
    const said = { 'rhel:9 perl': [statement('CVE-1', [below('5.32.1-482.el9')], { scheme: 'rpm' })] };
    const [remedy] = remedies([errno], said, { os });
    assert.deepEqual([remedy?.version, remedy?.command], ['5.32.1-482.el9', 'dnf upgrade perl-Errno']);
    assert.match(remedy?.notes.join(' ') ?? '', /source package perl/);
  });

  test('the standard library of Go comes with the compiler', () => {
    const stdlib = pkg({ ecosystem: 'golang', name: 'stdlib', version: '1.20.1' });
    const [remedy] = remedies([stdlib], {
      'golang stdlib': [statement('CVE-1', [below('1.20.3')], { scheme: 'go' })],
    });
    assert.equal(remedy?.command, null);
    assert.deepEqual(remedy?.notes, ['Build the program again with Go 1.20.3 or later.']);
  });

  test('what lies in the bottom layer comes with the base image', () => {
    const facts = { ...noFacts, layers: ['sha256:base', 'sha256:top'] };
    const at = (layer: string) =>
      pkg({
        ecosystem: 'npm',
        name: 'lodash',
        version: '4.17.4',
        evidence: [{ path: 'a', layer, line: null }],
      });
    const said = { 'npm lodash': [statement('CVE-1', [below('4.17.12')])] };
    const notes = (layer: string) => remedies([at(layer)], said, { facts })[0]?.notes.join(' ') ?? '';
    assert.match(notes('sha256:base'), /base image/);
    assert.equal(notes('sha256:top'), '');
  });

  test('an erratum that asks for a restart says so, and only that one', () => {
    const os = { ...debian, id: 'rocky', versionId: '9.3' };
    const glibc = pkg({ ecosystem: 'rpm', name: 'glibc', version: '2.34-83.el9' });
    const notes = (note: string | null) => {
      const said = {
        'rocky:9 glibc': [statement('CVE-1', [below('2.34-100.el9')], { scheme: 'rpm', note })],
      };
      return remedies([glibc], said, { os })[0]?.notes;
    };
    assert.match(notes('restart the system after the update')?.join(' ') ?? '', /restarted after the update/);
    assert.deepEqual(notes(null), []);
    assert.deepEqual(notes('no restart'), []);
  });

  test('a base image that is told is named, and its layers are the base', () => {
    const facts = { ...noFacts, layers: ['sha256:a', 'sha256:b', 'sha256:top'] };
    const said = { 'npm lodash': [statement('CVE-1', [below('4.17.12')])] };
    const lodash = { ecosystem: 'npm', name: 'lodash', version: '4.17.4' };
    const noteAt = (base: BaseImage, ...layers: string[]) => {
      const evidence = layers.map((layer) => ({ path: 'a', layer, line: null }));
      return remedies([pkg({ ...lodash, evidence })], said, { facts, base })[0]?.notes.join(' ') ?? '';
    };
    const named = { name: 'docker.io/library/node:20', digest: null, lastLayer: null };
    assert.match(noteAt(named, 'sha256:a'), /the base image docker\.io\/library\/node:20:/);
    assert.equal(noteAt(named, 'sha256:b'), '');
    const known = { ...named, lastLayer: 'sha256:b' };
    assert.match(noteAt(known, 'sha256:a', 'sha256:b'), /node:20/);
    assert.equal(noteAt(known, 'sha256:b', 'sha256:top'), '');
    const foreign = { ...named, lastLayer: 'sha256:of another image' };
    assert.equal(noteAt(foreign, 'sha256:b'), '');
    const nameless = { name: null, digest: 'sha256:12', lastLayer: null };
    assert.match(noteAt(nameless, 'sha256:a'), /the base image sha256:12:/);
  });

  test('a fix of the line that goes on after the end of maintenance says so', () => {
    const os = { ...debian, id: 'rhel', versionId: '7.9' };
    const bash = pkg({ ecosystem: 'rpm', name: 'bash', version: '4.2.46-33.el7' });
    const said = { 'rhel:7:els bash': [statement('CVE-1', [below('4.2.46-34.el7_9')], { scheme: 'rpm' })] };
    const [remedy] = remedies([bash], said, { os });
    assert.equal(remedy?.command, 'yum update bash-4.2.46-34.el7_9');
    assert.match(remedy?.notes.join(' ') ?? '', /Red Hat's extended support \(ELS\)/);
  });

  test('a fix for subscribers says so', () => {
    const os = { ...debian, id: 'ubuntu', versionId: '16.04' };
    const curl = pkg({ ecosystem: 'deb', name: 'curl', version: '7.47.0-1ubuntu2.19' });
    const said = {
      'ubuntu:16.04 curl': [statement('CVE-1', [everyVersion], { scheme: 'deb', status: 'end-of-life' })],
      'ubuntu:16.04:esm-infra curl': [
        statement('CVE-1', [below('7.47.0-1ubuntu2.19+esm1')], { scheme: 'deb' }),
      ],
    };
    const [remedy] = remedies([curl], said, { os });
    assert.equal(remedy?.version, '7.47.0-1ubuntu2.19+esm1');
    assert.match(remedy?.notes.join(' ') ?? '', /Ubuntu Pro/);
  });
});
