/** The fields of tar headers: numbers, texts, PAX records and the maps of sparse files. */

/** What a tar reader throws when the bytes are not a tar. `at` is the offset in the uncompressed stream. */
export class TarError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = 'TarError';
    this.at = at;
  }
}

/** What extended headers say of the entry behind them. */
export type Overrides = {
  path?: string;
  linkTarget?: string;
  sizeBytes?: number;
  uid?: number | null;
  gid?: number | null;
  sparse?: SparseMap;
};

/** Where the parts of a sparse file lie in what is read from it. */
export type SparseMap = { realSize: number; chunks: [offset: number, size: number][]; inData: boolean };

const block = 512;
const decoder = new TextDecoder();

/** Text up to a NUL or the field's end. */
export function text(bytes: Uint8Array, from: number, length: number): string {
  let end = from;
  const limit = from + length;
  let ascii = true;
  while (end < limit && bytes[end] !== 0) {
    if ((bytes[end] as number) > 127) ascii = false;
    end++;
  }
  if (ascii && end - from < 128) {
    let result = '';
    for (let index = from; index < end; index++) result += String.fromCharCode(bytes[index] as number);
    return result;
  }
  return decoder.decode(bytes.subarray(from, end));
}

/** A number: octal text, or base 256 when the first bit is set. */
export function number(bytes: Uint8Array, from: number, length: number): number {
  const first = bytes[from] as number;
  if (first & 0x80) {
    let value = first === 0xff ? -1 : first & 0x7f;
    for (let index = from + 1; index < from + length; index++) value = value * 256 + (bytes[index] as number);
    if (!Number.isSafeInteger(value) || value < 0) throw new TarError(`impossible number ${value}`, from);
    return value;
  }
  let value = 0;
  for (let index = from; index < from + length; index++) {
    const byte = bytes[index] as number;
    if (byte >= 48 && byte <= 55) value = value * 8 + byte - 48;
    else if (value !== 0 || (byte !== 32 && byte !== 0)) break;
  }
  return value;
}

/** The user or group that a header names; null for an impossible one, which is no reason to leave the file out. */
export function owner(bytes: Uint8Array, from: number): number | null {
  // Base 256, where the number is larger than eight octal digits.
  if (((bytes[from] as number) & 0x80) === 0) return ownerId(number(bytes, from, 8));
  let value = bytes[from] === 0x80 ? 0 : Number.NaN;
  for (let index = from + 1; index < from + 8; index++) value = value * 256 + (bytes[index] as number);
  return ownerId(value);
}

function ownerId(value: number): number | null {
  return Number.isInteger(value) && value >= 0 && value <= 0xffffffff ? value : null;
}

/** Adds the parts that a header lists. */
export function addSparse(map: SparseMap, bytes: Uint8Array, from: number, count: number): void {
  for (let index = 0; index < count; index++) {
    const offset = number(bytes, from + index * 24, 12);
    const size = number(bytes, from + index * 24 + 12, 12);
    if (size > 0) map.chunks.push([offset, size]);
  }
}

/** The content of a sparse file with its holes. */
export function expand(map: SparseMap, content: Uint8Array): Uint8Array {
  const result = new Uint8Array(map.realSize);
  let chunks = map.chunks;
  let data = content;
  if (map.inData) [chunks, data] = splitSparseData(content);
  let from = 0;
  for (const [offset, size] of chunks) {
    if (offset + size > result.length) break;
    result.set(data.subarray(from, from + size), offset);
    from += size;
  }
  return result;
}

// PAX sparse 1.0: the map stands in front of the data as decimal lines, padded to a block.
function splitSparseData(content: Uint8Array): [[number, number][], Uint8Array] {
  let at = 0;
  const line = (): number => {
    const end = content.indexOf(10, at);
    const value = Number(text(content, at, (end < 0 ? content.length : end) - at));
    at = end < 0 ? content.length : end + 1;
    return Number.isSafeInteger(value) && value >= 0 ? value : 0;
  };
  const count = Math.min(line(), 100_000);
  const chunks: [number, number][] = [];
  for (let index = 0; index < count && at < content.length; index++) chunks.push([line(), line()]);
  return [chunks, content.subarray(Math.ceil(at / block) * block)];
}

/** The records of a PAX header that matter here. `at` is where it stands, for the error. */
export function readPax(content: Uint8Array, at: number): Overrides {
  const result: Overrides = {};
  let position = 0;
  let sparseName: string | null = null;
  let realSize: number | null = null;
  let isSparse = false;
  while (position < content.length) {
    const space = content.indexOf(32, position);
    const length = space < 0 ? Number.NaN : Number(decoder.decode(content.subarray(position, space)));
    if (!Number.isInteger(length) || length < 5 || position + length > content.length) {
      throw new TarError('broken PAX header', at);
    }
    const record = decoder.decode(content.subarray(space + 1, position + length - 1));
    position += length;
    const equals = record.indexOf('=');
    const key = record.slice(0, equals);
    const value = record.slice(equals + 1);
    if (key === 'path') result.path = value;
    else if (key === 'linkpath') result.linkTarget = value;
    else if (key === 'size') result.sizeBytes = paxNumber(value, at);
    else if (key === 'uid') result.uid = ownerId(Number(value));
    else if (key === 'gid') result.gid = ownerId(Number(value));
    else if (key === 'GNU.sparse.name') sparseName = value;
    else if (key === 'GNU.sparse.realsize') realSize = paxNumber(value, at);
    else if (key === 'GNU.sparse.major' && value === '1') isSparse = true;
  }
  if (isSparse && realSize !== null) {
    result.sparse = { realSize, chunks: [], inData: true };
    if (sparseName !== null) result.path = sparseName;
  }
  return result;
}

function paxNumber(value: string, at: number): number {
  const result = Number(value);
  if (!Number.isSafeInteger(result) || result < 0)
    throw new TarError(`impossible size '${value.slice(0, 40)}'`, at);
  return result;
}
