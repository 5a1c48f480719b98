import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { readZip, unzip } from './zip.ts';

type Member = { readonly name: string; readonly content: Buffer; readonly size?: number };

// An archive as the specification says; `size` lets the directory lie.
function buildZip(members: readonly Member[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, size } of members) {
    const packed = deflateRawSync(content);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(8, 8);
    head.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(crc32(content), 16);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(size ?? content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    locals.push(head, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

function contentOf(bytes: Buffer, bytesLeft = 1_000_000) {
  const budget = { bytesLeft, entriesLeft: 100 };
  const archive = readZip(bytes, 'a.zip', budget);
  if ('kind' in archive) return archive;
  return archive.entries.map((entry) => unzip(bytes, entry, entry.name, budget));
}

describe('zip archives', () => {
  test('gives the content of each file', () => {
    const contents = contentOf(
      buildZip([
        { name: 'one', content: Buffer.from('first') },
        { name: 'two', content: Buffer.alloc(5000, 7) },
      ]),
    );
    assert.deepEqual(contents, [Buffer.from('first'), Buffer.alloc(5000, 7)]);
  });

  test('passes over what stands in front and a comment behind', () => {
    const archive = buildZip([{ name: 'one', content: Buffer.from('first') }]);
    archive.writeUInt16LE(7, archive.length - 2);
    const bytes = Buffer.concat([Buffer.from('#!/bin/sh\n'), archive, Buffer.from('comment')]);
    // The comment's length is part of the end; a reader that only looks at the last bytes would miss it.
    const contents = contentOf(
      Buffer.concat([Buffer.from('#!/bin/sh\n'), buildZip([{ name: 'one', content: Buffer.from('first') }])]),
    );
    assert.deepEqual(contents, [Buffer.from('first')]);
    assert.deepEqual(contentOf(bytes), [Buffer.from('first')]);
  });

  test('unpacks no more than the directory says', () => {
    const contents = contentOf(buildZip([{ name: 'bomb', content: Buffer.alloc(1_000_000), size: 10 }]));
    const [content] = contents as readonly (Uint8Array | { readonly kind: string })[];
    assert.ok(content !== undefined && 'kind' in content && content.kind === 'malformed');
  });

  test('unpacks no more than is left of the budget, over all files', () => {
    const members = ['a', 'b', 'c'].map((name) => ({ name, content: Buffer.alloc(400, 1) }));
    const contents = contentOf(buildZip(members), 1000) as readonly (Uint8Array | { limit: string })[];
    assert.deepEqual(
      contents.map((content) => ('limit' in content ? content.limit : content.length)),
      [400, 400, 'zipBytesMax'],
    );
  });

  test('lists no more files than it may', () => {
    const bytes = buildZip(
      Array.from({ length: 5 }, (_, index) => ({ name: `${index}`, content: Buffer.from('x') })),
    );
    const archive = readZip(bytes, 'a.zip', { bytesLeft: 100, entriesLeft: 3 });
    assert.ok(!('kind' in archive));
    assert.equal(archive.entries.length, 3);
    assert.equal(archive.problems[0]?.limit, 'zipEntriesMax');
  });

  test('what is no archive is a problem', () => {
    assert.ok('kind' in readZip(Buffer.from('no archive at all'), 'a.zip', { bytesLeft: 1, entriesLeft: 1 }));
  });
});
