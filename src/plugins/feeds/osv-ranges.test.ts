import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { versionScheme } from '../../versions/registry.ts';
import { osvPackage } from './osv-ecosystems.ts';
import { osvBounds } from './osv-ranges.ts';
import { namesOf } from './osv-record.ts';

type Event = Readonly<Record<string, string>>;

function bounds(events: readonly Event[], more: object = {}) {
  return osvBounds({ ranges: [{ type: 'SEMVER', events }], ...more }, 'semver');
}

const range = (introduced: string | null, fixed: string | null, lastAffected: string | null = null) => ({
  introduced,
  fixed,
  lastAffected,
});

describe('osvBounds', () => {
  const rows: readonly (readonly [name: string, events: readonly Event[], expected: unknown])[] = [
    ['from the first version', [{ introduced: '0' }, { fixed: '1.2.3' }], [range(null, '1.2.3')]],
    [
      'the lowest semantic version is the first',
      [{ introduced: '0.0.0-0' }, { fixed: '1.2.3' }],
      [range(null, '1.2.3')],
    ],
    [
      'several pairs in any order',
      [{ introduced: '1.22.0-0' }, { fixed: '1.22.2' }, { introduced: '0' }, { fixed: '1.21.9' }],
      [range(null, '1.21.9'), range('1.22.0-0', '1.22.2')],
    ],
    ['open end', [{ introduced: '2.0.0' }], [range('2.0.0', null)]],
    ['everything', [{ introduced: '0' }], [range(null, null)]],
    ['last affected', [{ introduced: '1.0.0' }, { last_affected: '1.5.0' }], [range('1.0.0', null, '1.5.0')]],
    [
      'the lowest end counts',
      [{ introduced: '1.0.0' }, { fixed: '1.4.0' }, { fixed: '1.2.0' }],
      [range('1.0.0', '1.2.0')],
    ],
    [
      'a range that begins where another ends',
      [{ introduced: '1.0.0' }, { fixed: '2.0.0' }, { introduced: '2.0.0' }, { fixed: '3.0.0' }],
      [range('1.0.0', '2.0.0'), range('2.0.0', '3.0.0')],
    ],
    [
      'introduced twice',
      [{ introduced: '1.0.0' }, { introduced: '1.1.0' }, { fixed: '2.0.0' }],
      [range('1.0.0', '2.0.0')],
    ],
    ['an end without a beginning', [{ fixed: '2.0.0' }], []],
    ['both in one event', [{ introduced: '0', fixed: '1.0.0' }], [range(null, '1.0.0')]],
  ];
  for (const [name, events, expected] of rows) {
    test(name, () => assert.deepEqual(bounds(events).ranges, expected));
  }

  test('listed versions that a range covers are left out, others stay', () => {
    const { versions } = bounds([{ introduced: '1.0.0' }, { fixed: '2.0.0' }], {
      versions: ['1.0.0', '1.9.9', '2.0.0', '0.9.0', 'odd!'],
    });
    assert.deepEqual(versions, ['2.0.0', '0.9.0', 'odd!']);
  });

  test('versions alone become ranges of one, never "every version"', () => {
    assert.deepEqual(osvBounds({ versions: ['1.0.0', '1.0.0', 'odd!'] }, 'semver'), {
      ranges: [range('1.0.0', null, '1.0.0')],
      versions: ['odd!'],
      unknown: null,
    });
  });

  test('commit ranges and nothing at all are unknown', () => {
    assert.equal(
      osvBounds({ ranges: [{ type: 'GIT', events: [{ introduced: '0' }] }] }, 'semver').unknown,
      'only commit ranges',
    );
    assert.equal(osvBounds({}, 'semver').unknown, 'no versions given');
  });

  test('ranges agree with the evaluation that the schema prescribes', () => {
    const version = fc.tuple(fc.nat(3), fc.nat(3)).map(([major, minor]) => `${major}.${minor}.0`);
    const event = fc.oneof(
      version.map((introduced) => ({ introduced })),
      version.map((fixed) => ({ fixed })),
      version.map((last_affected) => ({ last_affected })),
    );
    const order = (left: string, right: string) => versionScheme('semver')?.compare(left, right) as number;
    fc.assert(
      fc.property(
        fc.uniqueArray(event, { maxLength: 6, selector: (one) => Object.values(one)[0] }),
        version,
        (events, asked) => {
          const sorted = events.toSorted((a, b) =>
            order(Object.values(a)[0] ?? '', Object.values(b)[0] ?? ''),
          );
          let expected = false;
          for (const one of sorted) {
            if ('introduced' in one && order(asked, one.introduced) >= 0) expected = true;
            if ('fixed' in one && order(asked, one.fixed) >= 0) expected = false;
            if ('last_affected' in one && order(asked, one.last_affected) > 0) expected = false;
          }
          const found = bounds(events).ranges.some(
            ({ introduced, fixed, lastAffected }) =>
              (introduced === null || order(asked, introduced) >= 0) &&
              (fixed === null || order(asked, fixed) < 0) &&
              (lastAffected === null || order(asked, lastAffected) <= 0),
          );
          assert.equal(found, expected);
        },
      ),
    );
  });
});

describe('namesOf', () => {
  const distro = [{ package: { ecosystem: 'AlmaLinux:9', name: 'x' } }];
  const rows: readonly (readonly [
    name: string,
    record: object,
    id: string,
    vulnerabilities: readonly string[],
  ])[] = [
    ['its own id', {}, 'GO-1', ['GO-1']],
    ['one CVE alias', { aliases: [' CVE-2024-0001'] }, 'GHSA-a', ['GHSA-a']],
    [
      'two CVE aliases are two flaws',
      { aliases: ['CVE-2024-0001', 'CVE-2024-0002', 'GHSA-a'] },
      'GO-1',
      ['CVE-2024-0001', 'CVE-2024-0002'],
    ],
    [
      'upstream CVEs',
      { upstream: ['CVE-2024-0001', 'UBUNTU-CVE-2024-0002'] },
      'JLSEC-1',
      ['CVE-2024-0001', 'CVE-2024-0002'],
    ],
    ['a CVE in its own name', { affected: distro }, 'UBUNTU-CVE-2024-0003', ['CVE-2024-0003']],
    [
      'an erratum',
      { affected: distro, related: ['CVE-2024-0001', 'CVE-2024-0002'] },
      'ALSA-2024:1',
      ['CVE-2024-0001', 'CVE-2024-0002'],
    ],
    [
      'related ids of a language record are merely connected',
      { related: ['CVE-2024-0001'] },
      'GHSA-a',
      ['GHSA-a'],
    ],
  ];
  for (const [name, record, id, vulnerabilities] of rows) {
    test(name, () =>
      assert.deepEqual(namesOf(record as Record<string, unknown>, id).vulnerabilities, vulnerabilities),
    );
  }
});

describe('osvPackage', () => {
  const rows: readonly (readonly [
    ecosystem: string,
    name: string,
    purl: string | null,
    expected: string | null,
  ])[] = [
    ['PyPI', 'Zope.Interface_x', null, 'pypi zope-interface-x pep440'],
    ['npm', '@Scope/Name', null, 'npm @Scope/Name semver'],
    ['NuGet', 'Newtonsoft.Json', null, 'nuget newtonsoft.json nuget'],
    ['Packagist:https://packages.drupal.org/8', 'drupal/Token', null, 'composer drupal/token composer'],
    ['Maven', 'g:a', null, 'maven g:a maven'],
    ['Go', 'stdlib', null, 'golang stdlib go'],
    ['SwiftURL', 'https://github.com/Apple/swift-nio.git', null, 'swift github.com/apple/swift-nio semver'],
    ['Debian:12', 'openssl', null, 'debian:12 openssl deb'],
    ['Debian:6.0', 'openssl', null, 'debian:6 openssl deb'],
    ['Alpine:v3.19', 'openssl', null, 'alpine:3.19 openssl apk'],
    ['Alpine:edge', 'openssl', null, 'alpine:edge openssl apk'],
    ['Ubuntu:22.04:LTS', 'openssl', null, 'ubuntu:22.04 openssl deb'],
    ['Ubuntu:24.10', 'openssl', null, 'ubuntu:24.10 openssl deb'],
    [
      'Ubuntu:Pro:18.04:LTS',
      'netty',
      'pkg:deb/ubuntu/netty@1?arch=source&distro=esm-apps/bionic',
      'ubuntu:18.04:esm-apps netty deb',
    ],
    ['Ubuntu:Pro:FIPS-updates:18.04:LTS', 'openssl', null, 'ubuntu:18.04:fips-updates openssl deb'],
    ['Rocky Linux:9', 'x', null, 'rocky:9 x rpm'],
    ['Red Hat:enterprise_linux:9::appstream', 'x', null, 'rhel:9 x rpm'],
    ['Red Hat:rhel_eus:9.2::baseos', 'x', null, 'rhel:9:eus-9.2 x rpm'],
    ['Red Hat:openshift:4.16::el9', 'x', null, null],
    ['SUSE:Linux Enterprise Server 15 SP5', 'x', null, 'sles:15.5 x rpm'],
    ['openSUSE:Leap 15.5', 'x', null, 'opensuse:leap:15.5 x rpm'],
    ['openSUSE:Tumbleweed', 'x', null, 'opensuse:tumbleweed x rpm'],
    ['Wolfi', 'x', null, 'wolfi x apk'],
    ['Alpaquita:stream', 'x', null, 'alpaquita:stream x apk'],
    ['constructor', 'x', null, null],
    ['Alpine', 'x', null, null],
    ['npm', '', null, null],
  ];
  for (const [ecosystem, name, purl, expected] of rows) {
    test(`${ecosystem} ${name}`, () => {
      const found = osvPackage({ ecosystem, name, purl });
      assert.equal(found === null ? null : `${found.stream} ${found.name} ${found.scheme}`, expected);
    });
  }
});
