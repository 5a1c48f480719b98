import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { distroContract, inContainer, onHost, osRelease, systemPackage } from '../../../testkit/distros.ts';
import { distroFor, distros } from './registry.ts';
import releases from './testdata/os-releases.json' with { type: 'json' };

distroContract(distros, import.meta.dirname);

describe('registry of distributions', () => {
  for (const { id, versionId, codename, cycle, streams } of releases) {
    test(`${id} ${versionId ?? codename ?? 'without a version'} is judged by ${streams.join(', ') || 'nothing'}`, () => {
      const os = osRelease(id, versionId, codename);
      const distro = distroFor(os);
      assert.ok(distro);
      assert.equal(distro.cycleOf(os), cycle);
      const keys = distro.keysOf(systemPackage({ ecosystem: distro.ecosystem }), os);
      assert.deepEqual(
        keys.map((key) => key.stream),
        streams,
      );
      if (cycle !== null) assert.ok(distro.releases.some((release) => release.cycle === cycle));
    });
  }

  test('a derivative is not taken for what it is like', () => {
    assert.equal(distroFor({ ...osRelease('linuxmint', '21.3'), idLike: ['ubuntu', 'debian'] }), null);
    assert.equal(distroFor({ ...osRelease('linux', '8'), idLike: ['debian'] }), null);
  });

  test('no name means two distributions', () => {
    const names = distros.flatMap((distro) => [distro.id, ...distro.alsoKnownAs]);
    assert.equal(new Set(names).size, names.length);
  });
});

describe('kernels', () => {
  const text = readFileSync(join(import.meta.dirname, 'testdata/kernels.txt'), 'utf8');
  for (const line of text.split('\n').filter((row) => row !== '' && !row.startsWith('#'))) {
    const [id = '', running, name = '', version = '', arch = '', source = '', sourceVersion = '', verdict] =
      line.split(/\s+/);
    test(`${id} ${running}: ${name} ${version} is ${verdict}`, () => {
      const distro = distroFor(osRelease(id, null));
      assert.ok(distro);
      const ecosystem = distro.ecosystem;
      const pkg = systemPackage({
        ecosystem,
        name,
        version,
        arch,
        source: { name: source, version: sourceVersion },
      });
      const reason = distro.setAside(pkg, running === '-' ? inContainer : onHost(running ?? null));
      assert.equal(reason === null ? 'judged' : 'aside', verdict);
    });
  }

  test('an image is judged where the running kernel is not known', () => {
    const pkg = systemPackage({ ecosystem: 'rpm', name: 'kernel', version: '5.14.0-70.el9', arch: 'x86_64' });
    assert.equal(distroFor(osRelease('rhel', '9'))?.setAside(pkg, onHost(null)), null);
  });
});
