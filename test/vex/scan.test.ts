import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { writeFeeds } from '../../testkit/feeds-directory.ts';
import { debian12, dpkgStanza, tarOf, writeLayout, writeTree } from '../../testkit/images.ts';
import { openVexDocument } from './samples.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'vex-scan-test-'));
const layout = join(folder, 'layout');
const tree = join(folder, 'tree');
after(() => rmSync(folder, { recursive: true, force: true }));

type Result = { readonly code: number; readonly stdout: string };

function run(...args: string[]): Promise<Result> {
  const env = { ...process.env, OPENINSPECTOR_HOME: join(folder, 'home'), NO_COLOR: '1', COLUMNS: '140' };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env, cwd: folder, maxBuffer: 1 << 26 }, (error, stdout) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout }),
    );
  });
}

before(async () => {
  writeFeeds(join(folder, 'feeds'), {
    debian: { openssl: { 'CVE-2024-0001': '3.0.11-1', 'CVE-2024-0002': null, 'CVE-2020-0001': '3.0.1-1' } },
    npm: { lodash: { 'CVE-2024-0101': '4.17.21' } },
  });
  assert.equal((await run('intel', 'build', '--feeds', join(folder, 'feeds'))).code, 0);
  writeTree(tree, {
    'etc/os-release': debian12,
    'var/lib/dpkg/status': dpkgStanza('libssl3', '3.0.9-1', { source: 'openssl' }),
  });
  writeLayout(layout, [
    {
      reference: 'app:1',
      layers: [tarOf({ 'a/node_modules/lodash/package.json': '{"name":"lodash","version":"4.17.20"}' })],
    },
  ]);
});

function vexFile(name: string, product: string): string {
  const document = openVexDocument();
  const statements = document.statements.map((item) => ({
    ...item,
    products: [{ '@id': product, subcomponents: [{ '@id': 'pkg:npm/lodash' }] }],
  }));
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ ...document, statements }));
  return path;
}

describe('scan --vex', () => {
  test('explains a finding instead of reporting it, with who says so', async () => {
    const file = vexFile('app.json', 'pkg:oci/app');
    assert.equal((await run('scan', layout, '--fail-on', 'low')).code, 1);
    const { code, stdout } = await run('scan', layout, '--vex', file, '--fail-on', 'low', '--format', 'json');
    assert.equal(code, 0);
    const report = JSON.parse(stdout);
    assert.deepEqual(
      [report.findings.length, report.explained.length, report.remediations.length],
      [0, 1, 0],
    );
    const { document, author, statement, status } = report.explained[0].vex;
    assert.deepEqual(
      [document, author, statement, status],
      ['https://example.com/vex/1', 'Vendor', '/statements/0', 'not_affected'],
    );
    const table = await run('scan', layout, '--vex', file);
    assert.match(table.stdout, /1 findings are explained by VEX statements and not reported \(Vendor in/);
  });

  test('explain tells the statement, and answers by it', async () => {
    const file = vexFile('app.json', 'pkg:oci/app');
    const plain = await run('explain', 'CVE-2024-0101', layout);
    assert.match(plain.stdout, /CVE-2024-0101 in .*: AFFECTED/);
    const { stdout } = await run('explain', 'CVE-2024-0101', layout, '--vex', file);
    assert.match(stdout, /CVE-2024-0101 in .*: NOT AFFECTED/);
    assert.match(
      stdout,
      /VEX +Vendor states in https:\/\/example\.com\/vex\/1 \(\/statements\/0\) that it is not_affected/,
    );
    const other = await run(
      'explain',
      'CVE-2024-0101',
      layout,
      '--vex',
      vexFile('other.json', 'pkg:oci/other'),
    );
    assert.match(other.stdout, /CVE-2024-0101 in .*: AFFECTED/);
  });

  test('leaves findings of other products, and tells what it cannot read', async () => {
    const other = vexFile('other.json', 'pkg:oci/other');
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '[');
    const { code, stdout } = await run('scan', layout, '--vex', other, '--vex', broken, '--format', 'json');
    const report = JSON.parse(stdout);
    assert.deepEqual([report.findings.length, report.explained.length, code], [1, 0, 3]);
    assert.equal(report.problems[0].kind, 'malformed');
  });
});

describe('scan --format openvex and csaf-vex', () => {
  test('say what is affected and what is not, and are read back as that', async () => {
    const { stdout } = await run('scan', layout, '--format', 'openvex');
    const document = JSON.parse(stdout);
    assert.equal(document.statements[0].status, 'affected');
    assert.match(document.statements[0].action_statement, /npm install lodash@4\.17\.21/);
    const csaf = JSON.parse((await run('scan', tree, '--format', 'csaf-vex')).stdout);
    const states = csaf.vulnerabilities.map(
      (item: { cve: string; product_status: Record<string, string[]> }) =>
        `${item.cve} ${Object.keys(item.product_status)}`,
    );
    assert.deepEqual(states.sort(), [
      'CVE-2020-0001 fixed',
      'CVE-2024-0001 known_affected',
      'CVE-2024-0002 known_affected',
    ]);
    const file = join(folder, 'own.json');
    writeFileSync(file, stdout);
    const again = JSON.parse((await run('scan', layout, '--vex', file, '--format', 'json')).stdout);
    assert.equal(again.findings[0].vex.status, 'affected');
  });

  test('carry over what other documents explain', async () => {
    const file = vexFile('app.json', 'pkg:oci/app');
    const { stdout } = await run('scan', layout, '--vex', file, '--format', 'openvex');
    const [statement] = JSON.parse(stdout).statements;
    assert.equal(statement.status, 'not_affected');
    assert.equal(statement.justification, 'vulnerable_code_not_present');
    assert.match(statement.status_notes, /Vendor, https:\/\/example\.com\/vex\/1/);
  });
});

describe('what to do', () => {
  test('the report has the command and the version of the binary, and the table says it', async () => {
    const report = JSON.parse((await run('scan', tree, '--format', 'json')).stdout);
    const found = report.findings.find(
      (item: { vulnerabilityId: string }) => item.vulnerabilityId === 'CVE-2024-0001',
    );
    assert.equal(found.fix.command, 'apt-get update && apt-get install --only-upgrade libssl3=3.0.11-1');
    const [remedy] = report.remediations;
    assert.deepEqual(
      [remedy.package, remedy.version, remedy.ended, remedy.remaining],
      ['libssl3', '3.0.11-1', ['CVE-2024-0001'], ['CVE-2024-0002']],
    );
    assert.match(
      (await run('scan', tree)).stdout,
      /UPGRADE +FROM +TO +ENDS +HOW[\s\S]*libssl3 +3\.0\.9-1 +3\.0\.11-1 +1/,
    );
    assert.match((await run('explain', 'CVE-2024-0001', tree)).stdout, /to mend +apt-get update/);
  });
});
