import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { ExtractorFile } from '../../src/plugins/ecosystems/contract.ts';
import { extractors } from '../../src/plugins/ecosystems/registry.ts';
import { newFolder, run, without, writeFiles } from './tools.ts';

const skip = without('rpm', 'rpmbuild');
const folder = newFolder('rpm');
after(() => rmSync(folder, { recursive: true, force: true }));

const specs = [
  { name: 'alpha', epoch: 0, version: '1.2.3', release: '4.el9', arch: 'noarch' },
  { name: 'beta-libs', epoch: 2, version: '0.9~rc1', release: '1.fc40', arch: 'noarch' },
  { name: 'gamma', epoch: 0, version: '2024.1^git1', release: '7', arch: 'noarch' },
];

function buildPackages(): readonly string[] {
  for (const { name, epoch, version, release, arch } of specs) {
    const spec = [
      `Name: ${name}`,
      ...(epoch === 0 ? [] : [`Epoch: ${epoch}`]),
      `Version: ${version}`,
      `Release: ${release}`,
      'Summary: A package of the tests',
      'License: MIT AND BSD-3-Clause',
      `BuildArch: ${arch}`,
      '%description',
      'Nothing.',
      '%install',
      `mkdir -p %{buildroot}/usr/share/${name}`,
      `echo ${name} > %{buildroot}/usr/share/${name}/data`,
      '%files',
      `/usr/share/${name}/data`,
    ];
    writeFiles(folder, { [`${name}.spec`]: `${spec.join('\n')}\n` });
    run('rpmbuild', ['-bb', '--define', `_topdir ${folder}/build`, join(folder, `${name}.spec`)]);
  }
  const built = join(folder, 'build/RPMS/noarch');
  return readdirSync(built)
    .sort()
    .map((file) => join(built, file));
}

// An rpm without a back end only warns, and writes nothing.
function canWrite(database: string, file: string, define: readonly string[]): boolean {
  if (skip) return false;
  run('mkdir', ['-p', database]);
  run('rpmdb', ['--dbpath', database, ...define, '--initdb']);
  return existsSync(join(database, file));
}

function toldByRpm(database: string, backend: string): readonly string[] {
  const form = '%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{ARCH} %{LICENSE} %{SOURCERPM}\\n';
  const define = ['--define', `_db_backend ${backend}`];
  return run('rpm', ['--dbpath', database, ...define, '-qa', '--qf', form])
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(' 0:', ' '))
    .sort();
}

function extractDatabase(database: string, file: string) {
  const path = `var/lib/rpm/${file}`;
  const reader = extractors.find((extractor) => extractor.wants(path));
  assert.ok(reader, `an extractor wants ${path}`);
  const companions = new Map<string, Uint8Array>();
  for (const companion of reader.companions?.(path) ?? []) {
    const place = join(database, companion.slice('var/lib/rpm/'.length));
    if (existsSync(place)) companions.set(companion, readFileSync(place));
  }
  const given: ExtractorFile = { path, bytes: readFileSync(join(database, file)), companions, os: null };
  return reader.extract(given);
}

describe('databases that rpm wrote', { skip }, () => {
  const packages = skip ? [] : buildPackages();
  for (const [backend, file] of [
    ['sqlite', 'rpmdb.sqlite'],
    ['ndb', 'Packages.db'],
  ] as const) {
    const database = join(folder, backend);
    const define = ['--define', `_db_backend ${backend}`];
    const reason = canWrite(database, file, define) ? false : `this rpm is built without ${backend}`;
    test(`${backend}: what rpm itself lists`, { skip: reason }, () => {
      run('rpm', ['--dbpath', database, ...define, '-i', '--justdb', '--nodeps', ...packages]);
      const expected = toldByRpm(database, backend);
      assert.equal(expected.length, specs.length);
      const extraction = extractDatabase(database, file);
      assert.deepEqual(extraction.problems, []);
      const found = extraction.packages.map((pkg) => {
        const source = `${pkg.source?.name}-${pkg.source?.version.replace(/^\d+:/, '')}.src.rpm`;
        return `${pkg.name} ${pkg.version} ${pkg.arch} ${pkg.licences[0]} ${source}`;
      });
      assert.deepEqual(found.sort(), expected);
      assert.deepEqual(
        extraction.owned?.flatMap(({ name, paths }) => paths.map((path) => `${name} ${path}`)).sort(),
        specs.map(({ name }) => `${name} usr/share/${name}/data`),
      );
    });

    test(`${backend}: what is erased is no longer listed`, { skip: reason }, () => {
      run('rpm', ['--dbpath', database, ...define, '-e', '--justdb', '--nodeps', 'gamma']);
      const names = extractDatabase(database, file).packages.map(({ name }) => name);
      assert.deepEqual(names.sort(), ['alpha', 'beta-libs']);
    });
  }
});
