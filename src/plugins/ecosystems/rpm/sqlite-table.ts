import type { ByteView } from '../byte-view.ts';
import { spend } from './extract.ts';
import type { SqliteFile } from './sqlite-file.ts';

/** One value of a row: text and blobs as bytes, whole numbers as numbers, anything else as null. */
export type SqliteValue = Uint8Array | number | null;

/** Takes the rows of a table one by one and what is damaged. */
export type RowReader = {
  row(values: readonly SqliteValue[]): void;
  damage(pageNumber: number, why: string): void;
};

const pageType = { interior: 0x05, leaf: 0x0d } as const;
const payloadMaxBytes = 64 * 1024 * 1024;
const columnsMax = 64;
const depthMax = 64;

/** Walks the b-tree of a table from its root page, in the order of its keys. */
export function readTable(file: SqliteFile, root: number, reader: RowReader): void {
  const seen = new Set<number>();
  const stack: { readonly number: number; readonly depth: number }[] = [{ number: root, depth: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { number, depth } = next;
    const page = file.page(number);
    if (page === null || seen.has(number) || depth > depthMax) {
      reader.damage(number, page === null ? 'The page is missing.' : 'The tree comes back to the page.');
      continue;
    }
    seen.add(number);
    // The first page begins behind the header of the file.
    const start = number === 1 ? 100 : 0;
    const type = page.u8(start);
    if (type === pageType.leaf) readLeaf(file, page, { number, start }, reader);
    else if (type === pageType.interior) {
      for (const child of childrenOf(page, start)) stack.push({ number: child, depth: depth + 1 });
    } else reader.damage(number, 'The page belongs to no table.');
  }
}

// From right to left, so that the stack gives them from left to right.
function childrenOf(page: ByteView, start: number): readonly number[] {
  const children = [page.u32(start + 8) ?? 0];
  const cells = page.u16(start + 3) ?? 0;
  for (let i = cells - 1; i >= 0; i--) {
    const child = page.u32(page.u16(start + 12 + i * 2) ?? -1);
    if (child === null) break;
    children.push(child);
  }
  return children;
}

type Place = { readonly number: number; readonly start: number };

function readLeaf(file: SqliteFile, page: ByteView, { number, start }: Place, reader: RowReader): void {
  const cells = page.u16(start + 3) ?? 0;
  for (let i = 0; i < cells; i++) {
    const at = page.u16(start + 8 + i * 2);
    if (at === null) break;
    const payload = readPayload(file, page, at);
    const values = payload === null ? null : readRecord(payload);
    if (values === null) reader.damage(number, `Cell ${i} cannot be read.`);
    else reader.row(values);
  }
}

// What does not fit a page goes on in a chain of overflow pages.
function readPayload(file: SqliteFile, page: ByteView, at: number): Uint8Array | null {
  const size = readVarint(page, at);
  const key = size === null ? null : readVarint(page, size.end);
  if (size === null || key === null || size.value > payloadMaxBytes) return null;
  const local = localSize(size.value, file.usableSize);
  const first = page.slice(key.end, local);
  if (first === null) return null;
  if (local === size.value) return first;
  if (!spend(file.budget, size.value)) return null;
  const payload = new Uint8Array(size.value);
  payload.set(first);
  let filled = local;
  let next = page.u32(key.end + local) ?? 0;
  while (filled < payload.length && next !== 0) {
    const overflow = file.page(next);
    const part = overflow?.slice(4, Math.min(file.usableSize - 4, payload.length - filled)) ?? null;
    if (overflow === null || part === null) return null;
    payload.set(part, filled);
    filled += part.length;
    next = overflow.u32(0) ?? 0;
  }
  return filled === payload.length ? payload : null;
}

function localSize(size: number, usable: number): number {
  const max = usable - 35;
  if (size <= max) return size;
  const min = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = min + ((size - min) % (usable - 4));
  return fitting <= max ? fitting : min;
}

// A record is a header of types and then the values.
function readRecord(payload: Uint8Array): readonly SqliteValue[] | null {
  const view = viewOf(payload);
  const header = readVarint(view, 0);
  if (header === null || header.value > payload.length) return null;
  const values: SqliteValue[] = [];
  let typeAt = header.end;
  let at = header.value;
  while (typeAt < header.value && values.length < columnsMax) {
    const type = readVarint(view, typeAt);
    if (type === null) return null;
    typeAt = type.end;
    const size = sizeOfType(type.value);
    const bytes = view.slice(at, size);
    if (bytes === null) return null;
    values.push(readValue(type.value, bytes));
    at += size;
  }
  return values;
}

function sizeOfType(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type] ?? 0;
}

function readValue(type: number, bytes: Uint8Array): SqliteValue {
  if (type >= 12) return bytes;
  if (type === 8 || type === 9) return type - 8;
  if (type < 1 || type > 5) return null;
  let value = 0;
  for (const byte of bytes) value = value * 256 + byte;
  return value;
}

function viewOf(bytes: Uint8Array): Pick<ByteView, 'u8' | 'slice'> {
  return {
    u8: (at) => bytes[at] ?? null,
    slice: (from, length) =>
      length >= 0 && from + length <= bytes.length ? bytes.subarray(from, from + length) : null,
  };
}

// Seven bits a byte, the highest first; the ninth byte gives all eight.
function readVarint(
  view: Pick<ByteView, 'u8'>,
  from: number,
): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = view.u8(from + i);
    if (byte === null) return null;
    value = i === 8 ? value * 256 + byte : value * 128 + (byte & 0x7f);
    if (byte < 0x80 || i === 8) return value <= Number.MAX_SAFE_INTEGER ? { value, end: from + i + 1 } : null;
  }
  return null;
}
