import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { serviceOf } from './repositories-changelogs.ts';
import { addPackages, type Candidates } from './repositories-packages.ts';
import { packageIndexes, parseRelease } from './repositories-release.ts';
import { insideOf } from './repositories-signature.ts';

const folder = mkdtempSync(join(tmpdir(), 'openinspector-apt-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const hash = (letter: string) => letter.repeat(64);
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('a Release', () => {
  test('gives its fields and the package indexes that it vouches for', () => {
    const release = parseRelease(
      [
        'Codename: bookworm',
        'MD5Sum:',
        ' 0123456789abcdef0123456789abcdef 1 main/binary-i386/Packages',
        'SHA256:',
        ` ${hash('a')}  100 main/binary-amd64/Packages`,
        ` ${hash('b')} 50 main/binary-amd64/Packages.xz`,
        ` ${hash('c')} 60 main/binary-amd64/Packages.gz`,
        ` ${empty} 0 contrib/binary-amd64/Packages`,
        ` ${hash('d')} 20 contrib/binary-amd64/Packages.gz`,
        ` ${hash('e')} 9 main/debian-installer/binary-amd64/Packages.gz`,
        ` ${hash('f')} 9 main/i18n/Translation-en`,
        ' broken 9 main/binary-arm64/Packages',
        'Suite: stable',
      ].join('\n'),
    );
    assert.equal(release.fields.get('codename'), 'bookworm');
    assert.equal(release.fields.get('suite'), 'stable');
    const [index, ...others] = packageIndexes(release);
    assert.deepEqual(others, []);
    assert.equal(index?.component, 'main');
    assert.deepEqual(
      index?.forms.map(({ path, checksum }) => [path, checksum.hex[0]]),
      [
        ['main/binary-amd64/Packages.gz', 'c'],
        ['main/binary-amd64/Packages', 'a'],
        ['main/binary-amd64/Packages.xz', 'b'],
      ],
    );
  });

  test('of a flat repository lists packages beside itself', () => {
    const release = parseRelease(`SHA256:\n ${hash('a')} 10 ./Packages.gz\n`);
    assert.deepEqual(
      packageIndexes(release).map(({ arch, component }) => [arch, component]),
      [['', '']],
    );
  });

  test('inside of a signature is what stands in it, no more', () => {
    const signed =
      'Codename: evil\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nCodename: good\n- -dash\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\nCodename: evil\n';
    assert.equal(insideOf(signed), 'Codename: good\n-dash');
    assert.equal(insideOf('Codename: plain\n'), '');
  });

  test('names a service of changelogs only by an address that can be asked', () => {
    const service = 'https://example.org/changelogs/@CHANGEPATH@_changelog';
    assert.equal(serviceOf(service), service);
    for (const field of [undefined, '', 'no', 'file:///etc/@CHANGEPATH@', 'https://example.org/changelogs/'])
      assert.equal(serviceOf(field), null);
  });
});

describe('a list of packages', () => {
  async function read(text: string) {
    const absolutePath = join(folder, 'Packages');
    writeFileSync(absolutePath, text);
    const candidates: Candidates = new Map();
    const problems = await addPackages(candidates, { path: 'Packages', absolutePath }, 'main');
    return { candidates, problems };
  }

  const stanza = (name: string, version: string, more = '') =>
    `Package: ${name}\nVersion: ${version}\n${more}Filename: pool/main/${name}_${version}.deb\nSize: 10\nSHA256: ${hash('a')}\n\n`;

  test('gives each source once, at its newest version, with the binary of its name first', async () => {
    const { candidates, problems } = await read(
      [
        stanza('libdemo1', '2.0-1', 'Source: demo\n'),
        stanza('demo', '2.0-1'),
        stanza('demo', '10.0~rc1-1'),
        stanza('libdemo1', '10.0~rc1-1+b2', 'Source: demo (10.0~rc1-1)\n'),
        stanza('demo', '1:0.1-1'),
        stanza('demo', '9.0-1'),
      ].join(''),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual([...candidates.keys()], ['demo']);
    assert.equal(candidates.get('demo')?.version, '1:0.1-1');
    assert.deepEqual(
      candidates.get('demo')?.debs.map(({ path }) => path),
      ['pool/main/demo_1:0.1-1.deb'],
    );
  });

  test('tells how many packages could not be read', async () => {
    const { candidates, problems } = await read(
      `${stanza('good', '1-1')}Package: bad\n\nVersion: 1\n\n${stanza('../evil', '1')}${stanza('x', 'no version')}`,
    );
    assert.deepEqual([...candidates.keys()], ['good']);
    assert.match(problems[0]?.why ?? '', /^4 packages have no name or no version/);
  });
});
