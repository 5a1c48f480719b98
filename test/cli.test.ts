import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { writeFeeds } from '../testkit/feeds-directory.ts';
import { debian12, dpkgStanza, tarOf, writeLayout, writeTree } from '../testkit/images.ts';

const root = join(import.meta.dirname, '..');
const main = join(root, 'src/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'cli-test-'));
const home = join(folder, 'home');
after(() => rmSync(folder, { recursive: true, force: true }));

type Result = { readonly code: number; readonly stdout: string; readonly stderr: string };

function run(...args: string[]): Promise<Result> {
  const env = { ...process.env, OPENINSPECTOR_HOME: home, NO_COLOR: '1', COLUMNS: '100' };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args],
      { env, cwd: folder, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr });
      },
    );
  });
}

const commands = [
  'start',
  'scan',
  'find',
  'explain',
  'serve',
  'intel',
  'watch',
  'jobs',
  'keys',
  'env',
  'config',
  'reach',
];

describe('help', () => {
  test('the overview names every command, and each explains itself with examples that parse', async () => {
    const { code, stdout } = await run('--help');
    assert.equal(code, 0);
    for (const name of commands) assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
    assert.deepEqual(
      [...stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name).sort(),
      [...commands].sort(),
    );
    for (const name of commands) {
      const help = await run(name, '--help');
      assert.equal(help.code, 0, name);
      assert.match(help.stdout, /Usage:/);
      assert.match(help.stdout, /Examples:/);
      for (const line of help.stdout.split('\n')) assert.ok(line.length <= 120, `${name}: ${line}`);
    }
  });

  test('wrong usage says what is wrong and what to do, and exits with 2', async () => {
    const cases: [string[], RegExp][] = [
      [['frobnicate'], /no command 'frobnicate'[\s\S]*--help/],
      [['scan'], /Name one thing to scan/],
      [['scan', '--nonsense', 'host'], /--nonsense[\s\S]*scan --help/],
      [['scan', '--format', 'xml', 'host'], /xml.*table/],
      [['scan', '--fail-on', 'awful', 'host'], /awful.*critical/],
      [['scan', join(folder, 'nothing-here')], /cannot tell what/],
      [['scan', '--account', 'x', 'host'], /account/],
      [['serve', '--listen', 'nowhere'], /HOST:PORT/],
      [['serve', '--account', 'abc'], /12 digits/],
      [['intel'], /build, update, status/],
      [['intel', 'build'], /--feeds DIR/],
      [['explain', 'CVE-2024-3094'], /a vulnerability and a resource/],
    ];
    for (const [args, expected] of cases) {
      const { code, stderr } = await run(...args);
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, expected);
      assert.doesNotMatch(stderr, /at .*\.ts:\d+/, 'no stack');
    }
  });
});

describe('scan and explain, without a service', () => {
  const feeds = join(folder, 'feeds');
  const tree = join(folder, 'tree');
  const layout = join(folder, 'layout');

  test('builds intelligence, and says where it stands', async () => {
    writeFeeds(feeds, {
      debian: { openssl: { 'CVE-2024-0001': '3.0.11-1', 'CVE-2024-0002': null } },
      npm: { lodash: { 'CVE-2024-0101': '4.17.21' } },
    });
    const built = await run('intel', 'build', '--feeds', feeds);
    assert.equal(built.code, 0, built.stderr);
    assert.match(built.stdout, /3 statements on 2 package keys/);
    const status = await run('intel', 'status', '--format', 'json');
    assert.equal(JSON.parse(status.stdout).meta.isStarter, false);
    const search = await run('intel', 'search', 'CVE-2024-0001');
    assert.match(search.stdout, /debian:12\s+openssl/);
    assert.match((await run('intel', 'search', 'lodash')).stdout, /CVE-2024-0101/);
    assert.match((await run('intel', 'search', 'CVE-1999-0000')).stdout, /Nothing in this revision/);
  });

  test('prints a table that says why, and exits by --fail-on', async () => {
    writeTree(tree, {
      'etc/os-release': debian12,
      'var/lib/dpkg/status': dpkgStanza('libssl3', '3.0.9-1', { source: 'openssl' }),
    });
    const plain = await run('scan', tree);
    assert.equal(plain.code, 0, plain.stderr);
    assert.match(plain.stdout, /CVE-2024-0001 +libssl3 +3\.0\.9-1 +3\.0\.11-1/);
    assert.match(plain.stdout, /no fix yet/);
    for (const line of plain.stdout.split('\n').filter((text) => text.includes('CVE-')))
      assert.ok(line.length <= 100, line);
    assert.equal((await run('scan', tree, '--fail-on', 'critical')).code, 0);
    writeLayout(layout, [
      {
        reference: 'app:1',
        layers: [tarOf({ 'a/node_modules/lodash/package.json': '{"name":"lodash","version":"4.17.20"}' })],
      },
    ]);
    assert.equal((await run('scan', layout, '--fail-on', 'critical')).code, 1);
    const high = await run('scan', layout, '--severity', 'critical', '--format', 'json');
    assert.equal(JSON.parse(high.stdout).findings.length, 1);
  });

  test('the JSON form is what the documentation says', async () => {
    const { stdout } = await run('scan', tree, '--format', 'json');
    const report = JSON.parse(stdout);
    assert.deepEqual(Object.keys(report).sort(), [
      'configuration',
      'explained',
      'findings',
      'intelligence',
      'packages',
      'problems',
      'remediations',
      'resource',
      'setAside',
    ]);
    const finding = report.findings.find(
      (item: { vulnerabilityId: string }) => item.vulnerabilityId === 'CVE-2024-0001',
    );
    for (const field of [
      'vulnerabilityId',
      'severity',
      'score',
      'package',
      'installedVersion',
      'fixedVersion',
      'purl',
      'status',
      'proof',
    ]) {
      assert.ok(field in finding, field);
    }
    assert.equal(finding.proof.comparisons[0].holds, true);
    assert.equal(report.packages[0].evidence[0].path, 'var/lib/dpkg/status');
    const documented = readFileSync(join(root, 'docs/scan-json.md'), 'utf8');
    for (const field of [
      ...Object.keys(report),
      ...Object.keys(finding),
      ...Object.keys(report.packages[0]),
    ]) {
      assert.ok(documented.includes(`\`${field}\``), `${field} is documented`);
    }
  });

  test('other tools get their formats, and an SBOM of ours reads back as the same inventory', async () => {
    const sarif = JSON.parse((await run('scan', tree, '--format', 'sarif')).stdout);
    assert.equal(sarif.version, '2.1.0');
    assert.equal(sarif.runs[0].results.length, 2);
    const spdx = JSON.parse((await run('scan', tree, '--format', 'spdx')).stdout);
    assert.equal(spdx.spdxVersion, 'SPDX-2.3');
    const bom = await run('scan', tree, '--format', 'cyclonedx');
    const file = join(folder, 'bom.json');
    writeFileSync(file, bom.stdout);
    const again = JSON.parse((await run('scan', file, '--format', 'json')).stdout);
    const first = JSON.parse((await run('scan', tree, '--format', 'json')).stdout);
    const ids = (report: { findings: { vulnerabilityId: string; purl: string }[] }) =>
      report.findings.map(({ vulnerabilityId, purl }) => `${vulnerabilityId} ${purl}`);
    assert.deepEqual(ids(again), ids(first));
    assert.equal(again.resource.os.id, 'debian');
  });

  test('explains a finding and a non-finding', async () => {
    const found = await run('explain', 'CVE-2024-0001', tree);
    assert.equal(found.code, 0);
    assert.match(found.stdout, /AFFECTED[\s\S]*3\.0\.9-1 < 3\.0\.11-1 by deb rules: true/);
    assert.match((await run('explain', 'CVE-2024-0101', tree)).stdout, /NOT PRESENT/);
    const unknown = JSON.parse((await run('explain', 'CVE-1999-0000', tree, '--format', 'json')).stdout);
    assert.equal(unknown.answer, 'cannot-say');
  });

  test('a mode that changed in a root file system is told, though nothing that was read changed', async () => {
    const root = join(folder, 'modes');
    mkdirSync(join(root, 'etc'), { recursive: true });
    mkdirSync(join(root, 'opt'));
    writeFileSync(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\n');
    writeFileSync(join(root, 'opt/tool'), '#!/bin/sh\n');
    // Longer than any file system's step of time, in which a change could not be told.
    await new Promise((resolve) => setTimeout(resolve, 2100));
    const told = async () => (await run('scan', root, '--format', 'json')).stdout.includes('opt/tool');
    assert.equal(await told(), false);
    chmodSync(join(root, 'opt/tool'), 0o4755);
    assert.equal(await told(), true);
  });

  test('a report is kept for what it was made from, and made anew when any of it changes', async () => {
    const place = join(folder, 'kept-layout');
    const write = (version: string) =>
      writeLayout(place, [
        {
          reference: 'app:1',
          layers: [
            tarOf({ 'etc/os-release': debian12, 'var/lib/dpkg/status': dpkgStanza('openssl', version) }),
          ],
        },
      ]);
    const kept = () => readdirSync(join(home, 'cache/reports')).length;
    const scan = (...more: string[]) => run('scan', `oci-layout:${place}`, '--format', 'json', ...more);
    write('1.0-1');
    const first = await scan();
    const count = kept();
    const again = await scan();
    assert.deepEqual(again, { ...first, stderr: again.stderr });
    assert.equal(kept(), count);
    // Other words, other content, another revision.
    assert.notDeepEqual((await scan('--severity', 'critical')).stdout, '');
    assert.equal(kept(), count + 1);
    write('1.0-2');
    const changed = await scan();
    assert.equal(JSON.parse(changed.stdout).packages[0].version, '1.0-2');
    assert.equal(kept(), count + 2);
    for (const name of readdirSync(join(home, 'cache/reports')))
      writeFileSync(join(home, 'cache/reports', name), '{"exitCode":0,"sha256":"0"}\nsomething else');
    assert.equal((await scan()).stdout, changed.stdout);
  });

  test('what could not be read whole exits with 3 and says what and where', async () => {
    const broken = join(folder, 'broken.tar');
    const whole = tarOf({
      'config.json': '{"rootfs":{"diff_ids":["x"]}}',
      'layer.tar': tarOf({ 'etc/os-release': debian12 }).subarray(0, 700),
      'manifest.json': '[{"Config":"config.json","Layers":["layer.tar"]}]',
    });
    writeFileSync(broken, whole);
    const { code, stdout } = await run('scan', `docker-archive:${broken}`);
    assert.equal(code, 3);
    assert.match(stdout, /ends in the middle of an entry/);
  });
});

describe('settings', () => {
  test('are printed with their origin, and a password never is', async () => {
    const { stdout } = await run(
      'config',
      '--database-url',
      'postgres://me:secret@db/x',
      '--region',
      'eu-west-1',
    );
    assert.match(stdout, /--region +eu-west-1 +flag/);
    assert.match(stdout, /--home .*environment/);
    assert.doesNotMatch(stdout, /secret/);
  });

  test('commands that need a service say how to start one', async () => {
    for (const name of ['watch', 'jobs', 'env', 'find']) {
      const { code, stderr } = await run(name, ...(name === 'find' ? ['deb/xz-utils'] : []));
      assert.equal(code, 3);
      assert.match(stderr, /openinspector serve/);
    }
  });
});

describe('the README', () => {
  test('names only commands and options that there are', async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const blocks = [...readme.matchAll(/```\n([\s\S]*?)```/g)].map(([, body]) => body ?? '');
    const calls = blocks.flatMap((body) =>
      [...body.matchAll(/^\s*(?:eval "\$\()?(?:openinspector|\.\/bin\/openinspector\.mjs) (.+)$/gm)].map(
        ([, call]) => call ?? '',
      ),
    );
    assert.ok(calls.length >= 10);
    for (const call of calls) {
      const words = call
        .replace(/\s+#.*$/, '')
        .replace(/\)".*$/, '')
        .split(/\s+/);
      const [name = '', ...rest] = words;
      assert.ok(commands.includes(name), `README: openinspector ${call}`);
      const help = (await run(name, '--help')).stdout;
      for (const option of rest.filter((word) => word.startsWith('--')))
        assert.ok(help.includes(option), `README: ${name} ${option}`);
    }
    const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts);
    for (const [, script] of readme.matchAll(/npm run ([\w:]+)/g))
      assert.ok(scripts.includes(script ?? ''), `npm run ${script}`);
  });
});
