import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { InventoryFacts } from '../src/model/inventory.ts';
import type { OsRelease } from '../src/model/os-release.ts';
import type { Package } from '../src/model/package.ts';
import { formatPurl } from '../src/model/purl.ts';
import type { Distro } from '../src/plugins/distros/contract.ts';

/** What every distribution has to keep: names, dated releases, keys only where a release is known, no throws. */
export function distroContract(distros: readonly Distro[], folder: string): void {
  for (const distro of distros) {
    describe(`distribution ${distro.id}`, () => {
      testDeclaration(distro, folder);
      testReleases(distro);
      testArbitrary(distro);
      testCommand(distro);
    });
  }
}

/** A system package with nothing but what the caller gives. */
export function systemPackage(given: Partial<Package> & { readonly ecosystem: string }): Package {
  const name = given.name ?? 'openssl';
  return {
    purl: formatPurl({
      type: given.ecosystem,
      namespace: null,
      name,
      version: null,
      qualifiers: {},
      subpath: null,
    }),
    name,
    version: '1.0-1',
    arch: null,
    source: null,
    evidence: [{ path: 'var/lib/db', layer: null, line: null }],
    scope: null,
    relation: null,
    introducedBy: [],
    owner: null,
    licences: [],
    attributes: {},
    ...given,
  };
}

export function osRelease(id: string, versionId: string | null, codename: string | null = null): OsRelease {
  return { id, idLike: [], versionId, codename, prettyName: null };
}

export const inContainer: InventoryFacts = { isContainer: true, runningKernel: null, layers: [] };

export function onHost(runningKernel: string | null): InventoryFacts {
  return { isContainer: false, runningKernel, layers: [] };
}

function testDeclaration(distro: Distro, folder: string): void {
  test('is named after its folder and gives its sources', () => {
    assert.ok(existsSync(join(folder, distro.id, 'index.ts')));
    assert.ok(['deb', 'rpm', 'apk'].includes(distro.ecosystem));
    assert.ok(distro.sources.length > 0 && distro.sources.every((source) => source.startsWith('https://')));
    for (const name of [distro.id, ...distro.alsoKnownAs]) assert.match(name, /^[a-z][a-z0-9_-]*$/);
  });
}

function testReleases(distro: Distro): void {
  test('lists each release once, with days in order', () => {
    assert.ok(distro.releases.length > 0);
    assert.equal(new Set(distro.releases.map((release) => release.cycle)).size, distro.releases.length);
    for (const release of distro.releases) {
      const days = [release.released, release.supportEnds, release.extendedEnds].filter(
        (day) => day !== null,
      );
      for (const day of days) assert.match(day, /^\d{4}-\d\d-\d\d$/);
      assert.deepEqual(days, [...days].sort(), release.cycle);
    }
  });
}

function testArbitrary(distro: Distro): void {
  const text = fc.option(fc.string({ maxLength: 40 }));
  const os = fc.tuple(text, text, text).map(([versionId, codename, prettyName]) => ({
    ...osRelease(distro.id, versionId, codename),
    prettyName,
  }));
  const pkg = fc
    .tuple(fc.string(), fc.string(), text, fc.option(fc.tuple(fc.string(), fc.string())))
    .map(([name, version, arch, source]) =>
      systemPackage({
        ecosystem: distro.ecosystem,
        name,
        version,
        arch,
        source: source === null ? null : { name: source[0], version: source[1] },
      }),
    );
  test('any os-release and package give keys of one cycle or none', () => {
    fc.assert(
      fc.property(os, pkg, fc.boolean(), text, (release, found, isContainer, runningKernel) => {
        const cycle = distro.cycleOf(release);
        const keys = distro.keysOf(found, release);
        assert.equal(keys.length > 0, cycle !== null);
        for (const key of keys) assert.match(key.stream, /^[a-z][a-z-]*(?::[a-z0-9.-]+){0,2}$/);
        const reason = distro.setAside(found, { isContainer, runningKernel, layers: [] });
        assert.ok(reason === null || reason.endsWith('.'));
      }),
    );
  });
}

function testCommand(distro: Distro): void {
  test('the command names the package and lets nothing out of its word', () => {
    assert.match(distro.fixCommand('openssl', '1:3.0.7-1'), /\bopenssl\b/);
    const hostile = distro.fixCommand("a'; reboot #", '1');
    assert.ok(hostile.includes(`'a'\\''; reboot #`), hostile);
  });
}
