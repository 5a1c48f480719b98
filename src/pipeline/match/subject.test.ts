import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inContainer, osRelease, systemPackage } from '../../../testkit/distros.ts';
import { memoryIntelligence, statement } from '../../../testkit/intelligence.ts';
import { everyVersion } from '../../model/advisory.ts';
import type { OsRelease } from '../../model/os-release.ts';
import type { Package } from '../../model/package.ts';
import { judge } from './match.ts';
import { isAssessed, mainStream, prepare } from './subject.ts';

function subjectOf(pkg: Package, os: OsRelease | null = null) {
  const prepared = prepare(pkg, os, inContainer);
  assert.ok(prepared.kind === 'subject');
  return prepared.subject;
}

function found(pkg: Package, os: OsRelease | null, stream: string, name: string): readonly string[] {
  const said = statement('CVE-1', [everyVersion], { scheme: 'rpm', status: 'will-not-fix' });
  const intelligence = memoryIntelligence({ statements: [{ stream, name, statement: said }] });
  return judge(subjectOf(pkg, os), intelligence).map(({ vulnerability }) => vulnerability);
}

describe('where a package is looked up', () => {
  test('components of Kubernetes under the stream of their advisories', () => {
    const kubelet = systemPackage({ ecosystem: 'k8s', name: 'k8s.io/kubelet', version: '1.27.0' });
    assert.deepEqual(subjectOf(kubelet).keys, [
      { stream: 'kubernetes', name: 'k8s.io/kubelet', version: '1.27.0' },
    ]);
  });

  test('programs under the source that judges them, or under a stream that nobody fills', () => {
    const program = (name: string) =>
      subjectOf(systemPackage({ ecosystem: 'generic', name, version: '1.0.0' })).keys[0];
    assert.deepEqual(program('nodejs/node'), { stream: 'bitnami', name: 'node', version: '1.0.0' });
    assert.deepEqual(program('apache/httpd'), { stream: 'bitnami', name: 'apache', version: '1.0.0' });
    assert.equal(program('openssl/openssl')?.stream, 'generic');
    assert.equal(program('snap/redis')?.stream, 'snap');
  });

  test('an ecosystem that we do not know, under its own type', () => {
    const thing = systemPackage({ ecosystem: 'constructor', name: 'Thing', version: '1' });
    assert.equal(subjectOf(thing).keys[0]?.stream, 'constructor');
  });

  test('flaws that Red Hat will not mend in a source are found in what it builds', () => {
    const source = { name: 'glibc', version: '2.34-60.el9' };
    const pkg = systemPackage({ ecosystem: 'rpm', name: 'glibc-common', version: '2.34-60.el9', source });
    assert.deepEqual(found(pkg, osRelease('rhel', '9.2'), 'rhel:9', 'glibc'), ['CVE-1']);
    assert.deepEqual(found(pkg, osRelease('almalinux', '9.2'), 'rhel:9', 'glibc'), ['CVE-1']);
    assert.deepEqual(found(pkg, osRelease('ol', '9.2'), 'rhel:9', 'glibc'), []);
  });
});

describe('what is assessed', () => {
  const alma = systemPackage({ ecosystem: 'rpm', name: 'bash', version: '5.1-2.el9' });

  test('by a feed on its own distribution, not by one on what it was rebuilt from', () => {
    const subject = subjectOf(alma, osRelease('almalinux', '9.2'));
    const assessed = (...streams: string[]) =>
      isAssessed(subject, memoryIntelligence({ statements: [], streams }));
    assert.equal(assessed('rhel:9'), false);
    assert.equal(assessed('almalinux:9'), true);
    assert.equal(mainStream(subject), 'almalinux:9');
  });

  test('the release is named, not a pocket of it', () => {
    const curl = systemPackage({ ecosystem: 'deb', name: 'curl', version: '7.58.0-2ubuntu3.24+esm1' });
    assert.equal(mainStream(subjectOf(curl, osRelease('ubuntu', '18.04'))), 'ubuntu:18.04');
  });
});
