import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { newFolder, readAs, run, without, writeFiles } from './tools.ts';

const skip = without('dpkg', 'dpkg-deb', 'dpkg-query');
const folder = newFolder('dpkg');
after(() => rmSync(folder, { recursive: true, force: true }));

const packages = [
  { Package: 'alpha', Version: '1:1.2-3+b1', Architecture: 'all', Source: 'alpha-src (1:1.2-3)' },
  { Package: 'beta', Version: '0.9~rc1-1', Architecture: 'all' },
  { Package: 'gone', Version: '2.0', Architecture: 'all' },
];

// A root of its own, into which dpkg installs; nothing of this machine is touched.
function install(): string {
  const root = join(folder, 'root');
  writeFiles(root, { 'var/lib/dpkg/status': '', 'var/lib/dpkg/available': '' });
  run('mkdir', ['-p', join(root, 'var/lib/dpkg/info'), join(root, 'var/lib/dpkg/updates')]);
  const flags = [
    `--root=${root}`,
    '--force-not-root',
    '--force-bad-path',
    '--force-depends',
    '--log=/dev/null',
  ];
  for (const fields of packages) {
    const content = join(folder, fields.Package);
    const control = { Maintainer: 'Nobody <nobody@example.org>', Description: 'of the tests', ...fields };
    writeFiles(content, {
      'DEBIAN/control': `${Object.entries(control)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n')}\n`,
      'DEBIAN/conffiles': `/etc/${fields.Package}.conf\n`,
      [`etc/${fields.Package}.conf`]: 'x\n',
      [`usr/share/${fields.Package}/data`]: 'x\n',
    });
    const file = join(folder, `${fields.Package}.deb`);
    run('dpkg-deb', ['--root-owner-group', '-b', content, file]);
    run('dpkg', [...flags, '-i', file]);
  }
  // Removed, but its configuration stays: dpkg still has an entry of it.
  run('dpkg', [...flags, '-r', 'gone']);
  return root;
}

describe('a database that dpkg wrote', { skip }, () => {
  const root = skip ? '' : install();

  test('what dpkg-query lists as installed', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the tool's own form of a field
    const form = '${Status}|${Package} ${Version} ${Architecture} ${source:Package} ${source:Version}\\n';
    const lines = run('dpkg-query', [`--admindir=${root}/var/lib/dpkg`, '-W', '-f', form]).split('\n');
    assert.ok(lines.some((line) => line.startsWith('deinstall ok config-files|gone ')));
    const expected = lines
      .filter((line) => line.startsWith('install ok installed|'))
      .map((line) => line.slice(line.indexOf('|') + 1));
    const status = readAs('var/lib/dpkg/status', readFileSync(join(root, 'var/lib/dpkg/status')));
    assert.deepEqual(status.problems, []);
    const found = status.packages.map(
      ({ name, version, arch, source }) => `${name} ${version} ${arch} ${source?.name} ${source?.version}`,
    );
    assert.deepEqual(found.sort(), expected.sort());
  });

  test('the files that dpkg-query says a package owns', () => {
    const list = readFileSync(join(root, 'var/lib/dpkg/info/alpha.list'));
    const told = run('dpkg-query', [`--admindir=${root}/var/lib/dpkg`, '-L', 'alpha']).split('\n');
    const owned = readAs('var/lib/dpkg/info/alpha.list', list).owned?.[0];
    assert.equal(owned?.name, 'alpha');
    assert.deepEqual(owned?.paths, ['etc/alpha.conf', 'usr/share/alpha/data']);
    assert.ok(owned?.paths.every((path) => told.includes(`/${path}`)));
  });
});
