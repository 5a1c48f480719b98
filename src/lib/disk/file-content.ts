import type { BlockRun } from './file-system.ts';

/** How the bytes of a file are come by. */
export type BlockContent = {
  readonly sizeBytes: number;
  readonly blockBytes: number;
  /** Where the blocks from `first` and before `end` lie, rising; holes may be left out. */
  map(first: number, end: number): Promise<readonly BlockRun[]>;
  /** Bytes from a physical block on, `skip` bytes into it. */
  readAt(block: number, skip: number, length: number): Uint8Array | Promise<Uint8Array>;
};

/** Bytes of a file from `offset`, fewer where it ends; what no run covers is zeros. */
export async function readContent(
  content: BlockContent,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const { sizeBytes, blockBytes } = content;
  const size = Math.max(0, Math.min(length, sizeBytes - offset));
  if (size === 0) return new Uint8Array(0);
  const runs = await content.map(Math.floor(offset / blockBytes), Math.ceil((offset + size) / blockBytes));
  const bytes = new Uint8Array(size);
  for (const { logical, physical, count } of runs) {
    if (physical === null) continue;
    const from = Math.max(offset, logical * blockBytes);
    const to = Math.min(offset + size, (logical + count) * blockBytes);
    if (from >= to) continue;
    bytes.set(await content.readAt(physical, from - logical * blockBytes, to - from), from - offset);
  }
  return bytes;
}
