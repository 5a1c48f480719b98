import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  buildDebs,
  changelog,
  glibcErratum,
  hasTool,
  signSuite,
  write,
  writeDnf,
  writeSuite,
} from './making.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'repositories-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

type Result = { readonly code: number; readonly stdout: string; readonly stderr: string };

function run(...args: string[]): Promise<Result> {
  const env = { ...process.env, OPENINSPECTOR_HOME: join(folder, 'home'), NO_COLOR: '1', COLUMNS: '100' };
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

type Finding = {
  readonly vulnerabilityId: string;
  readonly package: string;
  readonly fixedVersion: string | null;
  readonly proof: { readonly feed: string; readonly record: string };
};

async function findings(reference: string): Promise<readonly Finding[]> {
  const { stdout, stderr } = await run('scan', reference, '--format', 'json');
  assert.ok(stdout.startsWith('{'), stderr);
  return JSON.parse(stdout).findings;
}

const noDpkg =
  hasTool('dpkg-deb') && hasTool('dpkg-scanpackages') ? false : 'dpkg-deb and dpkg-scanpackages are not here';

describe('an apt suite as a source', { skip: noDpkg }, () => {
  const root = join(folder, 'apt');
  const host = join(folder, 'debian-host');
  write(join(host, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n');
  write(
    join(host, 'var/lib/dpkg/status'),
    'Package: libdemo1\nSource: demo\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2.0-1\n\n',
  );

  function demo(): string {
    const text = changelog('demo', [
      ['1:2.0-1+deb12u2', 'Finish the fix of CVE-2024-10001 and mend CVE-2024-10002.'],
      ['1:2.0-1+deb12u1', 'Fix CVE-2024-10001.'],
      ['1:2.0-1', 'New upstream version, fixes CVE-2023-10003.'],
    ]);
    buildDebs(root, [
      {
        name: 'libdemo1',
        source: 'demo',
        version: '1:2.0-1+deb12u1',
        changelog: changelog('demo', [['1:2.0-1+deb12u1', 'Fix CVE-2024-10001.']]),
      },
      {
        name: 'libdemo1',
        source: 'demo',
        version: '1:2.0-1+deb12u2',
        changelog: text,
        compression: hasTool('xz') ? 'xz' : 'zstd',
      },
    ]);
    return writeSuite(root);
  }

  test('an older package is found, with the version that its changelog names', async () => {
    const suite = demo();
    const built = await run(
      'intel',
      'build',
      '--repository',
      suite,
      '--distro',
      'debian:12',
      '--format',
      'json',
    );
    assert.equal(built.code, 0, built.stderr);
    const { problems } = JSON.parse(built.stdout);
    assert.deepEqual(
      problems.map(({ why }: { why: string }) => why),
      ['signature is not verified, since no keyring was given'],
    );
    const found = await findings(`rootfs:${host}`);
    assert.deepEqual(
      found.map(({ vulnerabilityId, fixedVersion }) => [vulnerabilityId, fixedVersion]).sort(),
      [
        ['CVE-2024-10001', '1:2.0-1+deb12u1'],
        ['CVE-2024-10002', '1:2.0-1+deb12u2'],
      ],
    );
    const { stdout } = await run('explain', 'CVE-2024-10002', `rootfs:${host}`);
    assert.match(stdout, /AFFECTED/);
    assert.match(
      stdout,
      /host-repository: changelog of demo 1:2\.0-1\+deb12u2, entry 1:2\.0-1\+deb12u2, in /,
    );
    assert.match(stdout, /fixed in 1:2\.0-1\+deb12u2/);
  });

  test('a signature is checked against a keyring, and a broken one keeps the suite out', {
    skip: hasTool('gpg') && hasTool('gpgv') ? false : 'gpg and gpgv are not here',
  }, async () => {
    const suite = demo();
    const keyring = signSuite(suite, join(folder, 'keys'));
    const build = () =>
      run(
        'intel',
        'build',
        '--repository',
        suite,
        '--distro',
        'debian:bookworm',
        '--keyring',
        keyring,
        '--format',
        'json',
      );
    const good = await build();
    assert.equal(good.code, 0, good.stderr);
    assert.equal(JSON.parse(good.stdout).problemTotal, 0);
    const stranger = signSuite(suite, join(folder, 'other-keys'));
    assert.notEqual(stranger, keyring);
    const foreign = await build();
    assert.equal(foreign.code, 3);
    assert.match(foreign.stderr, /by no key of the keyring; it is not read/);
    const signed = readFileSync(join(suite, 'InRelease'), 'utf8');
    write(join(suite, 'InRelease'), signed.replace('Origin: Test', 'Origin: Evil'));
    const bad = await build();
    write(join(suite, 'InRelease'), `${signed}\n${signed}`);
    assert.match((await build()).stderr, /is not one signed text/);
    assert.equal(bad.code, 3);
    assert.match(bad.stderr, /signature does not hold.*it is not read/);
  });

  test('the distribution’s own tracker has the last word where both speak', async () => {
    const feeds = join(folder, 'feeds');
    write(
      join(feeds, 'debian-tracker/tracker.json'),
      JSON.stringify({
        demo: {
          'CVE-2024-10001': {
            description: 'x',
            releases: {
              bookworm: {
                status: 'resolved',
                fixed_version: '1:1.9-1',
                urgency: 'low',
                repositories: { bookworm: '1:2.0-1' },
              },
            },
          },
        },
      }),
    );
    const suite = writeSuite(root);
    rmSync(join(suite, 'InRelease'), { force: true });
    const built = await run(
      'intel',
      'build',
      '--feeds',
      feeds,
      '--repository',
      suite,
      '--distro',
      'debian:12',
    );
    assert.equal(built.code, 0, built.stderr);
    const found = await findings(`rootfs:${host}`);
    assert.deepEqual(
      found.map(({ vulnerabilityId, proof }) => [vulnerabilityId, proof.feed]),
      [['CVE-2024-10002', 'host-repository']],
    );
    const { stdout } = await run('explain', 'CVE-2024-10001', `rootfs:${host}`);
    assert.match(stdout, /NOT AFFECTED/);
    assert.match(stdout, /advisory {4}debian-tracker: /);
  });

  test('an index that is not the one its Release lists is not read', async () => {
    const suite = writeSuite(root);
    write(join(suite, 'main/binary-amd64/Packages.gz'), 'something else');
    const { code, stderr } = await run('intel', 'build', '--repository', suite, '--distro', 'debian:12');
    assert.equal(code, 3);
    assert.match(stderr, /sha256 differs/);
  });
});

describe('a dnf repository as a source', () => {
  const root = join(folder, 'dnf');
  const bill = join(folder, 'rocky.cdx.json');
  write(
    bill,
    JSON.stringify({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      version: 1,
      components: [
        { type: 'operating-system', name: 'rocky', version: '9.3' },
        {
          type: 'library',
          name: 'glibc',
          version: '2.34-83.el9',
          purl: 'pkg:rpm/rocky/glibc@2.34-83.el9?arch=x86_64&distro=rocky-9.3',
        },
      ],
    }),
  );

  test('an older package is found by the erratum that mends it', async () => {
    writeDnf(root, glibcErratum);
    const built = await run(
      'intel',
      'build',
      '--repository',
      root,
      '--distro',
      'rocky:9.3',
      '--format',
      'json',
    );
    assert.equal(built.code, 0, built.stderr);
    assert.equal(JSON.parse(built.stdout).problemTotal, 0);
    const [found, ...others] = await findings(`sbom:${bill}`);
    assert.deepEqual(others, []);
    assert.equal(found?.vulnerabilityId, 'CVE-2024-2961');
    assert.equal(found?.fixedVersion, '2.34-100.el9_4.2');
    const { stdout } = await run('explain', 'CVE-2024-2961', `sbom:${bill}`);
    assert.match(stdout, /host-repository: EXSA-2024:0101 in /);
    const { stdout: report } = await run('scan', `sbom:${bill}`, '--format', 'json');
    assert.match(report, /restarted after the update/);
  });

  test('errata that are not those that repomd.xml lists are not read, and what was built stays', async () => {
    const before = await run('intel', 'status', '--format', 'json');
    writeDnf(root, glibcErratum, { hash: 'ab'.repeat(32) });
    const { code, stderr } = await run('intel', 'build', '--repository', root, '--distro', 'rocky:9');
    assert.equal(code, 3);
    assert.match(stderr, /sha256 differs/);
    const now = await run('intel', 'status', '--format', 'json');
    assert.equal(JSON.parse(now.stdout).meta.revision, JSON.parse(before.stdout).meta.revision);
  });

  test('what is asked wrong is told', async () => {
    for (const args of [
      ['--repository', root],
      ['--repository', root, '--distro', 'nosuch:1'],
      ['--repository', root, '--distro', 'rocky'],
      ['--repository', 'ftp://example.org/x', '--distro', 'rocky:9'],
      ['--repository', 'https://me:secret@example.org/x', '--distro', 'rocky:9'],
      ['--distro', 'rocky:9'],
    ]) {
      const { code, stderr } = await run('intel', 'build', ...args);
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
      assert.doesNotMatch(stderr, /secret/);
    }
  });
});
