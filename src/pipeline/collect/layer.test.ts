import { deepStrictEqual, strictEqual } from 'node:assert';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { tarOf } from '../../../testkit/feeds.ts';
import { defaultLimits } from '../../lib/limits.ts';
import { readLayer } from './layer.ts';

const folder = mkdtempSync(join(tmpdir(), 'layer-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const metadata = (name: string) => Buffer.from(`Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n\n`);

// Files that wait for companions, among files that nobody wants and that are longer than what is read at once.
const members = Array.from({ length: 40 }, (_, at) => [
  { path: `usr/lib/python3/dist-packages/p${at}-1.0.dist-info/METADATA`, bytes: metadata(`p${at}`) },
  { path: `data/${at}.bin`, bytes: randomBytes(at % 7 === 0 ? 1_500_000 : at * 1000) },
  {
    path: `app/node_modules/m${at}/package.json`,
    bytes: Buffer.from(
      JSON.stringify({ name: `m${at}`, version: '1.0.0', description: 'x'.repeat(at * 997) }),
    ),
  },
]).flat();

test('a layer that is read by seeking gives what one gives that is read through', async () => {
  const tar = Buffer.concat([Buffer.alloc(1000), tarOf(members), Buffer.alloc(300)]);
  const path = join(folder, 'archive.tar');
  writeFileSync(path, tar);
  const blob = { path, offsetBytes: 1000, sizeBytes: tar.length - 1300 };
  const digest = `sha256:${createHash('sha256').update(tar.subarray(1000, -300)).digest('hex')}`;
  let through = 0;
  let seeking = 0;
  const whole = await readLayer({ ...blob, digest }, defaultLimits, (bytes) => (through += bytes));
  const parts = await readLayer({ ...blob, digest: null }, defaultLimits, (bytes) => (seeking += bytes));
  strictEqual(whole.files.length, 80);
  deepStrictEqual(whole.problems, []);
  deepStrictEqual({ ...parts }, { ...whole });
  // Progress counts what was passed over.
  strictEqual(through, blob.sizeBytes);
  strictEqual(seeking, blob.sizeBytes);
});

test('a layer that is cut short says so, however it is read', async () => {
  const tar = tarOf(members);
  const path = join(folder, 'short.tar');
  writeFileSync(path, tar.subarray(0, tar.length - 200_000));
  const blob = { path, offsetBytes: 0, sizeBytes: tar.length };
  for (const digest of [null, `sha256:${'0'.repeat(64)}`]) {
    const { isComplete, problems } = await readLayer({ ...blob, digest }, defaultLimits, () => {});
    strictEqual(isComplete, false);
    strictEqual(problems[0]?.kind, 'malformed');
  }
});
