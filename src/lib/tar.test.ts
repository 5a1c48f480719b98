import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { archivePath, resolveLink } from './archive-path.ts';
import { defaultLimits, LimitError } from './limits.ts';
import { createTarParser, type TarEntry, TarError } from './tar.ts';
import { indexTar } from './tar-index.ts';

const folder = mkdtempSync(join(tmpdir(), 'tar-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

type Read = { readonly entries: TarEntry[]; readonly contents: Map<string, string> };

function readTar(bytes: Uint8Array, chunk = bytes.length, limits = defaultLimits): Read {
  const entries: TarEntry[] = [];
  const contents = new Map<string, string>();
  const parser = createTarParser(
    {
      entry(entry) {
        entries.push(entry);
        return entry.kind === 'file';
      },
      content: (entry, content) => contents.set(entry.path, Buffer.from(content).toString('latin1')),
    },
    limits,
  );
  for (let at = 0; at < bytes.length; at += chunk) parser.push(bytes.subarray(at, at + chunk));
  parser.finish();
  return { entries, contents };
}

// A tree with what trips readers: long names, links, a sparse file, an empty file, a name that is not ASCII.
function makeTree(): string {
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'deep', 'x'.repeat(90), 'y'.repeat(90)), { recursive: true });
  writeFileSync(join(tree, 'plain.txt'), 'hello');
  writeFileSync(join(tree, 'empty'), '');
  writeFileSync(join(tree, 'grüße.txt'), 'umlaut');
  writeFileSync(join(tree, 'deep', 'x'.repeat(90), 'y'.repeat(90), `${'z'.repeat(120)}.txt`), 'far down');
  writeFileSync(join(tree, 'block'), 'b'.repeat(1024));
  linkSync(join(tree, 'plain.txt'), join(tree, 'hard'));
  symlinkSync('plain.txt', join(tree, 'soft'));
  writeFileSync(join(tree, 'sparse'), '');
  truncateSync(join(tree, 'sparse'), 300_000);
  writeFileSync(join(tree, 'sparse'), 'tail', { flag: 'r+' });
  return tree;
}

describe('tar', () => {
  const tree = makeTree();
  for (const format of ['gnu', 'pax', 'ustar', 'oldgnu', 'v7']) {
    for (const sparse of [false, true]) {
      test(`reads what GNU tar writes: ${format}${sparse ? ', sparse' : ''}`, (context) => {
        const file = join(folder, `${format}.tar`);
        const names =
          format === 'v7' || format === 'ustar'
            ? ['plain.txt', 'empty', 'block', 'hard', 'soft', 'sparse']
            : ['.'];
        try {
          execFileSync(
            'tar',
            [`--format=${format}`, ...(sparse ? ['-S'] : []), '-cf', file, '-C', tree, ...names],
            { stdio: 'pipe' },
          );
        } catch {
          context.skip(`this tar does not write ${format}`);
          return;
        }
        const bytes = readFileSync(file);
        const { contents } = readTar(bytes);
        const byName = new Map([...contents].map(([path, content]) => [archivePath(path), content]));
        const plain = byName.get('plain.txt') ?? byName.get('hard');
        assert.equal(plain, 'hello');
        assert.equal(byName.get('empty'), '');
        assert.equal(byName.get('block')?.length, 1024);
        assert.equal(byName.get('sparse')?.length, 300_000);
        assert.equal(byName.get('sparse')?.slice(0, 4), 'tail');
        if (names.length === 1) {
          const far = [...byName].find(([path]) => path?.endsWith('z.txt'));
          assert.equal(far?.[1], 'far down');
          assert.ok([...byName.keys()].some((path) => path === 'grüße.txt'));
        }
        for (const size of [1, 7, 511, 513])
          assert.deepEqual(readTar(bytes, size).contents, contents, `chunks of ${size}`);
      });
    }
  }

  test('a long name whose first hundred characters end in a slash is still a file', () => {
    // With `./` in front the folder takes up the whole name field of the header.
    const long = join(folder, 'long');
    mkdirSync(join(long, 'd'.repeat(97)), { recursive: true });
    writeFileSync(join(long, 'd'.repeat(97), 'file.rb'), 'content');
    const file = join(folder, 'long.tar');
    execFileSync('tar', ['--format=gnu', '-cf', file, '-C', long, '.']);
    const { contents } = readTar(readFileSync(file));
    assert.deepEqual([...contents.values()], ['content']);
  });

  test('finds members without reading contents', async () => {
    const file = join(folder, 'indexed.tar');
    execFileSync('tar', ['--format=gnu', '-cf', file, '-C', tree, '.']);
    const members = await indexTar(file, defaultLimits);
    const bytes = readFileSync(file);
    const at = members.get('block');
    assert.ok(at);
    assert.equal(bytes.toString('latin1', at.offsetBytes, at.offsetBytes + at.sizeBytes), 'b'.repeat(1024));
    assert.equal(members.get('soft')?.linkTo, 'plain.txt');
  });

  test('says where a truncated archive ends', () => {
    const file = join(folder, 'cut.tar');
    execFileSync('tar', ['-cf', file, '-C', tree, 'block']);
    const bytes = readFileSync(file);
    assert.throws(
      () => readTar(bytes.subarray(0, 900)),
      (error: TarError) => error instanceof TarError && /middle/.test(error.message),
    );
    assert.throws(() => readTar(new Uint8Array(0)), TarError);
    assert.throws(() => readTar(Buffer.alloc(2048, 65)), /not a tar/);
  });

  test('stops at its limits by name', () => {
    const file = join(folder, 'many.tar');
    execFileSync('tar', ['-cf', file, '-C', tree, '.']);
    const bytes = readFileSync(file);
    const limited = (name: keyof typeof defaultLimits, value: number) => () =>
      readTar(bytes, 4096, { ...defaultLimits, [name]: value });
    for (const [name, value] of [
      ['archiveEntriesMax', 2],
      ['archiveBytesMax', 4096],
      ['pathLengthMax', 100],
      ['bufferedBytesMax', 100],
    ] as const) {
      assert.throws(
        limited(name, value),
        (error: LimitError) => error instanceof LimitError && error.limit === name,
      );
    }
  });

  test('a size that lies never allocates: it is refused before', () => {
    const header = Buffer.alloc(512);
    header.write('big');
    header.write('0000644\0', 100);
    header.write('77777777777\0', 124);
    header.write('0', 156);
    header.write('        ', 148);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    assert.throws(
      () => readTar(header),
      (error: LimitError) => error.limit === 'bufferedBytesMax',
    );
  });

  test('any bytes give an error or entries, never a hang or a crash', () => {
    const file = join(folder, 'fuzz.tar');
    execFileSync('tar', ['--format=pax', '-cf', file, '-C', tree, 'plain.txt', 'soft', 'deep']);
    const good = readFileSync(file);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 20,
        }),
        (edits) => {
          const bytes = Buffer.from(good);
          for (const [at, value] of edits) bytes[at] = value;
          try {
            readTar(bytes, 777);
          } catch (error) {
            assert.ok(error instanceof TarError || error instanceof LimitError, String(error));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('paths from archives', () => {
  test('are made root-relative, or refused', () => {
    const cases: [string, string | null][] = [
      ['./usr/bin/node', 'usr/bin/node'],
      ['/etc/passwd', 'etc/passwd'],
      ['a//b/./c/', 'a/b/c'],
      ['.', ''],
      ['./', ''],
      ['../etc/passwd', null],
      ['a/../../b', null],
      ['a/..', null],
      ['..', null],
      ['a\0b', null],
      ['...', '...'],
      ['a..b/c', 'a..b/c'],
    ];
    for (const [raw, expected] of cases) assert.equal(archivePath(raw), expected, raw);
  });

  test('never climb, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '.', '/', '..', './', '//'), maxLength: 30 }),
        (raw) => {
          const path = archivePath(raw);
          if (path !== null) assert.ok(!path.split('/').includes('..') && !path.startsWith('/'), path);
        },
      ),
    );
  });

  test('links resolve inside the root only', () => {
    assert.equal(resolveLink('etc/os-release', '../usr/lib/os-release'), 'usr/lib/os-release');
    assert.equal(resolveLink('etc/a', '/usr/b'), 'usr/b');
    assert.equal(resolveLink('etc/a', '../../x'), null);
  });
});
