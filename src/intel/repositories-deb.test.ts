import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { tarOf } from '../../testkit/images.ts';
import { changelogBytesMax, debChangelog } from './repositories-deb.ts';

const folder = mkdtempSync(join(tmpdir(), 'openinspector-deb-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function arOf(members: Readonly<Record<string, Buffer>>): Buffer {
  const parts = Object.entries(members).flatMap(([name, bytes]) => [
    Buffer.from(
      `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(12)}${'100644'.padEnd(8)}${String(bytes.length).padEnd(10)}\`\n`,
    ),
    bytes,
    Buffer.alloc(bytes.length % 2, '\n'),
  ]);
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

const text = 'demo (1-1) stable; urgency=low\n\n  * CVE-2024-0001\n';
const data = tarOf({
  './usr/bin/demo': 'x'.repeat(70_000),
  './usr/share/doc/demo/changelog.Debian.gz': gzipSync(text),
  './usr/share/doc/demo/changelog.gz': gzipSync('upstream'),
});

function debWith(members: Readonly<Record<string, Buffer>>): Buffer {
  return arOf({ 'debian-binary': Buffer.from('2.0\n'), 'control.tar.gz': gzipSync(tarOf({})), ...members });
}

async function read(deb: Buffer, options: { name?: string; isNative?: boolean } = {}) {
  const path = join(folder, 'x.deb');
  writeFileSync(path, deb);
  return debChangelog(path, { where: 'x.deb', name: 'demo', isNative: false, ...options });
}

describe('the changelog inside of a package', () => {
  test('is read out of each form that its content is packed in', async () => {
    for (const members of [
      { 'data.tar': data },
      { 'data.tar.gz': gzipSync(data) },
      { 'data.tar.zst': zstdCompressSync(data) },
      { 'data.tar.gz/': gzipSync(data) },
    ]) {
      const found = await read(debWith(members));
      assert.ok(Buffer.isBuffer(found), Object.keys(members)[0]);
      assert.equal(found.toString(), text);
    }
  });

  test('is the file of its own name alone; a native package calls it otherwise', async () => {
    assert.equal(await read(debWith({ 'data.tar': data }), { name: 'other' }), null);
    const native = tarOf({ './usr/share/doc/demo/changelog.gz': gzipSync(text) });
    assert.equal(await read(debWith({ 'data.tar': native })), null);
    assert.equal(String(await read(debWith({ 'data.tar': native }), { isNative: true })), text);
    const linked = tarOf({ './usr/share/doc/demo/changelog.Debian.gz': { link: '/etc/passwd' } });
    assert.equal(await read(debWith({ 'data.tar': linked })), null);
  });

  test('that unpacks without end is refused', async () => {
    const bomb = tarOf({
      './usr/share/doc/demo/changelog.Debian.gz': gzipSync(Buffer.alloc(changelogBytesMax + 1)),
    });
    const found = await read(debWith({ 'data.tar': bomb }));
    assert.ok(found !== null && 'kind' in found && found.kind === 'unreadable');
  });

  test('what is no package, or one that is cut off, says so', async () => {
    const whole = debWith({ 'data.tar.gz': gzipSync(data) });
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('!<arch>\n'),
      whole.subarray(0, 150),
      whole.subarray(0, whole.length - 200),
      debWith({ 'data.tar': data }).subarray(0, 70_000),
      debWith({ 'data.tar.lz': data }),
      debWith({ 'data.tar.xz': data }),
    ]) {
      const found = await read(bytes);
      assert.ok(found !== null && 'kind' in found, String(bytes.length));
    }
  });

  test('damaged bytes never throw', async () => {
    const whole = debWith({ 'data.tar.gz': gzipSync(data) });
    const places = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(places, async (changes) => {
        const damaged = Buffer.from(whole);
        for (const [at, byte] of changes) damaged[at] = byte;
        await read(damaged);
      }),
      { numRuns: 40 },
    );
  });
});
