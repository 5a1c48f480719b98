import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { sbom } from '../../src/plugins/targets/sbom/index.ts';
import { contentOf, cycloneDxOf, problemsOf, purlsOf, refusalOf, spdxOf, spdxPackage } from './reading.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbom-wrappers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const document = spdxOf([spdxPackage('a', 'pkg:npm/a@1')]);
const other = cycloneDxOf([{ type: 'library', name: 'b', purl: 'pkg:npm/b@1' }]);
const statement = (predicate: unknown, predicateType = 'https://spdx.dev/Document') => ({
  _type: 'https://in-toto.io/Statement/v0.1',
  subject: [{ name: 'app', digest: { sha256: '00' } }],
  predicateType,
  predicate,
});
const envelope = (payload: unknown) => ({
  payloadType: 'application/vnd.in-toto+json',
  payload: Buffer.from(JSON.stringify(payload)).toString('base64'),
  signatures: [{ sig: 'x' }],
});
const tagValue = 'SPDXVersion: SPDX-2.2\nPackageName: a\nExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1\n';

describe('SBOMs inside other documents', () => {
  const forms: readonly [string, unknown][] = [
    ["BuildKit's in-toto statement", statement(document)],
    ["cosign's envelope", envelope(statement(document))],
    ["cosign's envelope of tag-value", envelope(statement(tagValue))],
    [
      "cosign's older predicate",
      envelope(
        statement({ Data: JSON.stringify(document), Timestamp: 'x' }, 'cosign.sigstore.dev/attestation/v1'),
      ),
    ],
    [
      'a Sigstore bundle',
      {
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        dsseEnvelope: envelope(statement(document)),
      },
    ],
    [
      "GitHub's attestations",
      { attestations: [{ bundle: { dsseEnvelope: envelope(statement(document)) } }] },
    ],
    ["GitHub's dependency graph", { sbom: document }],
    ["BuildKit's listing by platform", { 'linux/amd64': { SPDX: document } }],
    ['a list', [document]],
    ['a byte order mark in front', `\ufeff${JSON.stringify(document)}`],
  ];
  for (const [name, value] of forms) {
    test(`${name} is opened`, () => {
      const content = contentOf(value);
      assert.deepEqual(purlsOf(content), ['pkg:npm/a@1']);
      const isSigned = JSON.stringify(value).includes('payloadType');
      assert.equal(
        problemsOf(content).some((text) => text.includes('is signed (1 signatures)')),
        isSigned,
      );
      writeFileSync(join(folder, 'x.json'), typeof value === 'string' ? value : JSON.stringify(value));
      return sbom.recognises(join(folder, 'x.json')).then((isSbom) => assert.equal(isSbom, true));
    });
  }

  test('attestations one a line are read together, and what is none is a problem', () => {
    const provenance = envelope(statement({}, 'https://slsa.dev/provenance/v1'));
    const lines = [statement(document), statement(other, 'https://cyclonedx.org/bom'), provenance];
    const content = contentOf(`${lines.map((line) => JSON.stringify(line)).join('\n')}\nnot JSON\n`);
    assert.deepEqual(purlsOf(content), ['pkg:npm/a@1', 'pkg:npm/b@1']);
    const text = problemsOf(content).join('\n');
    assert.match(
      text,
      /bom:3#payload is an attestation of 'https:\/\/slsa.dev\/provenance\/v1', which is no SBOM/,
    );
    assert.match(text, /malformed: bom:4 is not JSON/);
  });

  test('two systems in one file are a problem', () => {
    const of = (versionId: string) =>
      cycloneDxOf([{ type: 'operating-system', name: 'debian', version: versionId }]);
    assert.match(problemsOf(contentOf([of('11'), of('12')])).join(), /holds SBOMs of several systems/);
    assert.deepEqual(problemsOf(contentOf([of('12'), of('12')])), []);
  });

  test('what holds no SBOM says what it is', () => {
    assert.match(
      refusalOf(envelope(statement({}, 'https://slsa.dev/provenance/v1'))),
      /^unsupported: is an attestation of/,
    );
    assert.match(
      refusalOf({ mediaType: 'application/vnd.oci.image.manifest.v1+json' }),
      /^unsupported: is an image's manifest/,
    );
    assert.match(
      refusalOf({ payload: 'eHg=', payloadType: 'text/plain' }),
      /^unsupported: is an envelope of 'text\/plain'/,
    );
    assert.match(
      refusalOf({ dsseEnvelope: { payload: 'eHg=', payloadType: 'application/vnd.in-toto+json' } }),
      /^malformed: is no SBOM/,
    );
    assert.match(refusalOf({ name: 'x' }), /^unsupported: is JSON, but neither/);
    let nested: unknown = document;
    for (let depth = 0; depth < 20; depth++) nested = [nested];
    assert.match(refusalOf(nested), /^limit: /);
  });
});

describe('bytes that are no SBOM', () => {
  const refused: readonly [string, unknown, RegExp][] = [
    [
      'UTF-16',
      Buffer.from(`\ufeff${JSON.stringify(document)}`, 'utf16le'),
      /^unsupported: is UTF-16 or UTF-32/,
    ],
    [
      'UTF-16 without a mark',
      Buffer.from(JSON.stringify(document), 'utf16le'),
      /^unsupported: looks like UTF-16/,
    ],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), /^unsupported: is compressed with gzip/],
    ['YAML', 'spdxVersion: "SPDX-2.3"\nname: x\n', /^unsupported: is YAML/],
    ['YAML of CycloneDX', 'bomFormat: CycloneDX\n', /^unsupported: is YAML/],
    ['nothing', '', /^malformed: is no SBOM/],
    ['nesting', '['.repeat(100_000), /^limit: is nested deeper than 200 levels/],
    ['half a document', JSON.stringify(document).slice(0, 60), /^malformed: is not JSON/],
  ];
  for (const [name, value, expected] of refused) {
    test(`${name} is refused`, () => assert.match(refusalOf(value), expected));
  }

  test('a key that comes twice is a problem, and the last one counts', () => {
    const text =
      '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[],"components":[{"name":"a","purl":"pkg:npm/a@1","x":{"y":1},"\\u0079":2}]}';
    const content = contentOf(text);
    assert.deepEqual(purlsOf(content), ['pkg:npm/a@1']);
    assert.deepEqual(problemsOf(content), [
      'malformed: bom has objects with the same key twice (1: components); the last one counts',
    ]);
  });

  test('bytes that are not UTF-8 are replaced, and said', () => {
    const bytes = Buffer.from(
      JSON.stringify(cycloneDxOf([{ name: 'a\u00e9', purl: 'pkg:npm/a@1' }])),
      'latin1',
    );
    assert.match(problemsOf(contentOf(bytes)).join(), /malformed: bom is not UTF-8 throughout/);
  });

  test('half of a surrogate pair breaks nothing', () => {
    const content = contentOf(
      '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"\\ud800","purl":"pkg:npm/\\ud800@1"},{"name":"\\udc00","version":"1","cpe":"cpe:2.3:a:b:\\ud800:1"}]}',
    );
    assert.equal(content.packages.length, 2);
  });

  test('the target refuses with the place and the reason', async () => {
    const path = join(folder, 'bom.yml');
    writeFileSync(path, 'spdxVersion: "SPDX-2.3"\n');
    assert.equal(await sbom.recognises(path), true);
    const { resources, problems } = await sbom.discover(path);
    assert.deepEqual(resources, []);
    assert.deepEqual(problems, [
      {
        kind: 'unsupported',
        where: path,
        why: 'is YAML, which is not read; convert it to JSON',
        limit: null,
      },
    ]);
  });
});
