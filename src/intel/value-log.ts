import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';

const bufferBytes = 1024 * 1024;

/** Values that go into one transaction, in bytes. */
const transactionBytes = 16 * 1024 * 1024;

/** Keys and values in any order on disk, to be written into a table in key order. Only keys are held in memory. */
export type ValueLog = {
  /** Each key once. */
  add(key: string, value: Uint8Array): void;
  writeTo(root: RootDatabase<Buffer, string>, table: Database<Buffer, string>): void;
  close(): void;
};

export function openValueLog(directory: string, name: string): ValueLog {
  const path = join(directory, `${name}.log`);
  const descriptor = openSync(path, 'w+');
  const entries: { readonly key: string; readonly offset: number; readonly length: number }[] = [];
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let size = 0;
  function flush(): void {
    if (heldBytes > 0) writeSync(descriptor, Buffer.concat(held));
    held = [];
    heldBytes = 0;
  }
  function read(entry: { readonly offset: number; readonly length: number }): Buffer {
    const bytes = Buffer.alloc(entry.length);
    readSync(descriptor, bytes, 0, entry.length, entry.offset);
    return bytes;
  }
  return {
    add(key, value) {
      entries.push({ key, offset: size, length: value.length });
      held.push(value);
      heldBytes += value.length;
      size += value.length;
      if (heldBytes > bufferBytes) flush();
    },
    writeTo(root, table) {
      flush();
      entries.sort((left, right) => compareBytes(left.key, right.key));
      for (let at = 0; at < entries.length; ) {
        at = root.transactionSync(() => {
          let bytes = 0;
          let next = at;
          for (; next < entries.length && bytes < transactionBytes; next += 1) {
            const entry = entries[next];
            if (entry === undefined) break;
            table.putSync(entry.key, read(entry), { append: true });
            bytes += entry.length;
          }
          return next;
        });
      }
    },
    close() {
      closeSync(descriptor);
      rmSync(path, { force: true });
    },
  };
}

/** The order of the database: that of UTF-8 bytes, which differs from that of strings outside ASCII. */
function compareBytes(left: string, right: string): number {
  if (/^[\x20-\x7e]*$/.test(left) && /^[\x20-\x7e]*$/.test(right))
    return left < right ? -1 : left > right ? 1 : 0;
  return Buffer.compare(Buffer.from(left, 'utf8'), Buffer.from(right, 'utf8'));
}
