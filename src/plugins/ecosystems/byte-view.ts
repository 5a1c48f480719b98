/**
 * Reads numbers out of bytes that may lie. Every read is checked; past the end it gives null, so that a parser
 * decides what a cut file means.
 */
export type ByteView = {
  readonly length: number;
  u8(at: number): number | null;
  u16(at: number): number | null;
  u32(at: number): number | null;
  /** As a number; null when it is past what a number holds exactly. */
  u64(at: number): number | null;
  /** The bytes from `from` on, or null when not all of them are there. */
  slice(from: number, length: number): Uint8Array | null;
};

export function byteView(bytes: Uint8Array, order: 'big' | 'little'): ByteView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = order === 'little';
  const has = (at: number, width: number) => Number.isInteger(at) && at >= 0 && at + width <= bytes.length;
  return {
    length: bytes.length,
    u8: (at) => (has(at, 1) ? view.getUint8(at) : null),
    u16: (at) => (has(at, 2) ? view.getUint16(at, isLittle) : null),
    u32: (at) => (has(at, 4) ? view.getUint32(at, isLittle) : null),
    u64(at) {
      if (!has(at, 8)) return null;
      const value = view.getBigUint64(at, isLittle);
      return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
    },
    slice: (from, length) => (length >= 0 && has(from, length) ? bytes.subarray(from, from + length) : null),
  };
}
