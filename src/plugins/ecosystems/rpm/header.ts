import { type ByteView, byteView } from '../byte-view.ts';

/**
 * The header of an installed package, as every backend of the rpm database stores it: a count of entries, a size of
 * data, the entries (tag, type, offset, count, big-endian) and the data.
 * Source: https://rpm-software-management.github.io/rpm/manual/format_header.html
 */
export type RpmHeader = {
  text(tag: number): string | null;
  texts(tag: number): readonly string[];
  numbers(tag: number): readonly number[];
};

export const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  license: 1014,
  arch: 1022,
  oldFileNames: 1027,
  fileStates: 1029,
  fileModes: 1030,
  sourceRpm: 1044,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  modularityLabel: 5096,
} as const;

const entrySize = 16;
const entriesMax = 65_536;
const valuesMax = 4_000_000;
// Types of the format: whole numbers of 1, 2, 4 and 8 bytes, and kinds of text.
const widths: Readonly<Record<number, number>> = { 2: 1, 3: 2, 4: 4, 5: 8 };
const textTypes = new Set([6, 8, 9]);

type Entry = { readonly type: number; readonly offset: number; readonly count: number };

/** Reads the entries of a header, or gives null when the blob is no header. Values are read when asked for. */
export function parseRpmHeader(blob: Uint8Array): RpmHeader | null {
  const view = byteView(blob, 'big');
  const count = view.u32(0);
  const size = view.u32(4);
  if (count === null || size === null || count === 0 || count > entriesMax) return null;
  const start = 8 + count * entrySize;
  if (start + size > blob.length) return null;
  const entries = new Map<number, Entry>();
  for (let i = 0; i < count; i++) {
    const at = 8 + i * entrySize;
    const tag = view.u32(at) ?? 0;
    const entry = {
      type: view.u32(at + 4) ?? 0,
      offset: view.u32(at + 8) ?? 0,
      count: view.u32(at + 12) ?? 0,
    };
    if (!entries.has(tag)) entries.set(tag, entry);
  }
  const data = byteView(blob.subarray(start, start + size), 'big');
  return {
    text: (tag) => readTexts(data, entries.get(tag), 1)[0] ?? null,
    texts: (tag) => readTexts(data, entries.get(tag), valuesMax),
    numbers: (tag) => readNumbers(data, entries.get(tag)),
  };
}

const decoder = new TextDecoder('utf-8');

function readTexts(data: ByteView, entry: Entry | undefined, max: number): readonly string[] {
  if (entry === undefined || !textTypes.has(entry.type)) return [];
  const found: string[] = [];
  const bytes = data.slice(0, data.length) ?? new Uint8Array();
  let at = entry.offset;
  while (found.length < Math.min(entry.count, max) && at < bytes.length) {
    const end = bytes.indexOf(0, at);
    if (end < 0) break;
    found.push(decoder.decode(bytes.subarray(at, end)));
    at = end + 1;
  }
  return found;
}

function readNumbers(data: ByteView, entry: Entry | undefined): readonly number[] {
  const width = widths[entry?.type ?? 0];
  if (entry === undefined || width === undefined) return [];
  const found: number[] = [];
  for (let i = 0; i < Math.min(entry.count, valuesMax); i++) {
    const value = readNumber(data, entry.offset + i * width, width);
    if (value === null) break;
    found.push(value);
  }
  return found;
}

function readNumber(data: ByteView, at: number, width: number): number | null {
  if (width === 1) return data.u8(at);
  if (width === 2) return data.u16(at);
  return width === 4 ? data.u32(at) : data.u64(at);
}
