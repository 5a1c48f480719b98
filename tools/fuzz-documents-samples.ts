import type { Inventory } from '../src/model/inventory.ts';
import { cycloneDx } from '../src/pipeline/publish/cyclonedx.ts';
import { spdx } from '../src/pipeline/publish/spdx.ts';
import { readSbom } from '../src/plugins/targets/sbom/index.ts';

/**
 * Documents to damage, by format: the given files by what they are, and what is made of them for the formats that
 * they lack. Documents of ours are among them.
 */
export function sbomSamples(files: readonly Buffer[]): ReadonlyMap<string, readonly Buffer[]> {
  const starting = (text: string) =>
    files.filter((file) => file.toString('utf8').trimStart().startsWith(text));
  const holding = (text: string) => starting('{').filter((file) => file.includes(text));
  const small = Buffer.from(JSON.stringify(smallBom));
  const bom = [...holding('"bomFormat"'), small, Buffer.from(JSON.stringify(ownBom()))];
  const spdxFiles = [...holding('"spdxVersion"'), Buffer.from(JSON.stringify(ownSpdx()))];
  return new Map([
    ['cyclonedx-json', bom],
    ['cyclonedx-xml', [...starting('<'), Buffer.from(smallXml)]],
    ['spdx-json', spdxFiles],
    ['spdx-tag-value', [...starting('SPDXVersion'), Buffer.from(smallTagValue)]],
    ['spdx3-json-ld', [Buffer.from(JSON.stringify(smallSpdx3))]],
    ['attestation', [...bom, ...spdxFiles].flatMap((file) => wrapped(JSON.parse(file.toString('utf8'))))],
  ]);
}

function wrapped(document: object): readonly Buffer[] {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'app', digest: { sha256: '00' } }],
    predicateType: 'https://spdx.dev/Document',
    predicate: document,
  };
  const payload = Buffer.from(JSON.stringify(statement)).toString('base64');
  const envelope = { payloadType: 'application/vnd.in-toto+json', payload, signatures: [{ sig: 'x' }] };
  const lines = `${JSON.stringify(envelope)}\n${JSON.stringify(statement)}\n`;
  const forms = [statement, envelope, { dsseEnvelope: envelope }, { sbom: document }, [document, statement]];
  return [...forms.map((form) => Buffer.from(JSON.stringify(form))), Buffer.from(lines)];
}

const subject = { name: 'app', type: 'container', version: null } as const;

function ownInventory(): Inventory {
  return { ...readSbom(JSON.stringify(smallBom), 'bom'), problems: [] };
}

function ownBom(): object {
  return cycloneDx(subject, ownInventory(), [], new Date(0), '1');
}

function ownSpdx(): object {
  return spdx(subject, ownInventory(), new Date(0), '1');
}

const smallBom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  metadata: { component: { type: 'container', 'bom-ref': 'root', name: 'app' } },
  components: [
    { type: 'operating-system', name: 'debian', version: '12' },
    {
      type: 'library',
      'bom-ref': 'a',
      name: 'a',
      version: '1',
      purl: 'pkg:npm/a@1',
      scope: 'optional',
      licenses: [{ license: { id: 'MIT' } }, { expression: 'MIT OR ISC' }],
      evidence: { occurrences: [{ location: '/a', line: 3 }] },
      properties: [{ name: 'syft:location:0:path', value: '/b' }],
      components: [
        { type: 'library', 'bom-ref': 'b', name: 'b', purl: 'pkg:deb/debian/b@1?distro=debian-12' },
      ],
    },
    { type: 'library', name: 'c', version: '1', cpe: 'cpe:2.3:a:c:c:1:*:*:*:*:*:*:*' },
    { type: 'library', name: 'd', version: '1', swid: { tagId: 'x', name: 'd' } },
    {
      type: 'library',
      name: 'e',
      version: '1',
      externalReferences: [{ type: 'website', url: 'https://pypi.org/e' }],
    },
  ],
  dependencies: [
    { ref: 'root', dependsOn: ['a'] },
    { ref: 'a', dependsOn: ['b', 'a'] },
  ],
  compositions: [{ aggregate: 'incomplete' }],
  vulnerabilities: [{ id: 'CVE-2024-1' }],
};

const smallXml = `<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><component type="container"
bom-ref="root"><name>app</name></component></metadata><components><component type="library" bom-ref="a"><name>a</name>
<licenses><license><id>MIT</id></license><expression>MIT</expression></licenses><purl>pkg:npm/a@1</purl>
<properties><property name="p">v</property></properties><evidence><occurrences><occurrence><location>/a</location>
<line>1</line></occurrence></occurrences></evidence></component></components><dependencies><dependency ref="root">
<dependency ref="a"/></dependency></dependencies></bom>`;

const smallTagValue = `SPDXVersion: SPDX-2.3
PackageName: a
SPDXID: SPDXRef-a
PackageVersion: 1
PackageComment: <text>x
y</text>
ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a
Annotator: Tool: x
SPDXREF: SPDXRef-a
AnnotationComment: <text>openinspector: {}</text>
LicenseID: LicenseRef-1
ExtractedText: <text>x</text>
`;

const smallSpdx3 = {
  '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld',
  '@graph': [
    { type: 'SpdxDocument', spdxId: 'd', name: 'doc', rootElement: ['a'] },
    { type: 'software_Package', spdxId: 'a', name: 'a', software_packageUrl: 'pkg:npm/a@1' },
    {
      type: 'software_Package',
      spdxId: 'b',
      name: 'b',
      software_packageVersion: '1',
      software_primaryPurpose: 'library',
      externalIdentifier: [{ externalIdentifierType: 'cpe23', identifier: 'cpe:2.3:a:b:b:1' }],
    },
    { type: 'simplelicensing_LicenseExpression', spdxId: 'l', simplelicensing_licenseExpression: 'MIT' },
    { type: 'Relationship', from: 'a', to: ['b'], relationshipType: 'dependsOn' },
    {
      type: 'LifecycleScopedRelationship',
      from: 'a',
      to: ['b'],
      relationshipType: 'dependsOn',
      scope: 'test',
    },
    { type: 'Relationship', from: 'a', to: ['l'], relationshipType: 'hasDeclaredLicense' },
  ],
};
