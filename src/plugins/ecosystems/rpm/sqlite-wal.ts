import { byteView } from '../byte-view.ts';

const headerSize = 32;
const frameHeaderSize = 24;
const magicOfLittleSums = 0x377f0682;
const magicOfBigSums = 0x377f0683;

/**
 * The pages that a write-ahead log changes, up to its last whole transaction. Frames of an older log that was
 * overwritten, and everything behind a wrong sum, do not count.
 * Source: https://www.sqlite.org/fileformat2.html#walformat
 */
export function readWal(bytes: Uint8Array, pageSize: number): ReadonlyMap<number, Uint8Array> {
  const view = byteView(bytes, 'big');
  const magic = view.u32(0);
  const committed = new Map<number, Uint8Array>();
  if ((magic !== magicOfLittleSums && magic !== magicOfBigSums) || view.u32(8) !== pageSize) return committed;
  const sums = byteView(bytes, magic === magicOfBigSums ? 'big' : 'little');
  let sum = addSum([0, 0], sums, 0, 24);
  if (sum[0] !== view.u32(24) || sum[1] !== view.u32(28)) return committed;
  let pending: [number, Uint8Array][] = [];
  const frameSize = frameHeaderSize + pageSize;
  for (let at = headerSize; at + frameSize <= bytes.length; at += frameSize) {
    if (view.u32(at + 8) !== view.u32(16) || view.u32(at + 12) !== view.u32(20)) break;
    sum = addSum(addSum(sum, sums, at, 8), sums, at + frameHeaderSize, pageSize);
    if (sum[0] !== view.u32(at + 16) || sum[1] !== view.u32(at + 20)) break;
    pending.push([view.u32(at) ?? 0, bytes.subarray(at + frameHeaderSize, at + frameSize)]);
    const isCommit = view.u32(at + 4) !== 0;
    if (!isCommit) continue;
    for (const [number, page] of pending) committed.set(number, page);
    pending = [];
  }
  return committed;
}

type Sum = readonly [number, number];

function addSum([first, second]: Sum, words: ReturnType<typeof byteView>, from: number, length: number): Sum {
  let a = first;
  let b = second;
  for (let at = from; at < from + length; at += 8) {
    a = (a + (words.u32(at) ?? 0) + b) >>> 0;
    b = (b + (words.u32(at + 4) ?? 0) + a) >>> 0;
  }
  return [a, b];
}
