import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BoltError,
  type BoltMeta,
  type BoltPage,
  branchElement,
  bucketHeaderBytes,
  bucketRoot,
  headerBytes,
  type LeafElement,
  leafElement,
  overflowOf,
  pageIdOf,
  readMeta,
  readPage,
} from './bolt-page.ts';

export { BoltError } from './bolt-page.ts';

/**
 * Reads bolt (bbolt) databases: trees of pages in one file, with buckets in buckets. Only what is asked for is read,
 * nothing is locked or written, and a database that its owner writes to meanwhile is read again until it stood still.
 * Source: https://github.com/etcd-io/bbolt
 */
export type BoltBucket = {
  /** The value under a key; null where there is none, or a bucket. */
  value(key: string): Promise<Uint8Array | null>;
  /** The bucket under a key; null where there is none. */
  bucket(key: string): Promise<BoltBucket | null>;
  /** Everything in it, in the order of the keys. */
  entries(): AsyncGenerator<BoltEntry>;
};

/** One entry: a value, or a bucket. */
export type BoltEntry = {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  readonly bucket: BoltBucket | null;
};

/** Where the bytes lie. Answers fewer bytes where it ends. */
export type BoltSource = { read(offset: number, length: number): Promise<Uint8Array> };

/** What one reading may take. */
export type BoltBounds = {
  readonly pagesMax: number;
  readonly bytesMax: number;
  readonly entriesMax: number;
  /** Pages above one another in the tree of one bucket. */
  readonly depthMax: number;
};

export const usualBoltBounds: BoltBounds = {
  pagesMax: 200_000,
  bytesMax: 512 * 2 ** 20,
  entriesMax: 2_000_000,
  depthMax: 32,
};

const attemptsMax = 6;
const waitMilliseconds = 40;
/** Where the second meta page may stand, when the first one does not tell. */
const pageSizes = [4096, 512, 1024, 2048, 8192, 16_384, 32_768, 65_536];
const metaRoom = 128;

/**
 * Calls `use` with the root bucket of a file and answers what it answers. It is called again, from the start, where
 * the database was written to meanwhile. Rejects with a BoltError for bytes that are no database, are damaged, or pass
 * a bound.
 */
export async function readBoltFile<T>(
  path: string,
  bounds: BoltBounds,
  use: (root: BoltBucket) => Promise<T>,
): Promise<T> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new BoltError('is not a file');
    const source: BoltSource = {
      async read(offset, length) {
        const bytes = new Uint8Array(length);
        const { bytesRead } = await file.read(bytes, 0, length, offset);
        return bytes.subarray(0, bytesRead);
      },
    };
    return await readBolt(source, bounds, use);
  } finally {
    await file.close();
  }
}

/** As `readBoltFile`, of any bytes. */
export async function readBolt<T>(
  source: BoltSource,
  bounds: BoltBounds,
  use: (root: BoltBucket) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const meta = await newestMeta(source);
    const outcome = await use(rootOf(source, meta, bounds)).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    // Pages that a transaction let go of are written over by the one after it: what was read before counts only while
    // no transaction has ended meanwhile.
    if ((await newestMeta(source)).transaction === meta.transaction) {
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    }
    if (attempt === attemptsMax)
      throw new BoltError(`was written to each of the ${attemptsMax} times that it was read`);
    await sleep(waitMilliseconds * attempt);
  }
}

async function newestMeta(source: BoltSource): Promise<BoltMeta> {
  const first = readMeta(await source.read(0, metaRoom));
  let newest = first;
  // A damaged first page does not tell where the second one is.
  for (const size of first ? [first.pageSize] : pageSizes) {
    const second = readMeta(await source.read(size, metaRoom));
    if (second?.pageSize !== size) continue;
    if (!newest || second.transaction > newest.transaction) newest = second;
    break;
  }
  if (!newest) throw new BoltError('is not a bolt database: neither of its meta pages can be read');
  return newest;
}

type Pages = {
  page(id: number): Promise<BoltPage>;
  countEntry(): void;
  readonly depthMax: number;
};

function rootOf(source: BoltSource, meta: BoltMeta, bounds: BoltBounds): BoltBucket {
  const { pageSize, pagesEnd, root } = meta;
  let pages = 0;
  let bytes = 0;
  let entries = 0;

  function count(more: number): void {
    pages++;
    bytes += more;
    if (pages > bounds.pagesMax) throw new BoltError(`takes more than ${bounds.pagesMax} pages`, 'pagesMax');
    if (bytes > bounds.bytesMax) throw new BoltError(`takes more than ${bounds.bytesMax} bytes`, 'bytesMax');
  }

  async function page(id: number): Promise<BoltPage> {
    if (id < 2 || id >= pagesEnd) throw new BoltError(`leads to page ${id}, which is not in use`);
    const first = await source.read(id * pageSize, pageSize);
    count(pageSize);
    if (first.length < pageSize) throw new BoltError(`ends before page ${id}`);
    if (pageIdOf(first) !== id) throw new BoltError(`has another page where page ${id} should stand`);
    const overflow = overflowOf(first);
    if (overflow === 0) return readPage(first, 0);
    if (id + overflow >= pagesEnd) throw new BoltError(`page ${id} reaches past the pages in use`);
    // Before memory is taken for it.
    count(overflow * pageSize);
    const whole = await source.read(id * pageSize, (overflow + 1) * pageSize);
    if (whole.length < (overflow + 1) * pageSize) throw new BoltError(`ends within page ${id}`);
    return readPage(whole, 0);
  }

  function countEntry(): void {
    if (++entries > bounds.entriesMax)
      throw new BoltError(`takes more than ${bounds.entriesMax} entries`, 'entriesMax');
  }

  return bucketAt({ page, countEntry, depthMax: bounds.depthMax }, () => page(root));
}

function bucketAt(pages: Pages, top: () => Promise<BoltPage>): BoltBucket {
  async function find(key: string): Promise<LeafElement | null> {
    const wanted = Buffer.from(key);
    let page = await top();
    for (let depth = 0; !page.isLeaf; depth++) {
      checkDepth(pages, depth);
      if (page.count === 0) return null;
      page = await pages.page(branchElement(page, Math.max(0, lastUpTo(page, wanted))).page);
    }
    const at = lastUpTo(page, wanted);
    const found = at < 0 ? null : leafElement(page, at);
    return found && Buffer.compare(found.key, wanted) === 0 ? found : null;
  }

  async function* walk(page: BoltPage, depth: number): AsyncGenerator<BoltEntry> {
    checkDepth(pages, depth);
    for (let at = 0; at < page.count; at++) {
      pages.countEntry();
      if (!page.isLeaf) {
        yield* walk(await pages.page(branchElement(page, at).page), depth + 1);
        continue;
      }
      const { key, value, isBucket } = leafElement(page, at);
      yield { key, value: isBucket ? null : value, bucket: isBucket ? inner(pages, value) : null };
    }
  }

  return {
    async value(key) {
      const found = await find(key);
      return found && !found.isBucket ? found.value : null;
    },
    async bucket(key) {
      const found = await find(key);
      return found?.isBucket ? inner(pages, found.value) : null;
    },
    async *entries() {
      yield* walk(await top(), 0);
    },
  };
}

/** A bucket by its value. A small one has its page in the value. */
function inner(pages: Pages, value: Uint8Array): BoltBucket {
  const root = bucketRoot(value);
  if (root !== 0) return bucketAt(pages, () => pages.page(root));
  return bucketAt(pages, async () => {
    if (value.length < bucketHeaderBytes + headerBytes) throw new BoltError('a bucket is cut short');
    const page = readPage(value, bucketHeaderBytes);
    if (!page.isLeaf) throw new BoltError('a bucket within a value is no leaf');
    return page;
  });
}

function checkDepth({ depthMax }: Pages, depth: number): void {
  if (depth > depthMax) throw new BoltError(`its pages lie deeper than ${depthMax}`, 'depthMax');
}

/** Index of the last element whose key is not after the wanted one; -1 without one. Keys are in order. */
function lastUpTo(page: BoltPage, wanted: Uint8Array): number {
  let low = 0;
  let high = page.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { key } = page.isLeaf ? leafElement(page, middle) : branchElement(page, middle);
    if (Buffer.compare(key, wanted) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
