import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { zipOf } from '../../testkit/feeds.ts';
import { LimitError } from './limits.ts';
import { ZipError, zipContent, zipHead, zipMembers } from './zip-directory.ts';

const folder = mkdtempSync(join(tmpdir(), 'zip-directory-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function withFile<T>(bytes: Uint8Array, use: (descriptor: number) => T): T {
  const path = join(folder, 'archive.zip');
  writeFileSync(path, bytes);
  const descriptor = openSync(path, 'r');
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readAll(bytes: Uint8Array, most = 1 << 24): Record<string, string> {
  return withFile(bytes, (descriptor) =>
    Object.fromEntries(
      [...zipMembers(descriptor)].map((member) => [
        member.name.toString(),
        zipContent(descriptor, member, most).toString('latin1'),
      ]),
    ),
  );
}

const python = `
import sys, zipfile
names = ['a.txt', 'deep/er/b.bin', 'empty', 'big.txt']
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as z:
    z.comment = b'PK\\x05\\x06 is how an end begins' if 'comment' in sys.argv else b''
    for i, name in enumerate(names):
        with z.open(name, 'w', force_zip64='zip64' in sys.argv) as f:
            f.write(b'' if name == 'empty' else (b'%d line of text\\n' % i) * (50000 if name == 'big.txt' else 3))
    if 'many' in sys.argv:
        for i in range(70000): z.writestr('many/%d' % i, str(i))
`;

for (const form of ['plain', 'comment', 'zip64', 'many']) {
  test(`an archive written by Python's zipfile (${form}) is read whole`, (t) => {
    const path = join(folder, `${form}.zip`);
    const made = spawnSync('python3', ['-c', python, path, form]);
    if (made.error) return t.skip('python3 is not on the PATH');
    strictEqual(made.status, 0, String(made.stderr));
    const found = readAll(readFileSync(path));
    strictEqual(found['a.txt'], '0 line of text\n'.repeat(3));
    strictEqual(found.empty, '');
    strictEqual(found['big.txt'], '3 line of text\n'.repeat(50_000));
    // More members than sixteen bits count, and a directory of more than one window.
    strictEqual(Object.keys(found).length, form === 'many' ? 70_004 : 4);
    if (form === 'many') strictEqual(found['many/69999'], '69999');
  });
}

test('what stands in front of an archive moves every offset and is passed over', () => {
  const zip = zipOf([{ path: 'a/b', bytes: Buffer.from('content') }]);
  deepStrictEqual(readAll(Buffer.concat([Buffer.from('#!/bin/sh\nexec unzip "$0"\n'), zip])), {
    'a/b': 'content',
  });
});

test('a member that unpacks to more than its reader takes, or than the directory says, is refused', (t) => {
  const path = join(folder, 'bomb.zip');
  const script = `import sys, zipfile\nzipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED).writestr('zeros', bytes(50000000))`;
  if (spawnSync('python3', ['-c', script, path]).error) return t.skip('python3 is not on the PATH');
  const bytes = readFileSync(path);
  throws(() => readAll(bytes, 1 << 20), LimitError);
  const at = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  bytes.writeUInt32LE(10, at + 24);
  throws(() => readAll(bytes, 1 << 20), /unpacks to more than the 10 bytes/);
  withFile(bytes, (descriptor) => {
    for (const member of zipMembers(descriptor)) {
      strictEqual(member.sizeBytes, 10);
      deepStrictEqual([...zipHead(descriptor, member, 16)], new Array(16).fill(0));
    }
  });
});

test('damaged archives give an error of their own, and nothing else', () => {
  const good = zipOf([
    { path: 'one', bytes: Buffer.from('first') },
    { path: 'two', bytes: Buffer.from('second') },
  ]);
  const change = fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 6 }), fc.nat(good.length), (changes, length) => {
      const bytes = Buffer.from(good.subarray(0, length));
      for (const { at, byte } of changes) if (at < length) bytes[at] = byte;
      try {
        readAll(bytes, 1 << 16);
      } catch (error) {
        ok(error instanceof ZipError || error instanceof LimitError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
