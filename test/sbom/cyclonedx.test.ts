import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { contentOf, cycloneDxOf, problemsOf, purlsOf, refusalOf } from './reading.ts';

const library = (name: string, rest: object = {}) => ({
  type: 'library',
  'bom-ref': name,
  name,
  version: '1.0',
  purl: `pkg:npm/${name}@1.0`,
  ...rest,
});

const trivyLock = [{ name: 'aquasecurity:trivy:Class', value: 'lang-pkgs' }];
const syftAlpine = [
  { name: 'syft:distro:id', value: 'alpine' },
  { name: 'syft:distro:versionID', value: '3.20.1' },
];

describe('CycloneDX JSON', () => {
  test('components inside components are read, with places, layers, licences and scope', () => {
    const content = contentOf(
      cycloneDxOf([
        library('a', {
          scope: 'excluded',
          licenses: [{ license: { id: 'MIT' } }, { license: { name: 'Own terms' } }],
          evidence: { occurrences: [{ location: '/app/a/package.json', line: 3 }] },
          components: [
            library('b', {
              scope: 'optional',
              licenses: [{ expression: 'MIT OR Apache-2.0' }],
              properties: [
                { name: 'syft:location:0:path', value: '/lib/b' },
                { name: 'syft:location:0:layerID', value: 'sha256:1' },
                { name: 'syft:location:1:path', value: '/lib/c' },
              ],
            }),
          ],
        }),
      ]),
    );
    const [a, b] = content.packages;
    assert.deepEqual(a?.evidence, [{ path: 'app/a/package.json', layer: null, line: 3 }]);
    assert.deepEqual([a?.scope, a?.licences], ['dev', ['MIT', 'Own terms']]);
    assert.deepEqual(b?.evidence, [
      { path: 'lib/b', layer: 'sha256:1', line: null },
      { path: 'lib/c', layer: null, line: null },
    ]);
    assert.deepEqual([b?.scope, b?.licences], ['optional', ['MIT OR Apache-2.0']]);
    assert.deepEqual(problemsOf(content), []);
  });

  test('dependencies tell direct from transitive, and the shortest path', () => {
    const content = contentOf(
      cycloneDxOf(
        [
          { type: 'application', 'bom-ref': 'lock', name: 'package-lock.json', properties: trivyLock },
          ...['a', 'b', 'c', 'd'].map((name) => library(name)),
          {
            type: 'library',
            'bom-ref': 'bash',
            name: 'bash',
            purl: 'pkg:deb/debian/bash@5?distro=debian-12',
          },
        ],
        {
          metadata: { component: { type: 'container', 'bom-ref': 'root', name: 'app' } },
          dependencies: [
            { ref: 'root', dependsOn: ['lock', 'bash'] },
            { ref: 'lock', dependsOn: ['a'] },
            { ref: 'a', dependsOn: ['b'] },
            { ref: 'b', dependsOn: ['c', 'a'] },
          ],
        },
      ),
    );
    const told = content.packages.map(({ name, relation, introducedBy }) => [name, relation, introducedBy]);
    assert.deepEqual(told, [
      ['bash', null, []],
      ['a', 'direct', []],
      ['b', 'transitive', ['a']],
      ['c', 'transitive', ['a', 'b']],
      ['d', null, []],
    ]);
    assert.equal(content.name, 'app');
    assert.deepEqual([content.os?.id, content.os?.versionId], ['debian', '12']);
  });

  test('a component without purl is known by its links, CPE or SWID, or named by a problem', () => {
    const content = contentOf(
      cycloneDxOf([
        { type: 'library', name: 'x', externalReferences: [{ type: 'other', url: 'pkg:cargo/x@2.0' }] },
        {
          type: 'library',
          group: '@s',
          name: 'y',
          version: '3',
          externalReferences: distribution('npmjs.org/@s/y'),
        },
        {
          type: 'library',
          group: 'org.z',
          name: 'z',
          version: '4',
          externalReferences: distribution('repo1.maven.org/maven2/org/z'),
        },
        {
          type: 'library',
          name: 'z',
          version: '4',
          externalReferences: distribution('repo1.maven.org/maven2/z'),
        },
        {
          type: 'application',
          name: 'Nginx',
          version: '1',
          cpe: 'cpe:2.3:a:f5:nginx\\:x:1.21.1:*:*:*:*:*:*:*',
        },
        { type: 'application', name: 'old', cpe: 'cpe:/a:acme:old:0.9' },
        { type: 'application', name: 'Acme', version: '9', swid: { tagId: 'tag-1', name: 'Acme' } },
        { type: 'library', group: 'com.acme', name: 'mystery', version: '7' },
        { type: 'file', name: 'README' },
      ]),
    );
    assert.deepEqual(purlsOf(content), [
      'pkg:cargo/x@2.0',
      'pkg:generic/Nginx@1.21.1',
      'pkg:generic/old@0.9',
      'pkg:maven/org.z/z@4',
      'pkg:npm/%40s/y@3',
      'pkg:swid/Acme@9?tag_id=tag-1',
    ]);
    const why = 'has no purl, CPE or SWID, so no ecosystem is known and it is not assessed';
    assert.deepEqual(problemsOf(content), [
      `not-assessed: bom: component z 4 ${why}`,
      `not-assessed: bom: component com.acme/mystery 7 ${why}`,
    ]);
    assert.equal(content.packages[1]?.attributes.cpe?.startsWith('cpe:2.3:a:f5'), true);
  });

  test('a version beside the purl stands in; a range is no version', () => {
    const content = contentOf(
      cycloneDxOf([
        { type: 'library', name: 'a', version: '1.5', purl: 'pkg:pypi/a' },
        { type: 'library', name: 'b', purl: 'pkg:pypi/b' },
        { type: 'library', name: 'c', version: '>= 2.0', purl: 'pkg:pypi/c' },
        { type: 'library', name: 'd', version: '1', purl: 'pkg:dpkg/d@1-2?epoch=1&arch=ARM64' },
      ]),
    );
    assert.deepEqual(purlsOf(content), ['pkg:deb/d@1-2?arch=ARM64&epoch=1', 'pkg:pypi/a@1.5']);
    assert.equal(content.packages[0]?.version, '1:1-2');
    assert.deepEqual(problemsOf(content), [
      'malformed: bom: pkg:pypi/b its purl has no version',
      "not-assessed: bom: pkg:pypi/c is asked for as '>= 2.0', which is a range and no version",
    ]);
  });

  const systems: readonly [string, object[], string][] = [
    ['a component', [{ type: 'operating-system', name: 'Amazon Linux', version: '2023' }], 'amzn 2023 null'],
    [
      "Syft's properties",
      [{ type: 'operating-system', name: 'x', properties: syftAlpine }],
      'alpine 3.20.1 null',
    ],
    [
      'a distro qualifier',
      [{ purl: 'pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.5' }],
      'opensuse-leap 15.5 null',
    ],
    ['a codename', [{ purl: 'pkg:deb/debian/a@1?distro=bookworm' }], 'debian null bookworm'],
    [
      "Docker's qualifiers",
      [{ purl: 'pkg:apk/alpine/a@1?os_name=alpine&os_version=3.19' }],
      'alpine 3.19 null',
    ],
    ['the namespace alone', [{ purl: 'pkg:rpm/redhat/a@1' }], 'rhel null null'],
  ];
  for (const [name, components, expected] of systems) {
    test(`the system is told by ${name}`, () => {
      const { os } = contentOf(cycloneDxOf(components));
      assert.equal(`${os?.id} ${os?.versionId} ${os?.codename}`, expected);
    });
  }

  test('packages of two systems are a problem', () => {
    const content = contentOf(
      cycloneDxOf([
        { purl: 'pkg:deb/debian/a@1?distro=debian-12' },
        { purl: 'pkg:deb/debian/b@1?distro=debian-12' },
        { purl: 'pkg:deb/debian/c@1?distro=debian-11' },
      ]),
    );
    assert.equal(content.os?.versionId, '12');
    assert.deepEqual(problemsOf(content), [
      'not-assessed: bom has packages of several systems; 1 of another than debian 12 are judged as its',
    ]);
  });

  test('a machine runs a kernel of its own', () => {
    const of = (type: string) => contentOf(cycloneDxOf([], { metadata: { component: { type, name: 'x' } } }));
    assert.equal(of('device').facts.isContainer, false);
    assert.equal(of('container').facts.isContainer, true);
  });

  test('what is not taken over, and what it says it lacks, is a problem', () => {
    const content = contentOf(
      cycloneDxOf([], {
        vulnerabilities: [{}, {}],
        compositions: [{ aggregate: 'incomplete_first_party_only' }],
      }),
    );
    assert.deepEqual(problemsOf(content), [
      'not-assessed: bom has 2 vulnerabilities or VEX statements of its own, which are not taken over',
      'not-assessed: bom says of itself that it is incomplete',
    ]);
  });

  test('values of other types are problems and never silence', () => {
    const content = contentOf(
      cycloneDxOf([{ name: { toString: 1 }, purl: 7 }, 5 as never], { dependencies: {}, specVersion: '9.9' }),
    );
    assert.deepEqual(
      content.problems.map(({ why }) => why),
      [
        'is CycloneDX 9.9, not known here; it is read as 1.7',
        "1 members of 'components' are no objects and are not read",
        'its purl is no text',
        'has no purl, CPE or SWID, so no ecosystem is known and it is not assessed',
        "'dependencies' is no list, so what is in it is not read",
      ],
    );
    assert.match(
      problemsOf(contentOf({ bomFormat: 'CycloneDX', specVersion: '1.4', components: {} })).join(),
      /no list/,
    );
  });

  test('components nested too deep and too many problems end in a limit', () => {
    let component: object = library('leaf');
    for (let depth = 0; depth < 60; depth++) component = library(`n${depth}`, { components: [component] });
    const deep = contentOf(cycloneDxOf([component]));
    assert.equal(deep.packages.length, 32);
    assert.deepEqual(
      deep.problems.map(({ limit }) => limit),
      ['componentDepthMax'],
    );
    const many = contentOf(cycloneDxOf(Array.from({ length: 1200 }, (_, index) => ({ name: `x${index}` }))));
    assert.equal(many.problems.length, 1001);
    assert.equal(many.problems.at(-1)?.why, 'has 200 more problems than the 1000 that are listed');
  });
});

function distribution(place: string): object[] {
  return [{ type: 'distribution', url: `https://${place}` }];
}

describe('CycloneDX XML', () => {
  const bom = (inside: string, front = '') =>
    `<?xml version="1.0" encoding="UTF-8"?>${front}<bom xmlns="http://cyclonedx.org/schema/bom/1.5">${inside}</bom>`;

  test('reads as the same document in JSON does', () => {
    const content = contentOf(
      bom(`<metadata><component type="container" bom-ref="root"><name>app</name></component></metadata>
        <components><component type="library" bom-ref="a"><group>org.acme</group><name>a</name><version>1.0</version>
          <scope>optional</scope><licenses><license><id>MIT</id></license><license><name>x &amp; y</name></license></licenses>
          <purl>pkg:maven/org.acme/a@1.0</purl>
          <properties><property name="p">v</property></properties>
          <components><component type="library" bom-ref="b"><name>b</name><purl>pkg:npm/b@2</purl></component></components>
          <evidence><occurrences><occurrence><location>/lib/a.jar</location><line>7</line></occurrence></occurrences></evidence>
        </component></components>
        <dependencies><dependency ref="root"><dependency ref="a"/></dependency><dependency ref="a"><dependency ref="b"/></dependency></dependencies>
        <vulnerabilities><vulnerability/></vulnerabilities>`),
    );
    assert.equal(content.name, 'app');
    const told = content.packages.map(({ name, scope, licences, relation, introducedBy, evidence }) => [
      name,
      scope,
      licences,
      relation,
      introducedBy,
      evidence,
    ]);
    assert.deepEqual(told, [
      [
        'org.acme:a',
        'optional',
        ['MIT', 'x & y'],
        'direct',
        [],
        [{ path: 'lib/a.jar', layer: null, line: 7 }],
      ],
      ['b', null, [], 'transitive', ['org.acme:a'], [{ path: 'bom', layer: null, line: null }]],
    ]);
    assert.match(problemsOf(content).join(), /1 vulnerabilities/);
  });

  test('prefixes are followed and other namespaces passed over', () => {
    const content = contentOf(
      `<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.4" xmlns:x="urn:x"><c:components>
        <x:component><c:name>no</c:name></x:component>
        <c:component type="library"><c:name>a</c:name><x:purl>pkg:npm/no@1</x:purl><c:purl>pkg:npm/a@1</c:purl></c:component>
      </c:components></c:bom>`,
    );
    assert.deepEqual(purlsOf(content), ['pkg:npm/a@1']);
  });

  test('document types, entities, depth and other documents are refused', () => {
    const entity = '<!DOCTYPE bom [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>';
    assert.match(refusalOf(bom('<components/>', entity)), /^unsupported: has a document type/);
    assert.match(
      refusalOf(bom('<components>&undefined;</components>')),
      /^malformed: is not well-formed XML/,
    );
    assert.match(refusalOf(bom('<a>'.repeat(300) + '</a>'.repeat(300))), /^limit: is nested deeper/);
    assert.match(refusalOf('<rdf:RDF xmlns:rdf="urn:r"></rdf:RDF>'), /^unsupported: is RDF\/XML/);
    assert.match(refusalOf('<project/>'), /^unsupported: is XML with <project> at its top/);
  });
});
