import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Inventory } from '../../model/inventory.ts';
import type { Package } from '../../model/package.ts';
import { formatPurl } from '../../model/purl.ts';
import { readSbom, sbomInventory } from '../../plugins/targets/sbom/index.ts';
import { cycloneDx } from './cyclonedx.ts';
import { spdx } from './spdx.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9.-]{0,12}$/);
const version = fc.stringMatching(/^[0-9][0-9a-z.+~-]{0,10}$/);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const anyPackage: fc.Arbitrary<Package> = fc
  .record({
    ecosystem: fc.constantFrom('npm', 'deb', 'pypi'),
    name: word,
    version,
    arch: maybe(fc.constantFrom('amd64', 'all')),
    source: maybe(fc.record({ name: word, version })),
    evidence: fc.array(
      fc.record({ path: word, layer: maybe(word), line: maybe(fc.integer({ min: 1, max: 999 })) }),
      { minLength: 1, maxLength: 3 },
    ),
    scope: maybe(fc.constantFrom('runtime' as const, 'dev' as const, 'test' as const, 'optional' as const)),
    relation: maybe(fc.constantFrom('direct' as const, 'transitive' as const)),
    introducedBy: fc.array(word, { maxLength: 3 }),
    owner: maybe(word),
    licences: fc.array(word, { maxLength: 2 }),
    attributes: fc.dictionary(word, word, { maxKeys: 2 }),
  })
  .map((parts) => ({
    ...parts,
    purl: formatPurl({
      type: parts.ecosystem,
      namespace: null,
      name: parts.name,
      version: parts.version,
      qualifiers: {},
      subpath: null,
    }),
  }));

function inventory(packages: readonly Package[]): Inventory {
  const sorted = [...packages].sort((a, b) => (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0));
  return {
    os: {
      id: 'debian',
      idLike: [],
      versionId: '12',
      codename: 'bookworm',
      prettyName: 'Debian GNU/Linux 12',
    },
    packages: sorted,
    problems: [],
    facts: { isContainer: true, runningKernel: null, layers: [] },
  };
}

const subject = { name: 'app', type: 'container', version: 'sha256:00' } as const;

describe('SBOMs that we write', () => {
  test('CycloneDX reads back as the same inventory', () => {
    fc.assert(
      fc.property(fc.array(anyPackage, { maxLength: 6 }), (packages) => {
        const before = inventory(packages);
        const document = cycloneDx(subject, before, [], new Date(0), '1.0.0');
        const after = sbomInventory(readSbom(JSON.stringify(document), 'bom.json'));
        assert.deepEqual(after.problems, []);
        assert.deepEqual(after.os, before.os);
        assert.deepEqual(after.packages, JSON.parse(JSON.stringify(before.packages)));
      }),
    );
  });

  test('SPDX keeps every package, by purl', () => {
    fc.assert(
      fc.property(fc.array(anyPackage, { maxLength: 6 }), (packages) => {
        const before = inventory(packages);
        const after = sbomInventory(
          readSbom(JSON.stringify(spdx(subject, before, new Date(0), '1.0.0')), 'bom.json'),
        );
        assert.deepEqual(
          after.packages.map(({ purl }) => purl),
          before.packages.map(({ purl }) => purl),
        );
        assert.equal(after.os?.versionId, '12');
      }),
    );
  });

  test('the same inventory at the same time is the same document', () => {
    const one = inventory([]);
    assert.deepEqual(
      cycloneDx(subject, one, [], new Date(0), '1'),
      cycloneDx(subject, one, [], new Date(0), '1'),
    );
  });
});
