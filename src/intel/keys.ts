import { hash } from 'node:crypto';
import type { PackageKey } from '../model/advisory.ts';

/** Longest package key, in UTF-8 bytes: what the database can look up. */
export const keyBytesMax = 1800;

/** A package key as one text. Streams hold no `|`, so the first one parts the two. */
export function keyText(key: PackageKey): string {
  return `${key.stream}|${key.name}`;
}

export function keyOfText(text: string): PackageKey {
  const bar = text.indexOf('|');
  return { stream: text.slice(0, bar), name: text.slice(bar + 1) };
}

/** How many buckets the hashes of keys and of vulnerabilities are kept in. A day's changes touch few of them. */
export const bucketCount = 4096;

/** Buckets that are worked on together while building: few enough to be open at once, small enough for memory. */
export const bucketsPerPartition = 64;

/** The bucket of a key or id: 12 bits of FNV-1a. */
export function bucketOf(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    value ^= text.charCodeAt(at);
    value = Math.imul(value, 0x01000193);
  }
  return ((value >>> 20) ^ value) & (bucketCount - 1);
}

/** Eight bytes that stand for content. */
export function contentHash(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer').subarray(0, 8);
}
