import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes that a partition gathers in memory before they are written out. */
const bufferBytes = 128 * 1024;

/**
 * Records on disk, in partitions that fit into memory one by one, so that far more can be grouped than memory holds.
 * Each record is a list of byte fields. Throws when the disk does.
 */
export type Spool = {
  add(partition: number, fields: readonly Uint8Array[]): void;
  /** All records of a partition, in the order of adding; the partition is emptied. */
  take(partition: number): readonly (readonly Buffer[])[];
  /** Deletes what is left. */
  close(): void;
};

export function openSpool(directory: string, name: string, partitionCount: number): Spool {
  const partitions = Array.from({ length: partitionCount }, (_unused, index) =>
    openPartition(join(directory, `${name}-${index}.spool`)),
  );
  function partition(index: number): Partition {
    const found = partitions[index];
    if (found === undefined) throw new Error(`assertion failed: spool ${name} has no partition ${index}`);
    return found;
  }
  return {
    add: (index, fields) => partition(index).add(fields),
    take: (index) => partition(index).take(),
    close: () => partitions.forEach((one) => void one.close()),
  };
}

type Partition = {
  add(fields: readonly Uint8Array[]): void;
  take(): readonly (readonly Buffer[])[];
  close(): void;
};

function openPartition(path: string): Partition {
  let descriptor = -1;
  let chunk: Buffer | null = null;
  let used = 0;
  function write(bytes: Uint8Array): void {
    if (descriptor < 0) descriptor = openSync(path, 'w');
    writeSync(descriptor, bytes);
  }
  function flush(): void {
    if (chunk !== null && used > 0) write(chunk.subarray(0, used));
    used = 0;
  }
  function close(): void {
    if (descriptor >= 0) closeSync(descriptor);
    descriptor = -1;
    chunk = null;
    rmSync(path, { force: true });
  }
  return {
    // Millions of records pass here: they are copied into one buffer rather than given buffers of their own.
    add(fields) {
      const length = fields.reduce((sum, field) => sum + field.length, 2 + fields.length * 4);
      if (used + length > bufferBytes) flush();
      const isLarge = length > bufferBytes;
      chunk ??= Buffer.allocUnsafeSlow(bufferBytes);
      const target = isLarge ? Buffer.allocUnsafe(length) : chunk;
      const end = writeRecord(target, isLarge ? 0 : used, fields);
      if (isLarge) write(target);
      else used = end;
    },
    take() {
      flush();
      const bytes = descriptor < 0 ? Buffer.alloc(0) : readFileSync(path);
      close();
      return records(bytes);
    },
    close,
  };
}

/** Gives the offset after the record. */
function writeRecord(target: Buffer, start: number, fields: readonly Uint8Array[]): number {
  let at = target.writeUInt16LE(fields.length, start);
  for (const field of fields) at = target.writeUInt32LE(field.length, at);
  for (const field of fields) {
    target.set(field, at);
    at += field.length;
  }
  return at;
}

function records(bytes: Buffer): readonly (readonly Buffer[])[] {
  const found: Buffer[][] = [];
  for (let at = 0; at < bytes.length; ) {
    const count = bytes.readUInt16LE(at);
    let start = at + 2 + count * 4;
    const fields: Buffer[] = [];
    for (let index = 0; index < count; index += 1) {
      const length = bytes.readUInt32LE(at + 2 + index * 4);
      fields.push(bytes.subarray(start, start + length));
      start += length;
    }
    found.push(fields);
    at = start;
  }
  return found;
}
