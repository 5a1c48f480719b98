import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { osRelease, systemPackage } from '../../../testkit/distros.ts';
import type { Package } from '../../model/package.ts';
import { distroFor } from './registry.ts';

function keysOf(id: string, versionId: string, given: Partial<Package>): readonly string[] {
  const os = osRelease(id, versionId);
  const distro = distroFor(os);
  assert.ok(distro);
  const pkg = systemPackage({ ecosystem: distro.ecosystem, ...given });
  return distro.keysOf(pkg, os).map((key) => `${key.stream} ${key.name} ${key.version}`);
}

describe('keys of system packages', () => {
  test('deb and apk packages are known by their source and its version', () => {
    const source = { name: 'openssl', version: '3.0.11-1' };
    assert.deepEqual(keysOf('debian', '12', { name: 'libssl3', version: '3.0.11-1+b1', source }), [
      'debian:12 openssl 3.0.11-1',
    ]);
    assert.deepEqual(
      keysOf('alpine', '3.19.1', {
        name: 'libcrypto3',
        version: '3.1.4-r2',
        source: { name: 'openssl', version: '3.1.4-r2' },
      }),
      ['alpine:3.19 openssl 3.1.4-r2'],
    );
  });

  test('rpm packages are known by their own name and full version', () => {
    const source = { name: 'openssl', version: '3.0.8-1.amzn2023.0.10' };
    const given = { name: 'openssl-libs', version: '1:3.0.8-1.amzn2023.0.10', source };
    assert.deepEqual(keysOf('amzn', '2023', given), ['amzn:2023 openssl-libs 1:3.0.8-1.amzn2023.0.10']);
  });

  test('Red Hat names sources where nothing is fixed; the source has the epoch of its packages', () => {
    const source = { name: 'openssl', version: '3.0.7-25.el9' };
    for (const id of ['rhel', 'redhat']) {
      assert.deepEqual(keysOf(id, '9.3', { name: 'openssl-libs', version: '1:3.0.7-25.el9', source }), [
        'rhel:9 openssl-libs 1:3.0.7-25.el9',
        'rhel:9 openssl 1:3.0.7-25.el9',
      ]);
    }
    const perl = {
      name: 'perl-Errno',
      version: '1.30-481.el9',
      source: { name: 'perl', version: '5.32.1-481.el9' },
    };
    assert.equal(keysOf('rhel', '9', perl)[1], 'rhel:9 perl 5.32.1-481.el9');
    assert.deepEqual(keysOf('centos', '7', { name: 'bash', version: '4.2.46-33.el7', source: null }), [
      'rhel:7 bash 4.2.46-33.el7',
    ]);
  });

  test('a build for a minor release of Red Hat is judged by the streams of that one first', () => {
    assert.deepEqual(keysOf('rhel', '8.9', { name: 'glibc', version: '2.28-236.el8_9.13' }), [
      'rhel:8:eus-8.9 glibc 2.28-236.el8_9.13',
      'rhel:8:eus-long-life-8.9 glibc 2.28-236.el8_9.13',
      'rhel:8:aus-8.9 glibc 2.28-236.el8_9.13',
      'rhel:8:tus-8.9 glibc 2.28-236.el8_9.13',
      'rhel:8:e4s-8.9 glibc 2.28-236.el8_9.13',
      'rhel:8 glibc 2.28-236.el8_9.13',
    ]);
    assert.equal(keysOf('rhel', '9', { name: 'glibc', version: '2.28-236.el8_9.13' }).length, 1);
  });

  test('a release of Red Hat whose maintenance ended is judged by the line that goes on from it first', () => {
    assert.deepEqual(keysOf('rhel', '7.9', { name: 'bash', version: '4.2.46-33.el7' }), [
      'rhel:7:els bash 4.2.46-33.el7',
      'rhel:7 bash 4.2.46-33.el7',
    ]);
  });

  test('rebuilds of Red Hat ask it for what has no fix yet', () => {
    for (const id of ['almalinux', 'rocky']) {
      const os = osRelease(id, '9.4');
      const pkg = systemPackage({
        ecosystem: 'rpm',
        name: 'glibc-common',
        version: '2.34-100.el9',
        source: { name: 'glibc', version: '2.34-100.el9' },
      });
      assert.deepEqual(
        distroFor(os)
          ?.keysOf(pkg, os)
          .map(({ stream, name, takes }) => [stream, name, takes]),
        [
          [`${id}:9`, 'glibc-common', undefined],
          ['rhel:9', 'glibc-common', 'open'],
          ['rhel:9', 'glibc', 'open'],
        ],
      );
    }
  });

  test('Ksplice and certified builds of Oracle Linux are lines of their own', () => {
    const keys = (version: string) => keysOf('ol', '8.9', { name: 'openssl', version });
    assert.deepEqual(keys('2:1.1.1k-12.ksplice1.el8_9'), ['ol:8:ksplice openssl 2:1.1.1k-12.ksplice1.el8_9']);
    assert.deepEqual(keys('10:3.6.16-4.el8_fips'), ['ol:8:fips openssl 10:3.6.16-4.el8_fips']);
    assert.deepEqual(keys('1:1.1.1k-12.el8_9'), ['ol:8 openssl 1:1.1.1k-12.el8_9']);
  });

  test('notices of Ubuntu that name a binary come before what the tracker says of its source', () => {
    const os = osRelease('ubuntu', '22.04');
    const source = { name: 'gnupg2', version: '2.2.27-3ubuntu2' };
    const pkg = systemPackage({ ecosystem: 'deb', name: 'gnupg', version: '2.2.27-3ubuntu2', source });
    const keys = distroFor(os)?.keysOf(pkg, os) ?? [];
    assert.deepEqual(
      keys.slice(0, 2).map(({ stream, name, takes }) => [stream, name, takes]),
      [
        ['ubuntu:22.04', 'gnupg', 'named'],
        ['ubuntu:22.04', 'gnupg2', undefined],
      ],
    );
  });

  test('signed kernels are known by the unsigned source and the version of the kernel', () => {
    const debian = {
      name: 'linux-image-6.1.0-18-amd64',
      version: '6.1.76-1',
      source: { name: 'linux-signed-amd64', version: '6.1.76+1' },
    };
    assert.deepEqual(keysOf('debian', '12', debian), ['debian:12 linux 6.1.76-1']);
    const lts = {
      name: 'linux-image-5.10.0-0.deb10.30-amd64',
      version: '5.10.218-1~deb10u1',
      source: { name: 'linux-signed-5.10-amd64', version: '5.10.218+1~deb10u1' },
    };
    assert.deepEqual(keysOf('debian', '10', lts), ['debian:10 linux-5.10 5.10.218-1~deb10u1']);
    const ubuntu = {
      name: 'linux-image-5.15.0-1030-aws',
      version: '5.15.0-1030.34',
      source: { name: 'linux-signed-aws-5.15', version: '5.15.0-1030.34' },
    };
    assert.ok(keysOf('ubuntu', '20.04', ubuntu).includes('ubuntu:20.04 linux-aws-5.15 5.15.0-1030.34'));
  });

  test('an ESM build is judged by the ESM pockets first, a certified one only by its own', () => {
    assert.deepEqual(keysOf('ubuntu', '18.04', { name: 'curl', version: '7.58.0-2ubuntu3.24+esm1' }), [
      'ubuntu:18.04:esm-infra curl 7.58.0-2ubuntu3.24+esm1',
      'ubuntu:18.04:esm-apps curl 7.58.0-2ubuntu3.24+esm1',
      'ubuntu:18.04 curl 7.58.0-2ubuntu3.24+esm1',
    ]);
    assert.deepEqual(keysOf('ubuntu', '20.04', { name: 'openssl', version: '1.1.1f-1ubuntu2.fips.22' }), [
      'ubuntu:20.04:fips-updates openssl 1.1.1f-1ubuntu2.fips.22',
      'ubuntu:20.04:fips openssl 1.1.1f-1ubuntu2.fips.22',
    ]);
  });

  test('extras of Amazon Linux 2 are told by name and version', () => {
    const kernel = {
      name: 'kernel',
      version: '5.10.184-175.731.amzn2',
      source: { name: 'kernel', version: '5.10.184-175.731.amzn2' },
    };
    assert.deepEqual(keysOf('amzn', '2', kernel), [
      'amzn:2:kernel-5.10 kernel 5.10.184-175.731.amzn2',
      'amzn:2 kernel 5.10.184-175.731.amzn2',
    ]);
    assert.deepEqual(keysOf('amzn', '2', { name: 'kernel', version: '4.14.314-237.533.amzn2' }), [
      'amzn:2 kernel 4.14.314-237.533.amzn2',
    ]);
    assert.equal(keysOf('amzn', '2023', kernel).length, 1);
  });
});

describe('commands', () => {
  const commands = [
    [
      'debian',
      'openssl',
      '3.0.11-1~deb12u2',
      'apt-get update && apt-get install --only-upgrade openssl=3.0.11-1~deb12u2',
    ],
    ['alpine', 'libssl3', '3.1.4-r2', 'apk update && apk upgrade libssl3'],
    ['rhel', 'openssl', '1:3.0.7-25.el9_3', 'dnf upgrade openssl-1:3.0.7-25.el9_3'],
    ['rhel', 'openssl', '1:1.0.2k-26.el7_9', 'yum update openssl-1:1.0.2k-26.el7_9'],
    ['amzn', 'openssl', '1:1.0.2k-24.amzn2.0.10', 'yum update openssl-1:1.0.2k-24.amzn2.0.10'],
    ['amzn', 'openssl', '1:3.0.8-1.amzn2023.0.10', 'dnf upgrade openssl-1:3.0.8-1.amzn2023.0.10'],
    ['sles', 'openssl', '1.1.1d-1', "zypper refresh && zypper install 'openssl>=1.1.1d-1'"],
  ] as const;
  for (const [id, name, version, expected] of commands) {
    test(`${id} ${version}`, () => {
      assert.equal(distroFor(osRelease(id, null))?.fixCommand(name, version), expected);
    });
  }
});
