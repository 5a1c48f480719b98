import { ok, strictEqual } from 'node:assert';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { defaultLimits } from '../../lib/limits.ts';
import { readTree } from './tree.ts';
import { stillStands, type TreeWitness } from './tree-witness.ts';

const root = mkdtempSync(join(tmpdir(), 'tree-witness-'));
after(() => rmSync(root, { recursive: true, force: true }));

const skip = { paths: ['hidden'], names: [], installedOnly: false };
const read = () => readTree(root, skip, defaultLimits, () => {}).witness ?? null;

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

// Longer than any file system's step of time.
const settle = () => setTimeout(2100);

async function witness(): Promise<TreeWitness> {
  await settle();
  const told = read();
  ok(told !== null, 'a tree that rests gives a witness');
  ok(stillStands(told));
  return told;
}

test('a witness stands until a file that was read, or the names in a folder, change', async () => {
  put('app/node_modules/a/package.json', '{"name":"a","version":"1.0.0"}');
  put('app/node_modules/a/index.js', 'one');
  put('app/usr/bin/tool', '#!/bin/sh\n');
  symlinkSync('node_modules/a/package.json', join(root, 'app/package.json'));
  strictEqual(read(), null, 'what changed just now may change again in the same step of time');
  let told = await witness();

  appendFileSync(join(root, 'app/node_modules/a/index.js'), 'two');
  ok(stillStands(told), 'nobody reads scripts');
  put('app/node_modules/a/package.json', '{"name":"a","version":"1.0.1"}');
  ok(!stillStands(told), 'same size, other content');

  told = await witness();
  put('app/usr/bin/tool', '#!/bin/sh\nexit 1\n');
  ok(!stillStands(told), 'a file that was looked at and passed over');

  told = await witness();
  put('app/node_modules/b/package.json', '{"name":"b","version":"1.0.0"}');
  ok(!stillStands(told), 'a new folder');

  told = await witness();
  renameSync(join(root, 'app/node_modules/b'), join(root, 'app/node_modules/c'));
  ok(!stillStands(told), 'a folder of another name');

  told = await witness();
  rmSync(join(root, 'app/package.json'));
  symlinkSync('node_modules/c/package.json', join(root, 'app/package.json'));
  ok(!stillStands(told), 'a link that leads elsewhere');
});

test('what leads to where nobody looks gives no witness', async () => {
  put('hidden/pom.xml', '<project/>');
  symlinkSync('hidden/pom.xml', join(root, 'pom.xml'));
  await settle();
  strictEqual(read(), null);
});
