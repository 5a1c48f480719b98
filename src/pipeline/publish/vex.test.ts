import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Fields } from '../../lib/fields.ts';
import { formatPurl } from '../../model/purl.ts';
import type { VexStatement } from '../../plugins/vex/contract.ts';
import { vexFormats } from '../../plugins/vex/registry.ts';
import { csafVex, openVex, type VexEntry } from './vex.ts';

const origin = { now: new Date('2026-01-02T03:04:05Z'), version: '1.2.3', revision: 'abc' };
const image = { name: 'app:1', purl: `pkg:oci/app@sha256:${'a'.repeat(64)}` };
const plain = { name: 'tree', purl: null };

function entry(given: Partial<VexEntry>): VexEntry {
  return {
    vulnerabilityId: 'CVE-2024-0001',
    aliases: [],
    title: 'A weakness',
    purl: 'pkg:npm/lodash@4.17.20',
    packageName: 'lodash 4.17.20',
    status: 'affected',
    justification: null,
    reason: '4.17.20 lies in < 4.17.21',
    action: 'Upgrade lodash to 4.17.21.',
    plan: 'vendor_fix',
    ...given,
  };
}

const entries: readonly VexEntry[] = [
  entry({}),
  entry({ purl: 'pkg:npm/other@1.0.0', status: 'fixed', action: null, plan: null }),
  entry({ vulnerabilityId: 'GHSA-aaaa-bbbb-cccc', status: 'under_investigation', action: null, plan: null }),
  entry({ vulnerabilityId: 'CVE-2024-0002', status: 'not_affected', justification: 'component_not_present' }),
  entry({ vulnerabilityId: 'CVE-2024-0003', status: 'not_affected', reason: 'The vendor says so.' }),
  entry({ vulnerabilityId: 'CVE-2024-0004', action: null, plan: 'no_fix_planned' }),
];

function read(document: object): readonly VexStatement[] {
  const format = vexFormats.find((item) => item.recognises(document));
  assert.ok(format);
  const found = [...format.read(document, 'x')];
  const statements = found.filter((item): item is VexStatement => 'status' in item);
  assert.equal(statements.length, found.length, 'no problems');
  return statements;
}

const claims = (statements: readonly VexStatement[]) =>
  statements
    .flatMap(({ status, vulnerabilities, products }) =>
      products.map(({ product, component }) => {
        const purls = [product, component].flatMap((item) => item?.purls.map(formatPurl) ?? []);
        return `${vulnerabilities[0]} ${status} ${purls.join(' > ')}`;
      }),
    )
    .sort();

describe('our verdicts as VEX', () => {
  for (const [name, write] of Object.entries({ OpenVEX: openVex, CSAF: csafVex })) {
    for (const scanned of [image, plain]) {
      test(`${name} of ${scanned.name} reads back as what was said`, () => {
        const within = scanned.purl === null ? '' : `${scanned.purl} > `;
        const expected = entries.map(
          (item) => `${item.vulnerabilityId} ${item.status} ${within}${item.purl}`,
        );
        assert.deepEqual(claims(read(write(scanned, entries, origin))), expected.sort());
      });
    }
    test(`${name} is the same for the same verdicts`, () => {
      assert.deepEqual(write(image, entries, origin), write(image, entries, origin));
    });
  }

  test('OpenVEX has what its schema asks of each status', () => {
    const { statements } = openVex(image, entries, origin) as { statements: readonly Fields[] };
    assert.equal(statements.length, entries.length);
    for (const statement of statements) {
      if (statement.status === 'affected') assert.ok(statement.action_statement);
      if (statement.status === 'not_affected')
        assert.equal('justification' in statement, !('impact_statement' in statement));
      else assert.equal('justification' in statement || 'impact_statement' in statement, false);
    }
  });

  test('OpenVEX joins the packages of which the same is said', () => {
    const twice = [entry({}), entry({ purl: 'pkg:npm/lodash@4.17.20?a=b' })];
    const { statements } = openVex(image, twice, origin) as { statements: readonly unknown[] };
    assert.equal(statements.length, 1);
    assert.equal(claims(read(openVex(image, twice, origin))).length, 2);
  });

  test('CSAF names every product that it speaks of, and plans for each that is affected', () => {
    const document = csafVex(image, entries, origin) as {
      product_tree: { relationships: { full_product_name: { product_id: string } }[] };
      vulnerabilities: readonly {
        product_status: Record<string, string[]>;
        remediations?: { category: string; product_ids: string[] }[];
        cve?: string;
        ids?: readonly { text: string }[];
      }[];
    };
    const known = new Set(
      document.product_tree.relationships.map((item) => item.full_product_name.product_id),
    );
    for (const { product_status: status, remediations = [], cve, ids } of document.vulnerabilities) {
      assert.ok(cve ?? ids?.[0]?.text);
      for (const id of Object.values(status).flat()) assert.ok(known.has(id), id);
      const planned = new Set(remediations.flatMap((item) => item.product_ids));
      for (const id of status.known_affected ?? []) assert.ok(planned.has(id), id);
    }
    const plans = document.vulnerabilities.flatMap(({ remediations = [] }) =>
      remediations.map((item) => item.category),
    );
    assert.deepEqual(plans, ['vendor_fix', 'no_fix_planned']);
  });
});
