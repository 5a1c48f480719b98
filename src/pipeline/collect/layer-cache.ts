import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Packr } from 'msgpackr';
import type { LayerBlob } from '../../plugins/targets/contract.ts';
import { extractorVersions } from './extraction.ts';
import type { Reading } from './reading.ts';

const packr = new Packr({ structuredClone: false, useRecords: false });

/** Readings kept by what was read, so that no scan ever reads the same bytes twice. */
export type LayerCache = {
  get(blob: LayerBlob): Promise<Reading | null>;
  put(blob: LayerBlob, reading: Reading): Promise<void>;
  /** Whether a whole reading of the blob is kept, without looking into it. */
  keeps(blob: LayerBlob): Promise<boolean>;
  /** Whether the reading of the layer of this digest is kept, and undamaged: its bytes are not needed then. */
  has(digest: string): Promise<boolean>;
};

/**
 * A cache in a directory. The key is the digest of the stored bytes where the manifest addresses them by it (no
 * runtime would run other bytes under that digest), and otherwise the file's identity: path, size and change time.
 */
export function openLayerCache(directory: string): LayerCache {
  const readers = createHash('sha256').update(extractorVersions()).digest('hex').slice(0, 12);

  async function fileFor(blob: LayerBlob): Promise<string> {
    return fileOf(blob.digest ?? (await identityOf(blob)));
  }

  function fileOf(identity: string): string {
    const key = createHash('sha256').update(identity).digest('hex');
    return join(directory, 'layers', readers, key.slice(0, 2), key);
  }

  return {
    async get(blob) {
      return read(await fileFor(blob));
    },
    async put(blob, reading) {
      // A reading cut short must not stand for the layer.
      if (!reading.isComplete) return;
      await write(await fileFor(blob), reading);
    },
    async keeps(blob) {
      return (await stat(await fileFor(blob)).catch(() => null)) !== null;
    },
    async has(digest) {
      return (await read(fileOf(digest))) !== null;
    },
  };
}

async function identityOf(blob: LayerBlob): Promise<string> {
  const file = await stat(blob.path, { bigint: true });
  return `${blob.path}\0${file.size}\0${file.mtimeNs}\0${file.ino}\0${blob.offsetBytes}\0${blob.sizeBytes}`;
}

async function read(file: string): Promise<Reading | null> {
  try {
    return packr.unpack(await readFile(file)) as Reading;
  } catch {
    // Absent or damaged: the layer is read again, which is always right.
    return null;
  }
}

async function write(file: string, reading: Reading): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(temporary, packr.pack(reading));
  await rename(temporary, file);
}
