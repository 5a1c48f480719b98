import { type Problem, problem } from '../../../model/problem.ts';
import { type ByteView, byteView } from '../byte-view.ts';
import { childOf, parseXml } from '../read-xml.ts';

/** The texts of a property list's outermost dictionary; other values are left out. */
export type PropertyTexts = { readonly texts: ReadonlyMap<string, string> };

const entriesMax = 10_000;
const textLengthMax = 4096;
const trailerSize = 32;

/**
 * Reads a property list in either of its forms, XML and binary.
 * Source: https://opensource.apple.com/source/CF/CF-1153.18/CFBinaryPList.c
 */
export function readPropertyList(bytes: Uint8Array, path: string): PropertyTexts | Problem {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 8));
  return head.startsWith('bplist0') ? readBinary(bytes, path) : readXml(bytes, path);
}

function readXml(bytes: Uint8Array, path: string): PropertyTexts | Problem {
  const root = parseXml(bytes, path);
  if ('kind' in root) return root;
  const dictionary = root.name === 'plist' ? childOf(root, 'dict') : null;
  if (dictionary === null) return problem('malformed', path, 'The file is no property list.');
  const texts = new Map<string, string>();
  for (const [index, element] of dictionary.children.slice(0, entriesMax).entries()) {
    const value = dictionary.children[index + 1];
    if (element.name === 'key' && value?.name === 'string') texts.set(element.text, value.text);
  }
  return { texts };
}

type Tables = {
  readonly view: ByteView;
  readonly offsetWidth: number;
  readonly referenceWidth: number;
  readonly count: number;
  readonly offsets: number;
};

function readBinary(bytes: Uint8Array, path: string): PropertyTexts | Problem {
  const damaged = problem('malformed', path, 'The tables of the property list are damaged.');
  const view = byteView(bytes, 'big');
  const trailer = view.length - trailerSize;
  const tables: Tables = {
    view,
    offsetWidth: view.u8(trailer + 6) ?? 0,
    referenceWidth: view.u8(trailer + 7) ?? 0,
    count: view.u64(trailer + 8) ?? 0,
    offsets: view.u64(trailer + 24) ?? 0,
  };
  const top = view.u64(trailer + 16);
  if (top === null || tables.offsets + tables.count * tables.offsetWidth > trailer) return damaged;
  const dictionary = containerAt(tables, offsetOf(tables, top), 0xd);
  if (dictionary === null || dictionary.length > entriesMax) return damaged;
  const texts = new Map<string, string>();
  for (let index = 0; index < dictionary.length; index++) {
    const keyAt = dictionary.start + index * tables.referenceWidth;
    const valueAt = keyAt + dictionary.length * tables.referenceWidth;
    const key = textAt(tables, offsetOf(tables, numberAt(view, keyAt, tables.referenceWidth)));
    if (key === null) return damaged;
    const value = textAt(tables, offsetOf(tables, numberAt(view, valueAt, tables.referenceWidth)));
    if (value !== null) texts.set(key, value);
  }
  return { texts };
}

function offsetOf({ view, offsets, offsetWidth, count }: Tables, object: number | null): number | null {
  if (object === null || object >= count) return null;
  return numberAt(view, offsets + object * offsetWidth, offsetWidth);
}

function numberAt(view: ByteView, at: number, width: number): number | null {
  if (width === 1) return view.u8(at);
  if (width === 2) return view.u16(at);
  return width === 4 ? view.u32(at) : width === 8 ? view.u64(at) : null;
}

// The upper half of an object's first byte is its kind, the lower its length; 15 says that a number with it follows.
function containerAt(
  { view }: Tables,
  at: number | null,
  kind: number,
): { readonly start: number; readonly length: number } | null {
  const mark = at === null ? null : view.u8(at);
  if (at === null || mark === null || mark >>> 4 !== kind) return null;
  const length = mark & 0xf;
  if (length < 0xf) return { start: at + 1, length };
  const width = 2 ** ((view.u8(at + 1) ?? 0) & 0xf);
  const long = numberAt(view, at + 2, width);
  return long === null ? null : { start: at + 2 + width, length: long };
}

function textAt(tables: Tables, at: number | null): string | null {
  const ascii = containerAt(tables, at, 0x5);
  const wide = ascii === null ? containerAt(tables, at, 0x6) : null;
  const { start, length } = ascii ?? wide ?? { start: 0, length: -1 };
  if (length < 0 || length > textLengthMax) return null;
  const content = tables.view.slice(start, ascii === null ? length * 2 : length);
  if (content === null) return null;
  return new TextDecoder(ascii === null ? 'utf-16be' : 'latin1').decode(content);
}
