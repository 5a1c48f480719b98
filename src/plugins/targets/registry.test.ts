import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { debian12, dpkgStanza, sha256, tarOf, writeLayout, writeTree } from '../../../testkit/images.ts';
import { targetSuite } from '../../../testkit/targets.ts';
import { splitReference } from './image.ts';
import { resolveTarget, target, targets } from './registry.ts';

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const folder = mkdtempSync(join(tmpdir(), 'targets-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('every target', () => {
  for (const entry of targets) targetSuite(entry, folders);

  test('is in the registry', () => {
    assert.deepEqual(targets.map(({ id }) => id).sort(), [...folders].sort());
  });
});

describe('what a bare path is', () => {
  const layer = tarOf({ 'etc/os-release': debian12, 'var/lib/dpkg/status': dpkgStanza('bash', '5') });
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { diff_ids: [sha256(layer)] },
  });
  const saved = tarOf({
    'config.json': config,
    'layer.tar': layer,
    'manifest.json': JSON.stringify([
      { Config: 'config.json', RepoTags: ['registry:5000/app:1.0'], Layers: ['layer.tar'] },
    ]),
  });
  const places: Record<string, string> = {};

  test('is told by its content', async () => {
    writeTree(join(folder, 'root'), { 'etc/os-release': debian12 });
    writeTree(join(folder, 'project'), { 'package.json': '{}' });
    writeLayout(join(folder, 'layout'), [{ reference: 'app:1', layers: [layer] }]);
    writeFileSync(join(folder, 'image.tar'), saved);
    writeFileSync(join(folder, 'image.tar.gz'), gzipSync(saved));
    writeFileSync(
      join(folder, 'bom.json'),
      JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', components: [] }),
    );
    execFileSync('python3', [
      '-c',
      'import zipfile,sys; z=zipfile.ZipFile(sys.argv[1],"w"); z.writestr("a.txt","a"); z.close()',
      join(folder, 'f.zip'),
    ]);
    Object.assign(places, {
      host: 'host',
      root: 'rootfs',
      project: 'dir',
      layout: 'oci-layout',
      'image.tar': 'docker-archive',
      'image.tar.gz': 'docker-archive',
      'bom.json': 'sbom',
      'f.zip': 'zip',
    });
    for (const [name, expected] of Object.entries(places)) {
      const { target: found } = await resolveTarget(name === 'host' ? 'host' : join(folder, name));
      assert.equal(found.id, expected, name);
    }
    await assert.rejects(resolveTarget(join(folder, 'absent')), /cannot tell what/);
  });

  test('an archive is the same image plain, compressed and as a layout in a tar', async () => {
    const digests = new Set<string>();
    for (const name of ['image.tar', 'image.tar.gz']) {
      const { resources, problems } = await (
        target('docker-archive') as never as {
          discover: (
            at: string,
          ) => Promise<{ resources: { fingerprint: string; name: string }[]; problems: unknown[] }>;
        }
      ).discover(join(folder, name));
      assert.deepEqual(problems, []);
      assert.equal(resources[0]?.name, 'registry:5000/app:1.0');
      digests.add(resources[0]?.fingerprint ?? '');
    }
    assert.equal(digests.size, 1);
    execFileSync('tar', ['-cf', join(folder, 'layout.tar'), '-C', join(folder, 'layout'), '.']);
    const inTar = await target('docker-archive')?.discover(join(folder, 'layout.tar'));
    const inFolder = await target('oci-layout')?.discover(join(folder, 'layout'));
    assert.equal(inTar?.resources[0]?.fingerprint, inFolder?.resources[0]?.fingerprint);
  });
});

describe('references', () => {
  test('a port is not a tag', () => {
    assert.deepEqual(splitReference('host:5000/a/b:1.0'), { repository: 'host:5000/a/b', tag: '1.0' });
    assert.deepEqual(splitReference('host:5000/a/b'), { repository: 'host:5000/a/b', tag: null });
    assert.deepEqual(splitReference('a@sha256:00'), { repository: 'a', tag: null });
  });
});

describe('an SBOM', () => {
  test('gives packages with their system, source and layer, and says what it cannot judge', async () => {
    const path = join(folder, 'full.json');
    writeFileSync(
      path,
      JSON.stringify({
        bomFormat: 'CycloneDX',
        specVersion: '1.5',
        metadata: { component: { type: 'container', name: 'app' } },
        components: [
          { type: 'operating-system', name: 'debian', version: '12' },
          {
            type: 'library',
            name: 'libssl3',
            purl: 'pkg:deb/debian/libssl3@3.0.9-1?arch=amd64&upstream=openssl%403.0.9-1',
          },
          { type: 'library', name: 'bash', purl: 'pkg:rpm/redhat/bash@5.1-1.el9?epoch=2' },
          { type: 'library', name: 'core', group: '@babel', purl: 'pkg:npm/%40babel/core@7.0.0' },
          { type: 'library', name: 'mystery', version: '1.0' },
          { type: 'library', name: 'broken', purl: 'pkg:npm/broken' },
        ],
      }),
    );
    const { resources } = (await target('sbom')?.discover(path)) ?? { resources: [] };
    const resource = resources[0];
    assert.ok(resource);
    const content = await target('sbom')?.open(resource, { scratchDirectory: folder });
    assert.equal(content?.kind, 'inventory');
    if (content?.kind !== 'inventory') return;
    const { inventory } = content;
    assert.equal(inventory.os?.id, 'debian');
    assert.deepEqual(
      inventory.packages.map(({ name, version }) => `${name} ${version}`),
      ['libssl3 3.0.9-1', '@babel/core 7.0.0', 'bash 2:5.1-1.el9'],
    );
    assert.deepEqual(inventory.packages[0]?.source, { name: 'openssl', version: '3.0.9-1' });
    assert.deepEqual(
      inventory.problems.map(({ kind }) => kind),
      ['not-assessed', 'malformed'],
    );
  });
});
