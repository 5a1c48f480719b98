import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemPackage } from '../../testkit/distros.ts';
import type { Package } from '../model/package.ts';
import type { FindingRow } from '../store/finding-list.ts';
import { findingShape } from './finding-shape.ts';

function row(pkg: Package, distro: string | null, compared: string, fixedVersion: string | null): FindingRow {
  const proof = { version: compared, scheme: 'deb', key: { stream: 's', name: 'n' } };
  return {
    findingId: 1,
    type: 0,
    arn: 'arn:aws:inspector2:eu-west-1:000000000000:finding/1',
    accountId: '000000000000',
    title: 'CVE-2024-0001',
    status: 0,
    severity: 3,
    score: null,
    epss: null,
    fixAvailable: 0,
    exploitAvailable: false,
    firstObservedAt: 0,
    lastObservedAt: 0,
    updatedAt: 0,
    vulnerabilityId: 'CVE-2024-0001',
    adjustment: null,
    network: null,
    resource: {
      type: 'AWS_EC2_INSTANCE',
      id: 'i-1',
      region: 'eu-west-1',
      tags: {},
      details: {},
      firstSeenAt: 0,
      os: null,
    },
    vulnerability: null,
    packages: [
      {
        package: pkg,
        distro,
        fixedVersion,
        rating: { cvss: null, vendorSeverity: null, reason: '' },
        verdict: { fixedVersion, proof, advisory: null } as FindingRow['packages'][number]['verdict'],
      },
    ],
    sortValue: '',
    sortTie: 0,
  };
}

const shown = (...given: Parameters<typeof row>) => {
  const [first] = findingShape(row(...given)).packageVulnerabilityDetails?.vulnerablePackages ?? [];
  return [first?.fixedInVersion, first?.remediation];
};

describe('what the API says to do about a package', () => {
  const apt = 'apt-get update && apt-get install --only-upgrade';

  test('the fixed version is that of the binary package, which its command can install', () => {
    const source = { name: 'util-linux', version: '2.38.1-5' };
    const bsdutils = systemPackage({ ecosystem: 'deb', name: 'bsdutils', version: '1:2.38.1-5+b1', source });
    assert.deepEqual(shown(bsdutils, 'debian', '2.38.1-5', '2.38.1-5+deb12u1'), [
      '1:2.38.1-5+deb12u1',
      `${apt} bsdutils=1:2.38.1-5+deb12u1`,
    ]);
  });

  test('where it cannot be told from the source, the command has no version and the source is named', () => {
    const source = { name: 'gcc-defaults', version: '1.203' };
    const gcc = systemPackage({ ecosystem: 'deb', name: 'gcc', version: '4:12.2.0-3', source });
    assert.deepEqual(shown(gcc, 'debian', '1.203', '1.204'), [
      '1.204',
      `${apt} gcc # The fix is in version 1.204 of the source package gcc-defaults.`,
    ]);
  });

  test('a package that another one brings names the dependency to raise', () => {
    const nested = systemPackage({
      ecosystem: 'npm',
      name: 'minimist',
      version: '1.2.0',
      relation: 'transitive',
      introducedBy: ['mocha@6.0.0'],
    });
    const [version, text] = shown(nested, null, '1.2.0', '1.2.6');
    assert.equal(version, '1.2.6');
    assert.match(text ?? '', /^npm update minimist # It is brought by mocha@6\.0\.0/);
  });

  test('without a fix there is none to name', () => {
    const openssl = systemPackage({ ecosystem: 'deb', version: '3.0.9-1' });
    assert.deepEqual(shown(openssl, 'debian', '3.0.9-1', null), ['NotAvailable', undefined]);
  });
});
