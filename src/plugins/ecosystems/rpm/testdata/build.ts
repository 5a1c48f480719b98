import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tags } from '../header.ts';

// Makes small rpm databases for tests, in each of the three forms.

export type BuildTag = { readonly tag: number; readonly value: string | readonly string[] | readonly number[] };

/** The header of a package: texts, lists of texts, and lists of 32 bit numbers (16 bit for modes, 8 bit for states). */
export function buildHeader(values: readonly BuildTag[]): Buffer {
  const parts: Buffer[] = [];
  const entries = Buffer.alloc(values.length * 16);
  let offset = 0;
  for (const [index, { tag, value }] of values.entries()) {
    const { type, width, count, data } = encode(tag, value);
    const padding = (width - (offset % width)) % width;
    parts.push(Buffer.alloc(padding), data);
    offset += padding;
    entries.writeUInt32BE(tag, index * 16);
    entries.writeUInt32BE(type, index * 16 + 4);
    entries.writeUInt32BE(offset, index * 16 + 8);
    entries.writeUInt32BE(count, index * 16 + 12);
    offset += data.length;
  }
  const head = Buffer.alloc(8);
  head.writeUInt32BE(values.length, 0);
  head.writeUInt32BE(offset, 4);
  return Buffer.concat([head, entries, ...parts]);
}

function encode(tag: number, value: BuildTag['value']) {
  if (typeof value === 'string') return { type: 6, width: 1, count: 1, data: Buffer.from(`${value}\0`) };
  if (value.length > 0 && typeof value[0] === 'string') {
    const data = Buffer.from((value as readonly string[]).map((text) => `${text}\0`).join(''));
    return { type: 8, width: 1, count: value.length, data };
  }
  const width = tag === tags.fileModes ? 2 : tag === tags.fileStates ? 1 : 4;
  const data = Buffer.alloc(value.length * width);
  for (const [index, number] of (value as readonly number[]).entries()) data.writeUIntBE(number, index * width, width);
  return { type: width === 2 ? 3 : width === 1 ? 2 : 4, width, count: value.length, data };
}

/** A package with what the tests look at; `files` are whole paths. */
export function buildPackage(name: string, given: { epoch?: number; source?: string; module?: string; filler?: number } = {}): Buffer {
  const values: BuildTag[] = [
    { tag: tags.name, value: name },
    { tag: tags.version, value: '1.2' },
    { tag: tags.release, value: '3.el9' },
  ];
  if (given.epoch !== undefined) values.push({ tag: tags.epoch, value: [given.epoch] });
  if (given.filler !== undefined) values.push({ tag: 1005, value: 'x'.repeat(given.filler) });
  values.push(
    { tag: tags.vendor, value: 'Example' },
    { tag: tags.license, value: 'MIT and BSD' },
    { tag: tags.arch, value: 'x86_64' },
    { tag: tags.fileStates, value: [0, 0, 2] },
    { tag: tags.fileModes, value: [0o100644, 0o040755, 0o100644] },
    { tag: tags.sourceRpm, value: given.source ?? `${name}-1.2-3.el9.src.rpm` },
    { tag: tags.dirIndexes, value: [0, 1, 0] },
    { tag: tags.baseNames, value: [`${name}.so`, name, 'not-installed'] },
    { tag: tags.dirNames, value: ['/usr/lib/', '/usr/share/'] },
  );
  if (given.module !== undefined) values.push({ tag: tags.modularityLabel, value: given.module });
  return buildHeader(values);
}

export function buildNdb(blobs: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(4096);
  head.write('RpmP', 0);
  head.writeUInt32LE(1, 12);
  for (let at = 32; at < 4096; at += 16) head.write('Slot', at);
  const parts = [head];
  let block = 4096 / 16;
  for (const [index, blob] of blobs.entries()) {
    const blocks = Math.ceil((16 + blob.length + 12) / 16);
    const slot = 32 + index * 16;
    head.writeUInt32LE(index + 1, slot + 4);
    head.writeUInt32LE(block, slot + 8);
    head.writeUInt32LE(blocks, slot + 12);
    const stored = Buffer.alloc(blocks * 16);
    stored.write('BlbS', 0);
    stored.writeUInt32LE(index + 1, 4);
    stored.writeUInt32LE(blob.length, 12);
    blob.copy(stored, 16);
    parts.push(stored);
    block += blocks;
  }
  return Buffer.concat(parts);
}

/** A Berkeley DB hash with one bucket page: values inline where they fit, in overflow pages where not. */
export function buildBerkeley(blobs: readonly Buffer[], order: 'big' | 'little', pageSize = 512): Buffer {
  const overflow: Buffer[] = [];
  const items: Buffer[] = [];
  const put = (page: Buffer, at: number, value: number, width: 1 | 2 | 4) => {
    if (order === 'big') page.writeUIntBE(value, at, width);
    else page.writeUIntLE(value, at, width);
  };
  for (const [index, blob] of blobs.entries()) {
    const key = Buffer.alloc(5, 1);
    key.writeUInt32LE(index + 1, 1);
    items.push(key);
    if (blob.length < 128) {
      items.push(Buffer.concat([Buffer.from([1]), blob]));
      continue;
    }
    const reference = Buffer.alloc(12);
    reference.writeUInt8(3, 0);
    put(reference, 4, 2 + overflow.length, 4);
    put(reference, 8, blob.length, 4);
    items.push(reference);
    for (let from = 0; from < blob.length; from += pageSize - 26) {
      const part = blob.subarray(from, from + pageSize - 26);
      const page = Buffer.alloc(pageSize);
      const isLast = from + part.length >= blob.length;
      put(page, 16, isLast ? 0 : 3 + overflow.length, 4);
      put(page, 22, part.length, 2);
      put(page, 25, 7, 1);
      part.copy(page, 26);
      overflow.push(page);
    }
  }
  const meta = Buffer.alloc(pageSize);
  put(meta, 12, 0x061561, 4);
  put(meta, 16, 9, 4);
  put(meta, 20, pageSize, 4);
  put(meta, 25, 8, 1);
  put(meta, 32, 1 + overflow.length, 4);
  const bucket = Buffer.alloc(pageSize);
  put(bucket, 20, items.length, 2);
  put(bucket, 25, 13, 1);
  let end = pageSize;
  for (const [index, item] of items.entries()) {
    end -= item.length;
    put(bucket, 26 + index * 2, end, 2);
    item.copy(bucket, end);
  }
  return Buffer.concat([meta, bucket, ...overflow]);
}

/** A database made by SQLite itself; `late` packages stay in the write-ahead log. */
export async function buildSqlite(blobs: readonly Buffer[], late: readonly Buffer[] = [], pageSize = 512) {
  const { DatabaseSync } = await import('node:sqlite');
  const folder = mkdtempSync(join(tmpdir(), 'rpmdb-'));
  try {
    const path = join(folder, 'rpmdb.sqlite');
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0`);
    database.exec('CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)');
    database.exec("CREATE TABLE Name (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)");
    const insert = database.prepare('INSERT INTO Packages (blob) VALUES (?)');
    for (const blob of blobs) insert.run(blob);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    for (const blob of late) insert.run(blob);
    const wal = existsSync(`${path}-wal`) ? readFileSync(`${path}-wal`) : Buffer.alloc(0);
    const bytes = readFileSync(path);
    database.close();
    return { bytes, wal };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
