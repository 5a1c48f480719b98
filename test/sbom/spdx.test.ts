import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { contentOf, problemsOf, purlsOf, spdxOf, spdxPackage } from './reading.ts';

const relation = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string) => ({
  spdxElementId: `SPDXRef-${spdxElementId}`,
  relationshipType,
  relatedSpdxElement: `SPDXRef-${relatedSpdxElement}`,
});

describe('SPDX 2 JSON', () => {
  test('relationships of either direction tell who needs whom, and for what', () => {
    const content = contentOf(
      spdxOf(
        [
          spdxPackage('root', null),
          ...['a', 'b', 'c', 'd', 'e'].map((name) => spdxPackage(name, `pkg:npm/${name}@1`)),
        ],
        {
          relationships: [
            relation('DOCUMENT', 'DESCRIBES', 'root'),
            relation('root', 'DEPENDS_ON', 'a'),
            relation('b', 'DEPENDENCY_OF', 'a'),
            relation('c', 'DEV_DEPENDENCY_OF', 'root'),
            relation('d', 'TEST_DEPENDENCY_OF', 'c'),
            relation('d', 'RUNTIME_DEPENDENCY_OF', 'b'),
            relation('root', 'CONTAINS', 'e'),
          ],
        },
      ),
    );
    const told = content.packages.map(({ name, relation: kind, introducedBy, scope }) => [
      name,
      kind,
      introducedBy,
      scope,
    ]);
    assert.deepEqual(told, [
      ['a', 'direct', [], null],
      ['b', 'transitive', ['a'], null],
      ['c', 'direct', [], 'dev'],
      ['d', 'transitive', ['c'], 'runtime'],
      ['e', null, [], null],
    ]);
    assert.deepEqual(problemsOf(content), []);
  });

  test('what Syft and Trivy write in free text is read', () => {
    const content = contentOf(
      spdxOf(
        [
          spdxPackage('OperatingSystem-1', null, { name: 'debian', versionInfo: '12.4' }),
          spdxPackage('libssl3', 'pkg:deb/debian/libssl3@3.0.9-1', {
            sourceInfo: 'built package from: openssl 3.0.9-1',
            attributionTexts: ['PkgID: x', 'LayerDiffID: sha256:2'],
            licenseConcluded: 'NONE',
            licenseDeclared: 'LicenseRef-1',
          }),
          spdxPackage('bash', 'pkg:deb/debian/bash@5', {
            sourceInfo:
              'acquired package info from DPKG DB: /var/lib/dpkg/status, /usr/share/doc/bash/copyright',
          }),
        ],
        {
          hasExtractedLicensingInfos: [{ licenseId: 'LicenseRef-1', name: 'Own terms', extractedText: 'x' }],
        },
      ),
    );
    assert.deepEqual([content.os?.id, content.os?.versionId], ['debian', '12.4']);
    const [bash, libssl3] = content.packages;
    assert.deepEqual(
      bash?.evidence.map(({ path }) => path),
      ['usr/share/doc/bash/copyright', 'var/lib/dpkg/status'].toReversed(),
    );
    assert.deepEqual(libssl3?.source, { name: 'openssl', version: '3.0.9-1' });
    assert.equal(libssl3?.evidence[0]?.layer, 'sha256:2');
    assert.deepEqual(libssl3?.licences, ['Own terms']);
  });

  test('either spelling of the purpose is the system', () => {
    for (const primaryPackagePurpose of ['OPERATING-SYSTEM', 'OPERATING_SYSTEM']) {
      const { os } = contentOf(
        spdxOf([
          spdxPackage('x', null, { name: 'Alpine Linux', versionInfo: '3.20', primaryPackagePurpose }),
        ]),
      );
      assert.deepEqual([os?.id, os?.versionId], ['alpine', '3.20']);
    }
  });

  test('several purls are several packages; without one, a CPE or a problem', () => {
    const cpe = {
      referenceCategory: 'SECURITY',
      referenceType: 'cpe23Type',
      referenceLocator: 'cpe:2.3:a:f5:nginx:1.2',
    };
    const purl = (name: string) => ({
      referenceType: 'http://spdx.org/rdf/references/purl',
      referenceLocator: `pkg:npm/${name}@1`,
    });
    const content = contentOf(
      spdxOf(
        [
          { name: 'two', externalRefs: [purl('a'), purl('b'), purl('a')] },
          { name: 'nginx', externalRefs: [cpe] },
          { name: 'unknown', versionInfo: '1' },
        ],
        { externalDocumentRefs: [{}] },
      ),
    );
    assert.deepEqual(purlsOf(content), ['pkg:generic/nginx@1.2', 'pkg:npm/a@1', 'pkg:npm/b@1']);
    assert.deepEqual(problemsOf(content), [
      'not-assessed: bom: package unknown 1 has no purl, CPE or SWID, so no ecosystem is known and it is not assessed',
      'not-assessed: bom refers to 1 other documents, whose packages are not in it',
    ]);
  });
});

describe('SPDX tag-value', () => {
  test('packages, texts over several lines, relationships and sections of other things', () => {
    const content = contentOf(`SPDXVersion: SPDX-2.3
DocumentName: demo
# a comment
PackageName: a
SPDXID: SPDXRef-a
PackageVersion: 1.0
PackageLicenseDeclared: MIT
PackageDescription: <text>One
PackageName: not this
</text>
ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1.0
FileName: ./x
SPDXID: SPDXRef-file
PackageName: b
SPDXID: SPDXRef-b
ExternalRef: PACKAGE-MANAGER purl pkg:npm/b@2.0
LicenseID: LicenseRef-1
ExtractedText: <text>terms</text>
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a
Relationship: SPDXRef-a DEPENDS_ON SPDXRef-b
this is no tag
`);
    assert.equal(content.name, 'demo');
    const told = content.packages.map(({ name, version, licences, relation: kind }) => [
      name,
      version,
      licences,
      kind,
    ]);
    assert.deepEqual(told, [
      ['a', '1.0', ['MIT'], null],
      ['b', '2.0', [], 'direct'],
    ]);
    assert.deepEqual(problemsOf(content), [
      "malformed: bom has 1 lines that are no 'Tag: value'; they are not read",
    ]);
  });

  test('a text without its end is a problem', () => {
    const content = contentOf(
      'SPDXVersion: SPDX-2.2\nPackageName: a\nExternalRef: X purl pkg:npm/a@1\nPackageComment: <text>x\n',
    );
    assert.deepEqual(purlsOf(content), ['pkg:npm/a@1']);
    assert.match(problemsOf(content).join(), /'<text>' without its end/);
  });
});

describe('SPDX 3 JSON-LD', () => {
  const context = 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld';
  const element = (type: string, spdxId: string, rest: object) => ({
    type,
    spdxId,
    creationInfo: '_:c',
    ...rest,
  });

  test('packages, identifiers, licences, dependencies and the system', () => {
    const content = contentOf({
      '@context': context,
      '@graph': [
        { type: 'CreationInfo', '@id': '_:c', specVersion: '3.0.1' },
        element('SpdxDocument', 'urn:doc', { name: 'demo', rootElement: ['urn:app'] }),
        element('software_Package', 'urn:app', { name: 'app', software_primaryPurpose: 'container' }),
        element('software_Package', 'urn:a', { name: 'a', software_packageUrl: 'pkg:npm/a@1' }),
        element('software_Package', 'urn:b', {
          name: 'b',
          software_packageVersion: '2',
          externalIdentifier: [
            { type: 'ExternalIdentifier', externalIdentifierType: 'packageUrl', identifier: 'pkg:npm/b' },
          ],
        }),
        element('software_Package', 'urn:os', {
          name: 'debian',
          software_packageVersion: '12',
          software_primaryPurpose: 'operatingSystem',
        }),
        element('software_Package', 'urn:x', { name: 'x', software_packageVersion: '1' }),
        element('simplelicensing_LicenseExpression', 'urn:l', { simplelicensing_licenseExpression: 'MIT' }),
        element('Relationship', 'urn:r1', { from: 'urn:app', to: ['urn:a'], relationshipType: 'dependsOn' }),
        element('LifecycleScopedRelationship', 'urn:r2', {
          from: 'urn:a',
          to: ['urn:b'],
          relationshipType: 'dependsOn',
          scope: 'development',
        }),
        element('Relationship', 'urn:r3', {
          from: 'urn:a',
          to: ['urn:l'],
          relationshipType: 'hasDeclaredLicense',
        }),
        element('security_Vulnerability', 'urn:v', {}),
      ],
    });
    assert.equal(content.name, 'demo');
    assert.deepEqual([content.os?.id, content.os?.versionId], ['debian', '12']);
    const told = content.packages.map(({ purl, relation: kind, introducedBy, scope, licences }) => [
      purl,
      kind,
      introducedBy,
      scope,
      licences,
    ]);
    assert.deepEqual(told, [
      ['pkg:npm/a@1', 'direct', [], null, ['MIT']],
      ['pkg:npm/b@2', 'transitive', ['a'], 'dev', []],
    ]);
    assert.deepEqual(
      content.problems.map(({ why }) => why.split(',', 1)[0]),
      ['has 1 vulnerabilities of its own', 'has no purl'],
    );
  });
});
