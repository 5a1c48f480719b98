import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isoTime } from './records.ts';
import { streamOfCpe } from './redhat-cpe.ts';
import { rpmModules } from './rpm-modules.ts';
import { secdbNames } from './secdb.ts';
import { streamOfSuseProduct } from './suse-products.ts';
import { develState, trackerState } from './ubuntu/tracker-status.ts';

type Rows<T> = readonly (readonly [text: string, expected: T])[];

function table<T>(name: string, rows: Rows<T>, run: (text: string) => T): void {
  describe(name, () => {
    for (const [text, expected] of rows) test(text || '(empty)', () => assert.deepEqual(run(text), expected));
  });
}

table<string | null>(
  'streamOfCpe',
  [
    ['cpe:/o:redhat:enterprise_linux:9::baseos', 'rhel:9'],
    ['cpe:/a:redhat:enterprise_linux:8::appstream', 'rhel:8'],
    ['cpe:/o:redhat:enterprise_linux:7', 'rhel:7'],
    ['cpe:/o:redhat:enterprise_linux:10.0', 'rhel:10'],
    ['cpe:/a:redhat:rhel_eus:9.2::appstream', 'rhel:9:eus-9.2'],
    ['cpe:/o:redhat:rhel_aus:8.4::baseos', 'rhel:8:aus-8.4'],
    ['cpe:/o:redhat:rhel_els:7', 'rhel:7:els'],
    ['cpe:/o:redhat:rhel_els:6.10::server', 'rhel:6:els'],
    ['cpe:/a:redhat:rhel_eus:9', null],
    ['cpe:/a:redhat:constructor:9.2', null],
    ['cpe:/a:redhat:openshift:4.16::el9', null],
    ['nonsense', null],
  ],
  streamOfCpe,
);

table<string | null>(
  'streamOfSuseProduct',
  [
    ['openSUSE Leap 15.3', 'opensuse:leap:15.3'],
    ['openSUSE Leap 15.3 NonFree', 'opensuse:leap:15.3'],
    ['openSUSE Tumbleweed', 'opensuse:tumbleweed'],
    ['SUSE Linux Enterprise Server 15 SP5', 'sles:15.5'],
    ['SUSE Linux Enterprise Server 15', 'sles:15'],
    ['SUSE Linux Enterprise Server 15 SP1-LTSS', 'sles:15.1'],
    ['SUSE Linux Enterprise Module for Open Buildservice Development Tools 15 SP3', 'sles:15.3'],
    ['SUSE Linux Micro 6.0', 'sle-micro:6.0'],
    ['SUSE Manager Server 4.1', null],
    ['SUSE Linux Enterprise Storage 7', null],
  ],
  streamOfSuseProduct,
);

table<{ vulnerabilities: readonly string[]; aliases: readonly string[] }>(
  'secdbNames',
  [
    ['CVE-2021-27219 GHSL-2021-045', { vulnerabilities: ['CVE-2021-27219'], aliases: ['GHSL-2021-045'] }],
    [
      'GHSA-aaaa-bbbb-ccc1  CVE-2021-27219',
      { vulnerabilities: ['CVE-2021-27219'], aliases: ['GHSA-aaaa-bbbb-ccc1'] },
    ],
    [
      'CVE-2021-0001 CVE-2021-0002 XSA-1',
      { vulnerabilities: ['CVE-2021-0001', 'CVE-2021-0002'], aliases: [] },
    ],
    ['CVE-2021-0001 XSA-1', { vulnerabilities: ['CVE-2021-0001'], aliases: [] }],
    ['XSA-1', { vulnerabilities: ['XSA-1'], aliases: [] }],
    ['CVE-2021-0001 (not actually applicable)', { vulnerabilities: ['CVE-2021-0001'], aliases: [] }],
    ['CVE N/A ZBX-11023', { vulnerabilities: ['ZBX-11023'], aliases: [] }],
    ['', { vulnerabilities: [], aliases: [] }],
  ],
  secdbNames,
);

table<readonly (string | null)[] | null>(
  'rpmModules',
  [
    ['Important: nodejs:18 security update', ['nodejs:18']],
    ['Moderate: virt:rhel and virt-devel:rhel security update', ['virt:rhel', 'virt-devel:rhel']],
    ['Moderate: ruby security update', null],
    [
      'RHSA-2019:0975: container-tools:rhel8 security and bug fix update (Important)',
      ['container-tools:rhel8'],
    ],
    ['RLSA-2022:6963: nodejs security update (Important)', null],
  ],
  (title) => rpmModules(['1-1.module_el8.1'], title)?.map(({ module }) => module) ?? null,
);

test('a fix outside any module has no module condition', () => {
  assert.equal(rpmModules(['1.2-3.el9'], 'Moderate: edk2:20220126gitbb1bba3d77 security update'), null);
});

table<string | null>(
  'isoTime',
  [
    ['2024-01-02', '2024-01-02'],
    ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05Z'],
    ['2024-01-02T03:04Z', '2024-01-02T03:04:00Z'],
    ['2023-07-14T03:39:10.188-04:00', '2023-07-14T07:39:10Z'],
    ['2023-10-18 04:15:00 UTC', '2023-10-18T04:15:00Z'],
    ['2023-10-18 04:15', '2023-10-18T04:15:00Z'],
    ['0001-01-01T00:00:00Z', null],
    ['unknown', null],
    ['2024-13-45T00:00:00Z', null],
  ],
  isoTime,
);

table<string | null>(
  'trackerState',
  [
    ['released 1.2-1', 'fixed'],
    ['released', 'unknown'],
    ['not-affected code not present', 'not-affected'],
    ['needed', 'affected'],
    ['active', 'affected'],
    ['pending 1.2-1', 'affected'],
    ['deferred 2024-01-01', 'deferred'],
    ['needs-triage', 'under-investigation'],
    ['ignored', 'will-not-fix'],
    ['ignored changes too intrusive', 'will-not-fix'],
    ['ignored end of standard support', null],
    ['ignored end of standard support, was needs-triage', null],
    ['ignored end of standard support, was needed', 'end-of-life'],
    ['ignored end of life, was not-affected', 'not-affected'],
    ['ignored ESM criteria, was needed', 'will-not-fix'],
    ['ignored was needs-triage ESM criteria', null],
    ['ignored superseded by linux-hwe-6.2, was needed', null],
    ['something-else', 'unknown-status'],
  ],
  (text) => {
    const [status = '', ...detail] = text.split(' ');
    const state = trackerState(status, detail.join(' '));
    return state === null || typeof state === 'string' ? state : state.status;
  },
);

test('what was open in the release in development is not known to stay so', () => {
  const status = (word: string, detail = '') => {
    const state = develState(word, detail);
    return state === null || typeof state === 'string' ? state : state.status;
  };
  assert.deepEqual(
    [status('needed'), status('released', '1.2-1'), status('not-affected')],
    ['under-investigation', 'fixed', 'not-affected'],
  );
});
