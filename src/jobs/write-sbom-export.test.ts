import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Package } from '../model/package.ts';
import type { Purl } from '../model/purl.ts';
import { exportedPurl } from './sbom-export-subject.ts';
import { placeOf } from './write-sbom-export.ts';

const report = { format: 'SPDX_2_3', reportId: 'r' };

test('a document is named after its resource, whatever that is called', () => {
  const place = (id: string) => placeOf(report, { accountId: '1', type: 'CODE_REPOSITORY', id });
  assert.deepEqual(place('a/b'), {
    folders: ['SPDX_2_3_outputs_r', 'account=1', 'resource=CODE_REPOSITORY'],
    name: 'a_b_SPDX_2_3.json',
  });
  assert.equal(place('../../etc').name, '.._.._etc_SPDX_2_3.json');
  assert.equal(place('a\\b\0c').name, 'a_b_c_SPDX_2_3.json');
  const names = ['ä', '漢', 'x'].map((char) => place(char.repeat(300)).name);
  for (const name of names) {
    assert.ok(Buffer.byteLength(name) <= 255, name);
    assert.match(name, /_[0-9a-f]{16}_SPDX_2_3\.json$/);
    assert.ok(!name.includes('\ufffd'), name);
  }
  assert.notEqual(place(`${'x'.repeat(300)}1`).name, place(`${'x'.repeat(300)}2`).name);
});

test('purls are spelt as the exports spell them', () => {
  const pkg = (fields: Partial<Package>): Package => ({
    purl: 'pkg:generic/x@1' as Purl,
    ecosystem: 'generic',
    name: 'x',
    version: '1',
    arch: null,
    source: null,
    evidence: [],
    scope: null,
    relation: null,
    introducedBy: [],
    owner: null,
    licences: [],
    attributes: {},
    ...fields,
  });
  assert.equal(exportedPurl(pkg({})), 'pkg:generic/x@1');
  const evidence = [{ path: 'a b/c', layer: null, line: null }];
  assert.equal(exportedPurl(pkg({ evidence })), 'pkg:generic/x@1?path=a%20b%2Fc');
  const source = { name: 'src', version: '2:3.4-5' };
  const system = { name: 'lib', version: '2:3.4-5', arch: 'x86_64', source };
  assert.equal(
    exportedPurl(pkg({ ...system, ecosystem: 'rpm' })),
    'pkg:rpm/lib@3.4-5?arch=X86_64&epoch=2&upstream=src-3.4-5.src.rpm',
  );
  assert.equal(
    exportedPurl(pkg({ ...system, ecosystem: 'deb', arch: null, source: null })),
    'pkg:dpkg/lib@3.4-5?epoch=2',
  );
  assert.equal(
    exportedPurl(pkg({ ...system, ecosystem: 'apk', version: '3.4-r5' })),
    'pkg:apk/lib@3.4-r5?arch=X86_64&upstream=src',
  );
});
