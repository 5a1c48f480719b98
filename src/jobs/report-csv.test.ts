import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '@aws-sdk/client-inspector2';
import { csvHeader, csvLine } from './report-csv.ts';

const now = Date.parse('2026-01-11T00:00:00Z');
const cells = (line: string) =>
  [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell]) => cell?.replaceAll('""', '"') ?? '');
const names = cells(csvHeader);
const row = (finding: Partial<Finding>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    cells(csvLine(finding as Finding, now)).map((cell, index) => [names[index] ?? '', cell]),
  );

test('there are 55 columns, in every line', () => {
  assert.equal(names.length, 55);
  assert.equal(new Set(names).size, 55);
  assert.equal(cells(csvLine({} as Finding, now)).length, 55);
});

test('quotes, commas and line ends stay inside their cell', () => {
  const title = 'a "b", c\r\nd';
  assert.equal(row({ title }).Title, title);
});

test('text of others never becomes a formula', () => {
  for (const title of ['=1+1', '+cmd', '@SUM(A1)', '-x', '\t=1'])
    assert.equal(row({ title }).Title, `'${title}`);
  assert.equal(row({ title: '-1' }).Title, '-1');
});

test('ratings, addresses, packages and ports stand in their columns', () => {
  const cvss = (source: string, version: string, baseScore: number) => ({
    source,
    version,
    baseScore,
    scoringVector: `${source} ${version}`,
  });
  const one = row({
    firstObservedAt: new Date('2026-01-01T00:00:00Z'),
    packageVulnerabilityDetails: {
      vulnerabilityId: 'CVE-2026-1',
      source: 'DEBIAN_CVE',
      vulnerablePackages: [
        { name: 'a', version: '1', release: '2', epoch: 0 },
        { name: 'b', version: '3', fixedInVersion: '4' },
      ],
      cvss: [cvss('DEBIAN', '3.1', 5), cvss('NVD', '3.1', 7), cvss('NVD', '2.0', 6)],
    },
    networkReachabilityDetails: {
      openPortRange: { begin: 22, end: 23 },
      protocol: 'TCP',
      networkPath: {},
    },
    resources: [
      {
        type: 'AWS_EC2_INSTANCE',
        id: 'i-1',
        details: { awsEc2Instance: { ipV4Addresses: ['10.0.0.1', '203.0.113.9', '172.32.0.1'] } },
      },
    ],
  });
  assert.equal(one['Age (Days)'], '10');
  assert.equal(one['Affected Packages'], 'a, b');
  assert.equal(one['Package Installed Version'], '0:1-2, 3');
  assert.deepEqual(
    [one['NVD CVSS3 Score'], one['NVD CVSS2 Score'], one['Vendor CVSS3 Score']],
    ['7', '6', '5'],
  );
  assert.equal(one['Vendor CVSS2 Score'], '');
  assert.equal(one['Port Range'], '22-23');
  assert.equal(one['Resource Private Ipv4'], '10.0.0.1');
  assert.equal(one['Resource Public Ipv4'], '203.0.113.9, 172.32.0.1');
});
