import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Inventory } from '../../model/inventory.ts';
import type { Package } from '../../model/package.ts';
import { type Problem, problem } from '../../model/problem.ts';
import { formatPurl } from '../../model/purl.ts';
import { componentRef, cycloneDx, type SbomFinding } from './cyclonedx.ts';
import { dependencyEdges } from './dependency-edges.ts';
import { isListedExpression } from './licence-expression.ts';
import { sarif } from './sarif.ts';
import { spdx } from './spdx.ts';

// That documents read back as they were, and that the official schemas accept them, is tested in test/.

const subject = { name: 'app', type: 'container', version: 'sha256:00' } as const;
const now = new Date('2026-01-02T03:04:05.678Z');

function packageOf(name: string, told: Partial<Package> = {}): Package {
  const version = '1.0';
  const parts = { type: 'npm', namespace: null, name, version, qualifiers: {}, subpath: null };
  return {
    purl: formatPurl(parts),
    ecosystem: 'npm',
    name,
    version,
    arch: null,
    source: null,
    evidence: [{ path: 'package-lock.json', layer: null, line: 3 }],
    scope: null,
    relation: null,
    introducedBy: [],
    owner: null,
    licences: [],
    attributes: {},
    ...told,
  };
}

function inventoryOf(packages: readonly Package[], problems: readonly Problem[] = []): Inventory {
  return { os: null, packages, problems, facts: { isContainer: true, runningKernel: null, layers: [] } };
}

const chain = [
  packageOf('a', { relation: 'direct', scope: 'dev', licences: ['MIT'] }),
  packageOf('b', { relation: 'transitive', introducedBy: ['a'], licences: ['MIT OR Apache-2.0'] }),
  packageOf('c', {
    relation: 'transitive',
    introducedBy: ['a', 'b'],
    licences: ['Own terms', 'GPL-2.0-only'],
  }),
  packageOf('d', { relation: 'transitive', introducedBy: ['gone'] }),
];

describe('dependencies', () => {
  test('an edge is drawn where the path of names leads to one package', () => {
    const twice = packageOf('a', { version: '2.0', relation: 'direct' });
    const { direct, children } = dependencyEdges(chain);
    assert.deepEqual(direct, [chain[0]]);
    assert.deepEqual(
      [...children].map(([parent, found]) => [parent.name, found.map(({ name }) => name)]),
      [
        ['a', ['b']],
        ['b', ['c']],
      ],
    );
    const doubtful = dependencyEdges([...chain, twice]);
    assert.deepEqual(
      [...doubtful.children].map(([parent]) => parent.name),
      ['b'],
    );
  });

  test('stand in both formats, with the scope where SPDX has a word for it', () => {
    const bom = cycloneDx(subject, inventoryOf(chain), [], now, '1') as { dependencies: unknown };
    assert.deepEqual(bom.dependencies, [
      { ref: 'subject', dependsOn: ['pkg:npm/a@1.0'] },
      { ref: 'pkg:npm/a@1.0', dependsOn: ['pkg:npm/b@1.0'] },
      { ref: 'pkg:npm/b@1.0', dependsOn: ['pkg:npm/c@1.0'] },
    ]);
    const document = spdx(subject, inventoryOf(chain), now, '1') as {
      relationships: { relationshipType: string }[];
    };
    const types = document.relationships.map(({ relationshipType }) => relationshipType);
    assert.deepEqual(
      types.filter((type) => type !== 'CONTAINS'),
      ['DESCRIBES', 'DEV_DEPENDENCY_OF', 'DEPENDS_ON', 'DEPENDS_ON'],
    );
  });
});

describe('licences', () => {
  test('an expression counts when all of it is on the SPDX list', () => {
    for (const text of [
      'MIT',
      'GPL-2.0+',
      '(MIT OR Apache-2.0) AND BSD-3-Clause',
      'GPL-2.0-only WITH Classpath-exception-2.0',
    ])
      assert.equal(isListedExpression(text), true, text);
    for (const text of [
      '',
      'mit',
      'MIT OR',
      'MIT Apache-2.0',
      '(MIT',
      'MIT)',
      'MIT WITH MIT',
      'LicenseRef-a',
      '('.repeat(1000),
    ])
      assert.equal(isListedExpression(text), false, text);
  });

  test('are ids, one expression or names in CycloneDX', () => {
    const { components } = cycloneDx(subject, inventoryOf(chain), [], now, '1') as {
      components: { licenses?: unknown }[];
    };
    assert.deepEqual(
      components.map(({ licenses }) => licenses),
      [
        [{ license: { id: 'MIT' } }],
        [{ expression: 'MIT OR Apache-2.0' }],
        [{ license: { name: 'Own terms' } }, { license: { id: 'GPL-2.0-only' } }],
        undefined,
      ],
    );
  });

  test('are one expression in SPDX, with the texts that are on no list', () => {
    const document = spdx(subject, inventoryOf(chain), now, '1') as {
      packages: { licenseDeclared?: string }[];
      hasExtractedLicensingInfos: { licenseId: string; extractedText: string }[];
    };
    const [extracted] = document.hasExtractedLicensingInfos;
    assert.equal(extracted?.extractedText, 'Own terms');
    assert.deepEqual(
      document.packages.slice(1).map(({ licenseDeclared }) => licenseDeclared),
      ['MIT', 'MIT OR Apache-2.0', `${extracted?.licenseId} AND GPL-2.0-only`, 'NOASSERTION'],
    );
  });
});

describe('findings', () => {
  const finding: SbomFinding = {
    purl: 'pkg:npm/a@1.0',
    vulnerabilityId: 'CVE-2024-1',
    source: 'ghsa',
    severity: 'UNTRIAGED',
    score: null,
    vector: null,
    method: null,
    description: null,
    recommendation: 'Upgrade a to 2.0',
  };

  test('of one vulnerability are one entry that names every package and every remedy', () => {
    const other = { ...finding, purl: 'pkg:npm/b@1.0', recommendation: 'Upgrade b to 3.0' };
    const { vulnerabilities } = cycloneDx(
      subject,
      inventoryOf(chain),
      [finding, other, finding],
      now,
      '1',
    ) as {
      vulnerabilities: unknown[];
    };
    assert.deepEqual(vulnerabilities, [
      {
        'bom-ref': 'vulnerability:CVE-2024-1',
        id: 'CVE-2024-1',
        source: { name: 'ghsa' },
        ratings: [{ severity: 'unknown' }],
        recommendation: 'Upgrade a to 2.0; Upgrade b to 3.0',
        affects: [{ ref: 'pkg:npm/a@1.0' }, { ref: 'pkg:npm/b@1.0' }],
      },
    ]);
  });

  test('SARIF says what was not judged, and takes any path', () => {
    const place = { packageName: 'a', installedVersion: '1', fixedVersion: null, line: null, reason: 'x' };
    const found = { ...finding, ...place, path: 'a b/\ud800%' };
    const { runs } = sarif([found], '1', [problem('unreadable', 'etc/x', 'is cut')]) as {
      runs: { invocations: unknown[]; results: { locations: unknown[] }[] }[];
    };
    assert.deepEqual(runs[0]?.results[0]?.locations, [
      { physicalLocation: { artifactLocation: { uri: 'a%20b/%EF%BF%BD%25' }, region: { startLine: 1 } } },
    ]);
    const note = { descriptor: { id: 'unreadable' }, level: 'warning', message: { text: 'etc/x: is cut' } };
    assert.deepEqual(runs[0]?.invocations, [
      { executionSuccessful: true, toolExecutionNotifications: [note] },
    ]);
  });

  test('a package apart by its owner has a reference of its own', () => {
    assert.notEqual(componentRef(packageOf('a')), componentRef(packageOf('a', { owner: 'python3-a 1.0' })));
  });
});

test('the same inventory at the same time is the same document', () => {
  const inventory = inventoryOf(chain);
  assert.deepEqual(cycloneDx(subject, inventory, [], now, '1'), cycloneDx(subject, inventory, [], now, '1'));
  assert.deepEqual(spdx(subject, inventory, now, '1'), spdx(subject, inventory, now, '1'));
});
