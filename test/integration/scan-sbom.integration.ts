import assert from 'node:assert/strict';
import { signableUrl, signRequest } from '../../src/lib/sigv4-client.ts';
import { type Answer, type Estate, note, onEachEngine } from './estate.ts';

const document = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  components: [
    { type: 'operating-system', 'bom-ref': 'os', name: 'debian', version: '12' },
    {
      type: 'library',
      'bom-ref': 'a',
      name: 'libssl3',
      version: '3.0.9-1',
      purl: 'pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&distro=debian-12&upstream=openssl',
    },
    { type: 'library', 'bom-ref': 'b', name: 'lodash', version: '4.17.20', purl: 'pkg:npm/lodash@4.17.20' },
    { type: 'library', 'bom-ref': 'c', name: 'lodash', version: '4.17.21', purl: 'pkg:npm/lodash@4.17.21' },
  ],
};

onEachEngine('ScanSbom', (it) => {
  it('answers in CycloneDX 1.5', async (estate) => {
    const { status, body } = await scan(estate, { sbom: document });
    assert.equal(status, 200);
    const { sbom } = body;
    assert.deepEqual([sbom.bomFormat, sbom.specVersion], ['CycloneDX', '1.5']);
    const properties = Object.fromEntries(
      sbom.metadata.properties.map(({ name, value }: Answer) => [name.split(':').at(-1), value]),
    );
    const counts = ['critical', 'high', 'medium', 'low', 'other'].map((name) =>
      Number(properties[`${name}_vulnerabilities`]),
    );
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      2,
    );
    const ids = sbom.vulnerabilities.map(({ id }: Answer) => id).sort();
    assert.deepEqual(ids, ['CVE-2024-0001', 'CVE-2024-0101']);
    const npm = sbom.vulnerabilities.find(({ id }: Answer) => id === 'CVE-2024-0101');
    const hit = sbom.components.find(({ purl }: Answer) => purl === 'pkg:npm/lodash@4.17.20');
    const clean = sbom.components.find(({ purl }: Answer) => purl === 'pkg:npm/lodash@4.17.21');
    assert.deepEqual(npm.affects, [{ ref: hit['bom-ref'] }]);
    assert.equal(npm.ratings[0].score, 9.8);
    assert.equal(npm.analysis.state, 'in_triage');
    assert.ok(
      npm.properties.some(
        ({ name, value }: Answer) =>
          name === `amazon:inspector:sbom_scanner:fixed_version:${hit['bom-ref']}` && value === '4.17.21',
      ),
    );
    assert.ok(JSON.stringify(clean.properties).includes('no vulnerabilities found'));
  });

  it('answers in the format INSPECTOR', async (estate) => {
    const { body } = await scan(estate, { sbom: document, outputFormat: 'INSPECTOR' });
    const { messages, vulnerability_count: count, vulnerabilities } = body.sbom;
    assert.equal(count.critical >= 1, true);
    const npm = vulnerabilities.find(({ id }: Answer) => id === 'CVE-2024-0101');
    assert.deepEqual(npm.affects, [
      { installed_version: 'pkg:npm/lodash@4.17.20', fixed_version: '4.17.21', path: 'sbom' },
    ]);
    assert.equal(npm.severity, 'critical');
    assert.equal(npm.properties.cvss[0].cvss3_base_score, 9.8);
    assert.ok(messages.some(({ purl }: Answer) => purl === 'pkg:npm/lodash@4.17.21'));
  });

  it('says what was not judged', async (estate) => {
    const odd = { type: 'library', name: 'x', version: '1', purl: 'pkg:cocoapods/x@1' };
    const sbom = { ...document, components: [odd, { type: 'library', name: 'no purl' }] };
    const { body } = await scan(estate, { sbom });
    assert.deepEqual(body.sbom.vulnerabilities, []);
    const problems = body.sbom.metadata.properties.filter(
      ({ name }: Answer) => name === 'openinspector:problem',
    );
    assert.ok(problems.length > 0, JSON.stringify(body.sbom));
  });

  it('refuses what is no SBOM, or too much of one', async (estate) => {
    for (const [input, reason, message] of [
      [{ sbom: { spdxVersion: 'SPDX-2.3' } }, 'UNSUPPORTED_SBOM_TYPE', /no CycloneDX/],
      [{ sbom: null }, 'FIELD_VALIDATION_FAILED', /null/],
      [{ sbom: [document] }, 'UNSUPPORTED_SBOM_TYPE', /no CycloneDX/],
      [{ sbom: document, outputFormat: 'INSPECTOR_ALT' }, 'FIELD_VALIDATION_FAILED', /INSPECTOR_ALT/],
      [{ sbom: document, outputFormat: 'XML' }, 'FIELD_VALIDATION_FAILED', /outputFormat/],
      [
        {
          sbom: {
            ...document,
            components: Array.from({ length: 5001 }, (_, n) => ({
              type: 'library',
              name: `p${n}`,
              version: '1',
              purl: `pkg:npm/p${n}@1`,
            })),
          },
        },
        'OTHER',
        /5001 packages/,
      ],
    ] as const) {
      const { status, body } = await scan(estate, input);
      assert.deepEqual([status, body.reason], [400, reason], JSON.stringify(body).slice(0, 300));
      assert.match(body.message, message);
    }
    note('ScanSbom', 'Validation');
  });
});

async function scan(
  { running: { service, key, settings } }: Estate,
  input: unknown,
): Promise<{ status: number; body: Answer }> {
  const url = signableUrl('/scan/sbom', service.address);
  const body = JSON.stringify(input);
  const signing = { ...key, region: settings.region, service: 'inspector-scan' };
  const headers = signRequest({ method: 'POST', url, body }, signing, new Date());
  const response = await fetch(url, { method: 'POST', headers, body });
  if (response.ok) note('ScanSbom', 'success');
  return { status: response.status, body: await response.json() };
}
