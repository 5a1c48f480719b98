import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Problem } from '../../src/model/problem.ts';
import { formatPurl } from '../../src/model/purl.ts';
import type { VexIdentity, VexStatement } from '../../src/plugins/vex/contract.ts';
import { readVexDocuments } from '../../src/plugins/vex/documents.ts';
import { vexLimits } from '../../src/plugins/vex/reading.ts';
import { vexFormats } from '../../src/plugins/vex/registry.ts';
import { csafDocument, cycloneDxDocument, openVexDocument } from './samples.ts';

type Read = { readonly statements: VexStatement[]; readonly problems: Problem[] };

function read(document: unknown): Read {
  const format = vexFormats.find((item) => item.recognises(document));
  assert.ok(format, 'a format recognises it');
  const statements: VexStatement[] = [];
  const problems: Problem[] = [];
  for (const item of format.read(document, 'file.json')) {
    if ('status' in item) statements.push(item);
    else problems.push(item);
  }
  return { statements, problems };
}

const name = ({ purls, cpes, names }: VexIdentity) => [...purls.map(formatPurl), ...cpes, ...names][0];
const named = ({ products }: VexStatement) =>
  products.map(({ product, component }) => [name(product), component === null ? null : name(component)]);

describe('OpenVEX', () => {
  test('gives products, their parts, status and reason', () => {
    const { statements, problems } = read(openVexDocument());
    assert.deepEqual(problems, []);
    const [first] = statements;
    assert.ok(first);
    assert.deepEqual(named(first), [['pkg:oci/app@1', 'pkg:npm/lodash@4.17.20']]);
    assert.deepEqual(
      [first.status, first.justification, first.author, first.document, first.record, first.issuedAt],
      [
        'not_affected',
        'vulnerable_code_not_present',
        'Vendor',
        'https://example.com/vex/1',
        '/statements/0',
        '2026-01-02T03:04:05.000Z',
      ],
    );
    assert.deepEqual(first.vulnerabilities, ['CVE-2024-0101', 'GHSA-aaaa-bbbb-cccc']);
  });

  test('of the first versions, with plain names and shared parts, and as an attestation', () => {
    const old = {
      '@context': 'https://openvex.dev/ns',
      '@id': 'old',
      author: 'Vendor',
      timestamp: '2023-01-01T00:00:00Z',
      statements: [
        { vulnerability: 'CVE-1', products: ['pkg:oci/app'], subcomponents: ['pkg:npm/a'], status: 'fixed' },
      ],
    };
    assert.deepEqual(read(old).statements.map(named), [[['pkg:oci/app', 'pkg:npm/a']]]);
    const attested = {
      predicateType: 'https://openvex.dev/ns/v0.2.0',
      subject: [{ name: 'app', digest: { sha256: 'AB' } }],
      predicate: { ...old, statements: [{ vulnerability: { name: 'CVE-1' }, status: 'fixed' }] },
    };
    assert.deepEqual(read(attested).statements[0]?.products[0]?.product.names, ['app', 'sha256:ab']);
  });

  const broken: readonly [string, object, RegExp][] = [
    ['a status that is none', { status: 'harmless' }, /status harmless/],
    ['no vulnerability', { vulnerability: {} }, /no vulnerability/],
    ['no product', { products: [] }, /no product/],
    ['no reason for not_affected', { justification: undefined }, /neither justification nor impact/],
  ];
  for (const [what, change, why] of broken) {
    test(`${what} is a problem, and the other statements count`, () => {
      const document = openVexDocument();
      const [first] = document.statements;
      const { statements, problems } = read({ ...document, statements: [{ ...first, ...change }, first] });
      assert.equal(statements.length, 1);
      assert.match(problems[0]?.why ?? '', why);
      assert.equal(problems[0]?.where, 'file.json/statements/0');
    });
  }
});

describe('CSAF VEX', () => {
  test('follows relationships, flags, impacts and remediations', () => {
    const { statements, problems } = read(csafDocument());
    assert.deepEqual(problems, []);
    assert.deepEqual(
      statements.map((item) => [item.status, item.justification, item.detail, named(item)]),
      [
        ['affected', null, 'Update it.', [['cpe:/o:redhat:enterprise_linux:8', 'pkg:rpm/redhat/openssl']]],
        [
          'not_affected',
          'vulnerable_code_not_present',
          'It is not built in.',
          [['cpe:/o:redhat:enterprise_linux:9', 'pkg:rpm/redhat/openssl']],
        ],
        ['fixed', null, null, [['pkg:generic/tool@2', null]]],
      ],
    );
    assert.deepEqual([statements[0]?.author, statements[0]?.document], ['Vendor', 'VEX-1']);
  });

  test('what has no reason, or is not in the tree, is a problem', () => {
    const document = csafDocument();
    const [first] = document.vulnerabilities;
    const bare = {
      ...first,
      flags: [],
      threats: [],
      product_status: { ...first?.product_status, fixed: ['gone'] },
    };
    const { statements, problems } = read({ ...document, vulnerabilities: [bare] });
    assert.deepEqual(
      statements.map(({ status }) => status),
      ['affected'],
    );
    assert.match(
      problems.map(({ why }) => why).join('\n'),
      /neither a flag nor an impact[\s\S]*not in the product tree/,
    );
  });

  test('a relationship that leads to itself ends', () => {
    const document = csafDocument();
    const loop = {
      full_product_name: { product_id: 'tool', name: 'x' },
      product_reference: 'tool',
      relates_to_product_reference: 'tool',
    };
    const { problems } = read({
      ...document,
      product_tree: { ...document.product_tree, relationships: [loop] },
    });
    assert.match(problems.map(({ why }) => why).join('\n'), /not in the product tree/);
  });
});

describe('CycloneDX VEX', () => {
  test('joins references to components, inside the product that it is about', () => {
    const { statements, problems } = read(cycloneDxDocument());
    assert.deepEqual(problems, []);
    assert.deepEqual(
      statements.map((item) => [item.status, item.justification, item.vulnerabilities[0], named(item)]),
      [
        [
          'not_affected',
          'code_not_reachable',
          'CVE-2024-0101',
          [['pkg:oci/app@1', 'pkg:npm/lodash@4.17.20']],
        ],
        ['affected', null, 'CVE-2024-0102', [['pkg:oci/app@1', 'pkg:npm/deep@1.0.0']]],
        ['fixed', null, 'CVE-2024-0103', [['pkg:oci/app@1', null]]],
      ],
    );
  });

  test('links into other BOMs, versions, and what cannot be followed', () => {
    const document = cycloneDxDocument();
    const vulnerability = (affects: object) => ({
      id: 'CVE-1',
      analysis: { state: 'false_positive' },
      affects: [affects],
    });
    const ask = (affects: object) =>
      read({ ...document, metadata: {}, vulnerabilities: [vulnerability(affects)] });
    const link = 'urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm%2Fother%401.0.0';
    assert.deepEqual(ask({ ref: link }).statements.map(named), [[['pkg:npm/other@1.0.0', null]]]);
    const versions = [{ version: '4.17.20', status: 'unaffected' }, { version: '4.17.19' }];
    assert.deepEqual(ask({ ref: 'lodash', versions }).statements.map(named), [
      [['pkg:npm/lodash@4.17.20', null]],
    ]);
    const range = ask({ ref: 'lodash', versions: [{ range: 'vers:npm/<5', status: 'unaffected' }] });
    assert.match(range.problems[0]?.why ?? '', /range/);
    assert.match(ask({ ref: 'gone' }).problems[0]?.why ?? '', /gone is not in the document/);
    assert.equal(ask({ ref: 'gone' }).statements.length, 0);
  });
});

describe('whatever a document holds', () => {
  test('no value makes a format throw', () => {
    const samples = [openVexDocument(), csafDocument(), cycloneDxDocument()];
    const mutated = fc
      .tuple(fc.constantFrom(...samples), fc.jsonValue(), fc.nat())
      .map(([sample, value, seed]) => {
        const copy = JSON.parse(JSON.stringify(sample)) as object;
        replaceSomewhere(copy, value, seed);
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.jsonValue()), (document) => {
        for (const format of vexFormats) {
          format.recognises(document);
          for (const item of format.read(document, 'x')) assert.ok(item);
        }
      }),
      { numRuns: 600 },
    );
  });
});

describe('documents that multiply', () => {
  const many = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

  test('products and shared parts are cut, and it says so', () => {
    const statement = {
      vulnerability: 'CVE-1',
      status: 'fixed',
      products: many('pkg:oci/app', 3000),
      subcomponents: many('pkg:npm/part', 3000),
    };
    const { statements, problems } = read({ ...openVexDocument(), statements: [statement] });
    assert.equal(statements[0]?.products.length, vexLimits.productsMax);
    assert.deepEqual(
      problems.map(({ kind, limit }) => [kind, limit]),
      [['limit', 'productsMax']],
    );
  });

  test('one group that many flags name does not cost their product', () => {
    const document = csafDocument();
    const product_groups = [{ group_id: 'all', product_ids: many('p', 50_000) }];
    const flags = Array.from({ length: 50_000 }, () => ({
      label: 'component_not_present',
      group_ids: ['all'],
    }));
    const [first] = document.vulnerabilities;
    const started = performance.now();
    read({
      ...document,
      product_tree: { ...document.product_tree, product_groups },
      vulnerabilities: [{ ...first, flags }],
    });
    assert.ok(performance.now() - started < 5000);
  });
});

// Puts a value in the place of one member, chosen by the seed.
function replaceSomewhere(root: object, value: unknown, seed: number): void {
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const visit = (holder: object) => {
    for (const [key, inner] of Object.entries(holder)) {
      places.push({ holder: holder as Record<string, unknown>, key });
      if (typeof inner === 'object' && inner !== null) visit(inner);
    }
  };
  visit(root);
  const place = places[seed % places.length];
  if (place) place.holder[place.key] = value;
}

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vex-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('directories are read with what is in them, and what is no document is a problem', async () => {
    mkdirSync(join(folder, 'inner'));
    writeFileSync(join(folder, 'a.json'), JSON.stringify(openVexDocument()));
    writeFileSync(join(folder, 'inner/b.json'), `\uFEFF${JSON.stringify(csafDocument())}`);
    writeFileSync(join(folder, 'c.json'), '{"a":');
    writeFileSync(join(folder, 'd.json'), '{"a":1}');
    writeFileSync(join(folder, 'e.txt'), 'text');
    symlinkSync(folder, join(folder, 'loop'));
    const { statements, problems } = await readVexDocuments([folder, join(folder, 'missing.json')]);
    assert.deepEqual([...new Set(statements.map(({ format }) => format))], ['openvex', 'csaf']);
    assert.deepEqual(
      problems.map(({ kind, where }) => [kind, where.slice(folder.length + 1)]),
      [
        ['unreadable', 'missing.json'],
        ['malformed', 'c.json'],
        ['unsupported', 'd.json'],
      ],
    );
  });

  test('a document that states nothing says so', async () => {
    const path = join(folder, 'empty.json');
    writeFileSync(path, JSON.stringify({ ...openVexDocument(), statements: [] }));
    const { statements, problems } = await readVexDocuments([path]);
    assert.deepEqual([statements.length, problems[0]?.kind], [0, 'not-assessed']);
  });
});
