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
    const source = { name: 'openssl', version: '3.0.7-25.el9_3' };
    assert.deepEqual(keysOf('rhel', '9.3', { name: 'openssl-libs', version: '1:3.0.7-25.el9_3', source }), [
      'rhel:9 openssl-libs 1:3.0.7-25.el9_3',
    ]);
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
    assert.equal(keysOf('ubuntu', '20.04', ubuntu)[0], 'ubuntu:20.04 linux-aws-5.15 5.15.0-1030.34');
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
