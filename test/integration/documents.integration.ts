import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Inventory } from '../../src/model/inventory.ts';
import { componentRef, cycloneDx, type SbomFinding } from '../../src/pipeline/publish/cyclonedx.ts';
import { type SarifFinding, sarif } from '../../src/pipeline/publish/sarif.ts';
import { spdx } from '../../src/pipeline/publish/spdx.ts';
import { readSbomBytes } from '../../src/plugins/targets/sbom/read-sbom.ts';
import { sharedPath, sharedReason } from '../../testkit/shared.ts';
import { anyInventory } from '../sbom/random-inventory.ts';
import { type SchemaName, schemaFiles, validatorMissing, violations } from './schemas.ts';

const subject = { name: 'app:1', type: 'container', version: 'sha256:00' } as const;
const folder = mkdtempSync(join(tmpdir(), 'documents-integration-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const inventories = fc.sample(anyInventory, { seed: 20_260_601, numRuns: 200 });
const writers = {
  'cyclonedx-1.6': (inventory: Inventory) =>
    cycloneDx(subject, inventory, findingsOf(inventory), new Date(0), '1.0.0'),
  'spdx-2.3': (inventory: Inventory) => spdx(subject, inventory, new Date(0), '1.0.0'),
  'sarif-2.1.0': (inventory: Inventory) => sarif(placesOf(inventory), '1.0.0', inventory.problems),
} as const;
// A document that breaks each schema, so that a validator that accepts everything is found out.
const wrong = {
  'cyclonedx-1.6': { bomFormat: 'CycloneDX', specVersion: '1.6', components: [{ type: 'library' }] },
  'spdx-2.3': { spdxVersion: 'SPDX-2.3', packages: [{ name: 'a' }] },
  'sarif-2.1.0': { version: '2.1.0', runs: [{ results: [] }] },
} as const;

describe('documents that the official schemas accept', () => {
  for (const [name, write] of Object.entries(writers) as [SchemaName, (typeof writers)[SchemaName]][]) {
    test(`${name}: whatever is in an inventory`, (context) => {
      const schema = readySchema(name);
      if (typeof schema === 'string') return context.skip(schema);
      assert.notDeepEqual(violations(schema, [writeDocument('wrong', wrong[name])]), []);
      const documents = inventories.map((item, index) => writeDocument(`${name}-${index}`, write(item)));
      assert.deepEqual(violations(schema, documents), []);
    });

    test(`${name}: what other tools wrote, read and written again`, (context) => {
      const root = sharedPath('fixtures/sbom');
      if (root === null) return context.skip(sharedReason);
      const schema = readySchema(name);
      if (typeof schema === 'string') return context.skip(schema);
      const documents = documentsBelow(root).map((path, index) => {
        const content = readSbomBytes(readFileSync(path), basename(path));
        const inventory = 'kind' in content ? emptyWith(content) : content;
        return writeDocument(`fixture-${name}-${index}`, write(inventory));
      });
      assert.ok(documents.length > 30, `${documents.length} documents`);
      assert.deepEqual(violations(schema, documents), []);
    });
  }
});

function readySchema(name: SchemaName): readonly string[] | string {
  return validatorMissing() ?? schemaFiles(name);
}

function documentsBelow(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes('/files'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function emptyWith(problem: Inventory['problems'][number]): Inventory {
  const facts = { isContainer: true, runningKernel: null, layers: [] };
  return { os: null, packages: [], problems: [problem], facts };
}

function writeDocument(name: string, document: object): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(document));
  return path;
}

const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNTRIAGED'];
const methods = ['CVSSv2', 'CVSSv3', 'CVSSv31', 'CVSSv4', null];

function findingsOf({ packages }: Inventory): readonly SbomFinding[] {
  return packages.map((pkg, index) => ({
    purl: componentRef(pkg),
    vulnerabilityId: `CVE-2024-${1000 + (index % 5)}`,
    source: 'debian-tracker',
    severity: severities[index % severities.length] ?? 'LOW',
    score: index % 2 === 0 ? 9.8 : null,
    vector: index % 2 === 0 ? 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' : null,
    method: methods[index % methods.length] ?? null,
    description: index % 3 === 0 ? null : pkg.name,
    recommendation: index % 3 === 0 ? `Upgrade ${pkg.name}` : null,
  }));
}

function placesOf(inventory: Inventory): readonly SarifFinding[] {
  return findingsOf(inventory).map((finding, index) => ({
    ...finding,
    packageName: inventory.packages[index]?.name ?? '',
    installedVersion: inventory.packages[index]?.version ?? '',
    fixedVersion: index % 2 === 0 ? null : '2.0',
    path: inventory.packages[index]?.evidence[0]?.path ?? '',
    line: inventory.packages[index]?.evidence[0]?.line ?? null,
    reason: 'the version is below the fix',
  }));
}
