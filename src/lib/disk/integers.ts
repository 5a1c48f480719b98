import { DiskError } from './disk-error.ts';

/**
 * Whole numbers in byte order, little endian (`le`) and big endian (`be`). Each throws `malformed` where the bytes
 * end first, and for a 64-bit number that is past 2^53 - 1: no offset or count that we can follow is that large.
 */
export function le16(bytes: Uint8Array, at: number): number {
  check(bytes, at, 2);
  return byte(bytes, at) | (byte(bytes, at + 1) << 8);
}

export function le32(bytes: Uint8Array, at: number): number {
  check(bytes, at, 4);
  return (
    (byte(bytes, at) |
      (byte(bytes, at + 1) << 8) |
      (byte(bytes, at + 2) << 16) |
      (byte(bytes, at + 3) << 24)) >>>
    0
  );
}

export function le64(bytes: Uint8Array, at: number): number {
  return safe(le32(bytes, at + 4), le32(bytes, at));
}

export function be16(bytes: Uint8Array, at: number): number {
  check(bytes, at, 2);
  return (byte(bytes, at) << 8) | byte(bytes, at + 1);
}

export function be32(bytes: Uint8Array, at: number): number {
  check(bytes, at, 4);
  return (
    ((byte(bytes, at) << 24) |
      (byte(bytes, at + 1) << 16) |
      (byte(bytes, at + 2) << 8) |
      byte(bytes, at + 3)) >>>
    0
  );
}

export function be64(bytes: Uint8Array, at: number): number {
  return safe(be32(bytes, at), be32(bytes, at + 4));
}

export function u8(bytes: Uint8Array, at: number): number {
  check(bytes, at, 1);
  return byte(bytes, at);
}

/** Text up to the first NUL, for labels and names of fixed length. */
export function fixedText(bytes: Uint8Array, at: number, length: number): string {
  check(bytes, at, length);
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('utf8');
}

/** Sixteen bytes in the order that file systems store and print a UUID in. */
export function uuidText(bytes: Uint8Array, at: number): string {
  check(bytes, at, 16);
  const hex = Buffer.from(bytes.subarray(at, at + 16)).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function check(bytes: Uint8Array, at: number, length: number): void {
  if (at < 0 || at + length > bytes.length)
    throw new DiskError('malformed', 'a structure goes past the end of its block');
}

function safe(high: number, low: number): number {
  if (high > 0x1fffff) throw new DiskError('malformed', 'a number is larger than anything on a disk');
  return high * 0x1_0000_0000 + low;
}
