import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { osRelease, systemPackage } from '../../../testkit/distros.ts';
import type { Package } from '../../model/package.ts';
import type { Purl } from '../../model/purl.ts';
import type { VexProduct, VexStatement } from '../../plugins/vex/contract.ts';
import { identityOf } from '../../plugins/vex/reading.ts';
import { applyVex } from './vex.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const resource = {
  id: `repository/team/app/${digest}`,
  name: 'registry.example.com/team/app:1.0',
  location: '/images/app',
  fingerprint: digest,
  details: { repositoryName: 'registry.example.com/team/app', imageTags: ['1.0'] },
};

function pkg(purl: string, given: Partial<Package> = {}): Package {
  const [, type = '', path = ''] = /^pkg:([a-z]+)\/([^?]+)/.exec(purl) ?? [];
  const at = path.lastIndexOf('@');
  const name = path.slice(0, at).replace(/^(?:debian|rhel)\//, '');
  const version = decodeURIComponent(path.slice(at + 1));
  return systemPackage({ ecosystem: type, purl: purl as Purl, name, version, ...given });
}

const libssl = pkg('pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12', {
  arch: 'amd64',
  source: { name: 'openssl', version: '3.0.9-1' },
});
const lodash = pkg('pkg:npm/lodash@4.17.20', { introducedBy: ['express@4.16.0'] });
const express = pkg('pkg:npm/express@4.16.0');

const product = (...names: string[]): VexProduct => ({ product: identityOf(names), component: null });
const inside = (whole: string, part: string): VexProduct => ({
  product: identityOf([whole]),
  component: identityOf([part]),
});

function said(products: readonly VexProduct[], given: Partial<VexStatement> = {}): VexStatement {
  return {
    format: 'openvex',
    document: 'doc',
    author: 'someone',
    record: '/statements/0',
    issuedAt: '2026-01-01T00:00:00.000Z',
    vulnerabilities: ['CVE-1'],
    status: 'not_affected',
    justification: 'vulnerable_code_not_present',
    detail: null,
    products,
    ...given,
  };
}

function run(statements: readonly VexStatement[], found: Package = libssl, os = osRelease('debian', '12')) {
  const findings = [{ package: found, verdict: { vulnerability: 'CVE-1' } }];
  const displayId = (id: string) => (id === 'GHSA-1' ? 'CVE-1' : id);
  return applyVex(findings, statements, { resource, os, packages: [libssl, lodash, express], displayId });
}

const isExplained = (
  products: readonly VexProduct[],
  found: Package = libssl,
  os = osRelease('debian', '12'),
) => run([said(products)], found, os).explained.length === 1;

describe('what a statement is about', () => {
  const cases: readonly [string, readonly VexProduct[], boolean][] = [
    ['the package at any version', [product('pkg:deb/debian/libssl3')], true],
    ['the package at its version', [product('pkg:deb/debian/libssl3@3.0.9-1')], true],
    ['another version', [product('pkg:deb/debian/libssl3@3.0.9-2')], false],
    ['another namespace', [product('pkg:deb/ubuntu/libssl3@3.0.9-1')], false],
    ['another type', [product('pkg:rpm/debian/libssl3')], false],
    ['a qualifier that holds', [product('pkg:deb/debian/libssl3?distro=debian-12')], true],
    ['a qualifier that does not', [product('pkg:deb/debian/libssl3?distro=debian-11')], false],
    ['another architecture', [product('pkg:deb/debian/libssl3?arch=arm64')], false],
    ['its source package', [product('pkg:deb/debian/openssl@3.0.9-1?arch=source')], true],
    ['another version of its source', [product('pkg:deb/debian/openssl@3.0.9-2?arch=source')], false],
    ['a part of the package', [product('pkg:deb/debian/libssl3#lib')], false],
    ['the image by its digest', [product(`pkg:oci/app@${digest}`)], true],
    ['another image', [product(`pkg:oci/app@sha256:${'b'.repeat(64)}`)], false],
    ['the image in its registry', [product('pkg:oci/app?repository_url=registry.example.com/team')], true],
    ['the image elsewhere', [product('pkg:oci/app?repository_url=other.example.com/team')], false],
    ['the image by its tag', [product('pkg:oci/app?tag=1.0')], true],
    ['another tag', [product('pkg:oci/app?tag=2.0')], false],
    ['the image by its name', [product('registry.example.com/team/app:1.0')], true],
    ['the package in the image', [inside('pkg:oci/app', 'pkg:deb/debian/libssl3')], true],
    ['the package in another image', [inside('pkg:oci/other', 'pkg:deb/debian/libssl3')], false],
    ['another package in the image', [inside('pkg:oci/app', 'pkg:deb/debian/zlib1g')], false],
    ['the package in its system', [inside('cpe:/o:debian:debian_linux:12', 'pkg:deb/debian/libssl3')], true],
    [
      'the package in another release',
      [inside('cpe:/o:debian:debian_linux:1', 'pkg:deb/debian/libssl3')],
      false,
    ],
    ['a product that is not known', [inside('Some appliance', 'pkg:deb/debian/libssl3')], false],
    ['nothing', [], false],
  ];
  for (const [name, products, expected] of cases)
    test(`${name}: ${expected ? 'it' : 'not it'}`, () => assert.equal(isExplained(products), expected));

  test('an rpm package, with its epoch beside the version or left out', () => {
    const openssl = pkg('pkg:rpm/rhel/openssl-libs@3.0.7-25.el9?arch=x86_64&distro=rhel-9.4&epoch=1', {
      version: '1:3.0.7-25.el9',
    });
    const os = osRelease('rhel', '9.4');
    const is = (purl: string) => isExplained([product(purl)], openssl, os);
    assert.deepEqual(
      [
        is('pkg:rpm/redhat/openssl-libs@3.0.7-25.el9'),
        is('pkg:rpm/redhat/openssl-libs@3.0.7-25.el9?epoch=1'),
        is('pkg:rpm/redhat/openssl-libs@3.0.7-25.el9?epoch=2'),
        is('pkg:rpm/redhat/openssl-libs@1:3.0.7-25.el9?distro=rhel-9'),
        is('pkg:rpm/suse/openssl-libs@3.0.7-25.el9'),
      ],
      [true, true, false, true, false],
    );
    const rhel = (version: string) =>
      isExplained(
        [inside(`cpe:/a:redhat:enterprise_linux:${version}::appstream`, 'pkg:rpm/redhat/openssl-libs')],
        openssl,
        os,
      );
    assert.deepEqual([rhel('9'), rhel('8')], [true, false]);
  });

  test('what a package of the resource brings, and not what it does not', () => {
    const part = [inside('pkg:npm/express@4.16.0', 'pkg:npm/lodash')];
    assert.equal(isExplained(part, lodash), true);
    assert.equal(isExplained(part, pkg('pkg:npm/lodash@4.17.19', { introducedBy: ['other@1.0.0'] })), false);
    const jar = (path: string) =>
      pkg('pkg:maven/log4j-core@2.14.0', { evidence: [{ path, layer: null, line: null }] });
    const war = pkg('pkg:maven/app@1.0', { evidence: [{ path: 'srv/app.war', layer: null, line: null }] });
    const findings = (found: Package) => [{ package: found, verdict: { vulnerability: 'CVE-1' } }];
    const count = (found: Package) =>
      applyVex(findings(found), [said([inside('pkg:maven/app@1.0', 'pkg:maven/log4j-core')])], {
        resource,
        os: null,
        packages: [war, found],
        displayId: (id) => id,
      }).explained.length;
    assert.deepEqual(
      [count(jar('srv/app.war!/lib/log4j.jar')), count(jar('srv/other.war!/lib/log4j.jar'))],
      [1, 0],
    );
  });

  test('a vulnerability by any of its names, and no other one', () => {
    const named = (id: string) =>
      run([said([product('pkg:deb/debian/libssl3')], { vulnerabilities: [id] })]).explained.length;
    assert.deepEqual([named('GHSA-1'), named('CVE-2')], [1, 0]);
  });
});

describe('what follows from it', () => {
  const all = product('pkg:deb/debian/libssl3');

  test('not affected and fixed are explained, the others are reported with what was said', () => {
    const outcome = (status: VexStatement['status']) => {
      const { reported, explained } = run([said([all], { status })]);
      return [explained[0]?.vex.status ?? null, reported[0]?.vex?.status ?? null];
    };
    assert.deepEqual(outcome('not_affected'), ['not_affected', null]);
    assert.deepEqual(outcome('fixed'), ['fixed', null]);
    assert.deepEqual(outcome('affected'), [null, 'affected']);
    assert.deepEqual(outcome('under_investigation'), [null, 'under_investigation']);
  });

  test('the proof names document, author and statement', () => {
    const vex = run([said([all], { document: 'vendor-1', author: 'Vendor', record: '/statements/7' })])
      .explained[0]?.vex;
    assert.deepEqual([vex?.document, vex?.author, vex?.statement], ['vendor-1', 'Vendor', '/statements/7']);
  });

  const other = { document: 'other', status: 'affected' } as const;
  const conflicts: readonly [string, readonly VexStatement[], string, string | undefined][] = [
    [
      'a version before none, though it is older',
      [
        said([product('pkg:deb/debian/libssl3@3.0.9-1')], { issuedAt: '2020-01-01T00:00:00.000Z' }),
        said([all], other),
      ],
      'not_affected',
      'less specific',
    ],
    [
      'the resource before the package alone',
      [
        said([inside('pkg:oci/app', 'pkg:deb/debian/libssl3')]),
        said([product('pkg:deb/debian/libssl3@3.0.9-1')], other),
      ],
      'not_affected',
      'less specific',
    ],
    [
      'the newer of two that are equally specific',
      [said([all], { issuedAt: '2026-02-01T00:00:00.000Z' }), said([all], other)],
      'not_affected',
      'older',
    ],
    [
      'one with a time before one without',
      [said([all]), said([all], { ...other, issuedAt: null })],
      'not_affected',
      'older',
    ],
    [
      'the later given of two that are equal',
      [said([all], other), said([all])],
      'not_affected',
      'given earlier',
    ],
    ['none where all agree', [said([all]), said([all], { document: 'other' })], 'not_affected', undefined],
  ];
  for (const [name, statements, status, why] of conflicts) {
    test(`of conflicting statements counts ${name}, whatever their order`, () => {
      const orders = name.startsWith('the later') ? [statements] : [statements, statements.toReversed()];
      for (const order of orders) {
        const vex = run(order).explained[0]?.vex;
        assert.equal(vex?.status, status);
        assert.equal(vex?.overrules[0]?.why, why);
        if (why !== undefined) assert.equal(vex?.overrules[0]?.document, 'other');
      }
    });
  }

  test('a package that is said to be affected, which no finding says, is a problem', () => {
    const { problems } = run([said([product('pkg:npm/express')], { status: 'affected' })]);
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.where ?? '', /CVE-1 in pkg:npm\/express@4\.16\.0/);
    assert.equal(run([said([all], { status: 'affected' })]).problems.length, 0);
    assert.equal(run([said([product('pkg:oci/app')], { status: 'affected' })]).problems.length, 0);
  });
});
