import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ExtractorFile } from '../contract.ts';
import { rpmBerkeley } from './berkeley.ts';
import { rpmNdb } from './ndb.ts';
import { rpmSqlite } from './sqlite.ts';
import { buildBerkeley, buildNdb, buildPackage, buildSqlite } from './testdata/build.ts';

function file(
  path: string,
  bytes: Uint8Array,
  companions: readonly (readonly [string, Uint8Array])[] = [],
): ExtractorFile {
  return { path, bytes, companions: new Map(companions), os: null };
}

const sizes = [0, 90, 400, 477, 478, 479, 1000, 5000, 70_000];
const packages = sizes.map((filler, index) => buildPackage(`package-${index}`, { filler }));
const names = sizes.map((_, index) => `package-${index}`);

describe('backends of the rpm database', () => {
  for (const pageSize of [512, 4096, 65_536]) {
    test(`sqlite with pages of ${pageSize} bytes`, async () => {
      const { bytes } = await buildSqlite(packages, [], pageSize);
      const { packages: found, problems } = rpmSqlite.extract(file('var/lib/rpm/rpmdb.sqlite', bytes));
      assert.deepEqual(
        found.map((pkg) => pkg.name),
        names,
      );
      assert.deepEqual(problems, []);
    });
  }

  test('sqlite with so many packages that its tree has branches', async () => {
    const many = Array.from({ length: 1500 }, (_, index) => buildPackage(`package-${index}`));
    const { bytes } = await buildSqlite(many);
    const { packages: found, problems } = rpmSqlite.extract(file('var/lib/rpm/rpmdb.sqlite', bytes));
    assert.deepEqual(
      found.map((pkg) => pkg.name),
      many.map((_, index) => `package-${index}`),
    );
    assert.deepEqual(problems, []);
  });

  test('sqlite counts what its log committed, and ignores a damaged log', async () => {
    const path = 'var/lib/rpm/rpmdb.sqlite';
    const { bytes, wal } = await buildSqlite([buildPackage('old')], [buildPackage('new')]);
    const names = (log: Uint8Array) =>
      rpmSqlite.extract(file(path, bytes, [[`${path}-wal`, log]])).packages.map((pkg) => pkg.name);
    assert.deepEqual(names(wal), ['old', 'new']);
    assert.deepEqual(names(new Uint8Array()), ['old']);
    const damaged = Uint8Array.from(wal);
    damaged[60] = (damaged[60] ?? 0) ^ 1;
    assert.deepEqual(names(damaged), ['old']);
  });

  for (const order of ['little', 'big'] as const) {
    test(`Berkeley DB, ${order}-endian`, () => {
      const bytes = buildBerkeley(packages, order, 4096);
      const { packages: found, problems } = rpmBerkeley.extract(file('var/lib/rpm/Packages', bytes));
      assert.deepEqual(
        found.map((pkg) => pkg.name),
        names,
      );
      assert.deepEqual(problems, []);
    });
  }

  test('ndb', () => {
    const { packages: found, problems } = rpmNdb.extract(file('var/lib/rpm/Packages.db', buildNdb(packages)));
    assert.deepEqual(
      found.map((pkg) => pkg.name),
      names,
    );
    assert.deepEqual(problems, []);
  });

  test('a chain of overflow pages that goes round is a problem', () => {
    const bytes = buildBerkeley([buildPackage('round', { filler: 2000 })], 'little');
    // The last page of the chain is empty and leads back to the first.
    bytes.writeUInt32LE(2, bytes.length - 512 + 16);
    bytes.writeUInt16LE(0, bytes.length - 512 + 22);
    const { packages: found, problems } = rpmBerkeley.extract(file('var/lib/rpm/Packages', bytes));
    assert.equal(found.length, 0);
    assert.match(problems[0]?.why ?? '', /ends too early/);
  });

  test('packages that all name the same bytes are a problem', () => {
    const bytes = buildNdb([buildPackage('one', { filler: 4000 })]);
    for (let slot = 1; slot < 200; slot++) bytes.copy(bytes, 32 + slot * 16, 32, 48);
    const { packages: found, problems } = rpmNdb.extract(file('var/lib/rpm/Packages.db', bytes));
    assert.ok(found.length < 5);
    assert.equal(problems.at(-1)?.limit, 'databaseBytesMax');
  });

  test('a file cut anywhere gives the packages before the cut or a problem', async () => {
    const { bytes } = await buildSqlite(packages);
    const cases = [
      { extractor: rpmSqlite, path: 'var/lib/rpm/rpmdb.sqlite', bytes },
      {
        extractor: rpmBerkeley,
        path: 'var/lib/rpm/Packages',
        bytes: buildBerkeley(packages, 'little', 4096),
      },
      { extractor: rpmNdb, path: 'var/lib/rpm/Packages.db', bytes: buildNdb(packages) },
    ];
    for (const { extractor, path, bytes: whole } of cases) {
      fc.assert(
        fc.property(fc.nat(whole.length - 1), (length) => {
          const { packages: found, problems } = extractor.extract(file(path, whole.subarray(0, length)));
          assert.ok(found.length === packages.length || problems.length > 0, `${path} cut at ${length}`);
        }),
      );
    }
  });
});
