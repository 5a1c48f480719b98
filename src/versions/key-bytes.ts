import { leadingZeros } from './digits.ts';
import type { Order } from './scheme.ts';

// What the keys of versions are made of. Bytes compare as parts do, and the bytes of no part begin those of another
// part of its kind, so that parts can be put one behind the other.

/** Bytes of a key, or of a part of one. */
export type KeyBytes = readonly number[];

/** The longest key, in bytes: what an index of a database takes beside the longest name. */
export const versionKeyBytesMax = 512;

const shortLengths = 255;

/** A run of ASCII digits by its value, however long; an empty run is zero. One byte and one for each two digits. */
export function numberBytes(digits: string): KeyBytes {
  let at = leadingZeros(digits);
  const length = digits.length - at;
  const bytes = length < shortLengths ? [length] : [shortLengths, length >> 8, length & 255];
  if (length % 2 === 1) bytes.push(digitAt(digits, at++));
  for (; at < digits.length; at += 2) bytes.push(digitAt(digits, at) * 10 + digitAt(digits, at + 1));
  return bytes;
}

/** ASCII text without NUL, by its bytes; a text is below every longer one that it begins. */
export function textBytes(text: string): KeyBytes {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) bytes.push(text.charCodeAt(i));
  bytes.push(0);
  return bytes;
}

/** The bytes of many parts in a row. */
export function listBytes<T>(items: readonly T[], bytesOf: (item: T) => KeyBytes): KeyBytes {
  const bytes: number[] = [];
  for (const item of items) bytes.push(...bytesOf(item));
  return bytes;
}

/** The order of two keys: by the first byte that differs; a key is below every longer one that it begins. */
export function compareBytes(left: Uint8Array, right: Uint8Array): Order {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  if (left.length === right.length) return 0;
  return left.length < right.length ? -1 : 1;
}

function digitAt(digits: string, at: number): number {
  return digits.charCodeAt(at) - 48;
}
