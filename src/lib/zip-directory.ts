import { fstatSync, readSync } from 'node:fs';
import { constants, inflateRawSync } from 'node:zlib';
import { LimitError } from './limits.ts';

/**
 * Zip archives in files, read by their central directory in large pieces: a package of fifty thousand files costs a
 * few reads and not two for each file.
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export type ZipMember = {
  /** The bytes that the archive has; not yet made safe. */
  readonly name: Buffer;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly packedBytes: number;
  /** What the directory says; the content may be larger. */
  readonly sizeBytes: number;
  /** Where its local header begins. */
  readonly offsetBytes: number;
};

/** What a zip reader throws when the bytes are not what they should be. */
export class ZipError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ZipError';
  }
}

const endMagic = 0x06054b50;
const end64Magic = 0x06064b50;
const locatorMagic = 0x07064b50;
const directoryMagic = 0x02014b50;
const localMagic = 0x04034b50;
const endBytes = 22;
const end64Bytes = 56;
const locatorBytes = 20;
const memberBytes = 46;
const localBytes = 30;
const commentBytesMax = 0xffff;
// A member's head, and three parts of at most 65,535 bytes.
const memberBytesMax = memberBytes + 3 * 0xffff;
const windowBytes = 4 << 20;
// Enough for the tables in front of a packed block and what follows them.
const headPackedBytes = 1024;
const stored = 0;
const deflated = 8;

type Directory = { readonly start: number; readonly end: number; readonly shift: number };

/** The members of an open zip file in the order of its directory. Throws a ZipError where the directory is damaged. */
export function* zipMembers(descriptor: number): Generator<ZipMember> {
  const { start, end, shift } = findDirectory(descriptor, fstatSync(descriptor).size);
  let window: Buffer = Buffer.alloc(0);
  let windowStart = start;
  let at = start;
  while (at < end) {
    if (at + memberBytesMax > windowStart + window.length && windowStart + window.length < end) {
      window = readExactly(descriptor, at, Math.min(windowBytes, end - at));
      windowStart = at;
    }
    const { member, next } = memberAt(window, at - windowStart, shift);
    at = windowStart + next;
    yield member;
  }
}

/**
 * The content of a member, at most `most` bytes. Throws a ZipError for damaged bytes and packing methods that are not
 * known, and a LimitError where there is more than `most`.
 */
export function zipContent(descriptor: number, member: ZipMember, most: number): Buffer {
  checkMethod(member);
  // Packing adds a few bytes to what cannot be packed, and no more.
  const packedMost = member.method === stored ? most : most + (most >> 10) + 1024;
  if (member.packedBytes > packedMost) throw tooLong(most);
  if (member.sizeBytes > most) throw tooLong(most);
  const packed = readExactly(descriptor, contentStart(descriptor, member), member.packedBytes);
  if (member.method === stored) return packed;
  try {
    // A directory can lie about sizes; what comes out decides.
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, member.sizeBytes) });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ZipError(`unpacks to more than the ${member.sizeBytes} bytes that its directory says`);
    }
    throw new ZipError(`its packed bytes are damaged (${(error as Error).message})`);
  }
}

/** The first bytes of a member, perhaps fewer than `count`: to tell what it is without unpacking it. */
export function zipHead(descriptor: number, member: ZipMember, count: number): Buffer {
  checkMethod(member);
  const take = Math.min(member.packedBytes, member.method === stored ? count : headPackedBytes);
  const packed = readExactly(descriptor, contentStart(descriptor, member), take);
  if (member.method === stored) return packed;
  try {
    return inflateRawSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1 << 20 }).subarray(
      0,
      count,
    );
  } catch {
    // Too little to tell, or damaged: unpacking it whole says which.
    return Buffer.alloc(0);
  }
}

function checkMethod({ method }: ZipMember): void {
  if (method !== stored && method !== deflated) throw new ZipError(`packing method ${method} is not known`);
}

function contentStart(descriptor: number, { offsetBytes }: ZipMember): number {
  const local = readExactly(descriptor, offsetBytes, localBytes);
  if (local.readUInt32LE(0) !== localMagic) throw new ZipError('the archive does not hold it where it says');
  return offsetBytes + localBytes + local.readUInt16LE(26) + local.readUInt16LE(28);
}

function tooLong(most: number): LimitError {
  return new LimitError('bufferedBytesMax', `unpacks to more than ${most} bytes`);
}

// The end record is looked for from the back, behind a comment of any length that it allows.
function findDirectory(descriptor: number, fileBytes: number): Directory {
  const tailBytes = Math.min(fileBytes, endBytes + commentBytesMax);
  const tail = readExactly(descriptor, fileBytes - tailBytes, tailBytes);
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== endMagic) continue;
    const found = directoryOf(descriptor, tail.subarray(at), fileBytes - tailBytes + at);
    if (found !== null) return found;
  }
  throw new ZipError('is not a zip archive, or its end is missing');
}

function directoryOf(descriptor: number, record: Buffer, recordAt: number): Directory | null {
  const count = record.readUInt16LE(10);
  const size = record.readUInt32LE(12);
  const offset = record.readUInt32LE(16);
  if (count === 0xffff || size === 0xffffffff || offset === 0xffffffff) {
    const large = largeDirectory(descriptor, recordAt);
    if (large !== null) return large;
  }
  const start = recordAt - size;
  if (start < 0) return null;
  // Whatever stands in front of the archive (a script that unpacks it) moves every offset.
  const isThere =
    size === 0 || (size >= 4 && readExactly(descriptor, start, 4).readUInt32LE(0) === directoryMagic);
  return isThere ? { start, end: recordAt, shift: start - offset } : null;
}

function largeDirectory(descriptor: number, recordAt: number): Directory | null {
  if (recordAt < locatorBytes) return null;
  const locator = readExactly(descriptor, recordAt - locatorBytes, locatorBytes);
  if (locator.readUInt32LE(0) !== locatorMagic) return null;
  const at = safeNumber(locator, 8);
  if (at === null || at + end64Bytes > recordAt) return null;
  const record = readExactly(descriptor, at, end64Bytes);
  const size = safeNumber(record, 40);
  const start = safeNumber(record, 48);
  if (record.readUInt32LE(0) !== end64Magic || size === null || start === null || start + size > at)
    return null;
  return { start, end: start + size, shift: 0 };
}

function memberAt(window: Buffer, at: number, shift: number): { member: ZipMember; next: number } {
  if (at + memberBytes > window.length || window.readUInt32LE(at) !== directoryMagic) {
    throw new ZipError('its directory is damaged');
  }
  const nameEnd = at + memberBytes + window.readUInt16LE(at + 28);
  const extraEnd = nameEnd + window.readUInt16LE(at + 30);
  const next = extraEnd + window.readUInt16LE(at + 32);
  if (next > window.length) throw new ZipError('its directory is cut short');
  const large = largeSizes(window, at, window.subarray(nameEnd, extraEnd));
  return {
    member: {
      // The window is let go of; the name is not.
      name: Buffer.from(window.subarray(at + memberBytes, nameEnd)),
      method: window.readUInt16LE(at + 10),
      isEncrypted: (window.readUInt16LE(at + 8) & 1) !== 0,
      packedBytes: large.packed,
      sizeBytes: large.size,
      offsetBytes: large.offset + shift,
    },
    next,
  };
}

// Sizes that do not fit 32 bits are in an extra field, in a fixed order, only those that do not fit.
function largeSizes(window: Buffer, at: number, extra: Buffer) {
  let size = window.readUInt32LE(at + 24);
  let packed = window.readUInt32LE(at + 20);
  let offset = window.readUInt32LE(at + 42);
  for (let field = 0; field + 4 <= extra.length; field += 4 + extra.readUInt16LE(field + 2)) {
    if (extra.readUInt16LE(field) !== 1) continue;
    let next = field + 4;
    const end = Math.min(extra.length, next + extra.readUInt16LE(field + 2));
    const take = (): number => {
      const value = next + 8 <= end ? safeNumber(extra, next) : null;
      if (value === null) throw new ZipError('a size in its directory is impossible');
      next += 8;
      return value;
    };
    if (size === 0xffffffff) size = take();
    if (packed === 0xffffffff) packed = take();
    if (offset === 0xffffffff) offset = take();
  }
  return { size, packed, offset };
}

function safeNumber(bytes: Buffer, at: number): number | null {
  const value = bytes.readBigUInt64LE(at);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(value);
}

function readExactly(descriptor: number, from: number, count: number): Buffer {
  if (from < 0) throw new ZipError('an offset in it lies in front of the file');
  // What a directory claims is not taken as memory before the file is known to hold it.
  if (from + count > fstatSync(descriptor).size) throw new ZipError('an offset in it lies behind the file');
  const bytes = Buffer.allocUnsafe(count);
  let filled = 0;
  while (filled < count) {
    const got = readSync(descriptor, bytes, filled, count - filled, from + filled);
    if (got === 0) throw new ZipError('it ends too early');
    filled += got;
  }
  return bytes;
}
