/**
 * Pages of a bolt (bbolt) database: their headers, meta pages and elements. Little-endian, as on every machine that
 * containerd runs on. Everything throws a BoltError where the bytes are not what the format says.
 * Source: https://github.com/etcd-io/bbolt/blob/main/internal/common/page.go and meta.go beside it
 */

/** What the reader throws when a file is not a bolt database, is damaged, or passes a bound. */
export class BoltError extends Error {
  /** The name of the bound that was passed, or null. */
  readonly limit: string | null;

  constructor(message: string, limit: string | null = null) {
    super(message);
    this.name = 'BoltError';
    this.limit = limit;
  }
}

export type BoltMeta = {
  readonly pageSize: number;
  /** Page of the root bucket. */
  readonly root: number;
  /** Pages from this one on are not in use. */
  readonly pagesEnd: number;
  /** Rises with each write. */
  readonly transaction: bigint;
};

/** A page as far as its header tells: the header stands at `from` in `bytes`. */
export type BoltPage = {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly isLeaf: boolean;
  readonly count: number;
};

export type BranchElement = { readonly key: Uint8Array; readonly page: number };

export type LeafElement = {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly isBucket: boolean;
};

/** Bytes of a page's header, and of an element of a branch or leaf. */
export const headerBytes = 16;
const elementBytes = 16;
const branchFlag = 1;
const leafFlag = 2;
const metaFlag = 4;
const bucketFlag = 1;
const magic = 0xed0cdaed;
const version = 2;
const metaBytes = 56;

/** The meta page at the start of these bytes, or null where there is none or its checksum is wrong. */
export function readMeta(bytes: Uint8Array): BoltMeta | null {
  if (bytes.length < headerBytes + metaBytes + 8) return null;
  const view = viewOf(bytes);
  if ((view.getUint16(8, true) & metaFlag) === 0) return null;
  const at = headerBytes;
  if (view.getUint32(at, true) !== magic || view.getUint32(at + 4, true) !== version) return null;
  if (view.getBigUint64(at + metaBytes, true) !== fnv1a(bytes.subarray(at, at + metaBytes))) return null;
  const pageSize = view.getUint32(at + 8, true);
  const root = wholeNumber(view, at + 16);
  const pagesEnd = wholeNumber(view, at + 40);
  // A power of two, as every machine has it; anything else would be a number of somebody's choice.
  if (pageSize < 512 || pageSize > 1 << 20 || (pageSize & (pageSize - 1)) !== 0) return null;
  if (root === null || pagesEnd === null) return null;
  return { pageSize, root, pagesEnd, transaction: view.getBigUint64(at + 48, true) };
}

/** The page whose header stands at `from`: a branch or a leaf. */
export function readPage(bytes: Uint8Array, from: number): BoltPage {
  if (from < 0 || from + headerBytes > bytes.length) throw new BoltError('a page is cut short');
  const view = viewOf(bytes);
  const flags = view.getUint16(from + 8, true);
  const isLeaf = flags === leafFlag;
  if (!isLeaf && flags !== branchFlag)
    throw new BoltError(`a page of kind ${flags} stands where a branch or leaf should`);
  const count = view.getUint16(from + 10, true);
  if (from + headerBytes + count * elementBytes > bytes.length)
    throw new BoltError(`a page names ${count} elements, which do not fit in it`);
  return { bytes, from, isLeaf, count };
}

/** How many pages behind its first one a page takes, by its header at the start of the bytes. */
export function overflowOf(bytes: Uint8Array): number {
  if (bytes.length < headerBytes) throw new BoltError('a page is cut short');
  return viewOf(bytes).getUint32(12, true);
}

/** The id that a page says it has. */
export function pageIdOf(bytes: Uint8Array): number | null {
  return bytes.length < headerBytes ? null : wholeNumber(viewOf(bytes), 0);
}

export function branchElement({ bytes, from }: BoltPage, index: number): BranchElement {
  const view = viewOf(bytes);
  const at = from + headerBytes + index * elementBytes;
  const page = wholeNumber(view, at + 8);
  if (page === null) throw new BoltError('a branch leads to a page of impossible number');
  return { key: part(bytes, at + view.getUint32(at, true), view.getUint32(at + 4, true)), page };
}

export function leafElement({ bytes, from }: BoltPage, index: number): LeafElement {
  const view = viewOf(bytes);
  const at = from + headerBytes + index * elementBytes;
  const start = at + view.getUint32(at + 4, true);
  const keyBytes = view.getUint32(at + 8, true);
  const valueBytes = view.getUint32(at + 12, true);
  return {
    key: part(bytes, start, keyBytes),
    value: part(bytes, start + keyBytes, valueBytes),
    isBucket: (view.getUint32(at, true) & bucketFlag) !== 0,
  };
}

/** The first page of a bucket by its value in a leaf; 0: the bucket is small and its page stands in the value itself. */
export function bucketRoot(value: Uint8Array): number {
  if (value.length < bucketHeaderBytes) throw new BoltError('a bucket is cut short');
  const root = wholeNumber(viewOf(value), 0);
  if (root === null) throw new BoltError('a bucket leads to a page of impossible number');
  return root;
}

/** Where the page of a small bucket starts in its value. */
export const bucketHeaderBytes = 16;

function part(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (start + length > bytes.length) throw new BoltError('an element reaches out of its page');
  return bytes.subarray(start, start + length);
}

function wholeNumber(view: DataView, at: number): number | null {
  const value = view.getBigUint64(at, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

// FNV-1a, 64 bits: the checksum of meta pages.
function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
