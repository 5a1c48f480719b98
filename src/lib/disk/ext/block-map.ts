import { DiskError, insist } from '../disk-error.ts';
import type { BlockRun } from '../file-system.ts';
import { le16, le32 } from '../integers.ts';
import { type ExtNode, inodeFlag } from './inode.ts';
import { type ExtVolume, readBlocks } from './layout.ts';

/** A range of a file's blocks, and where the runs that lie in it are put. */
type Wanted = { readonly first: number; readonly end: number; readonly runs: BlockRun[] };

const depthMax = 5;
const writtenMax = 32768;
const extentMagic = 0xf30a;
const directBlocks = 12;

/**
 * Where the blocks of a file lie, from `first` and before `end`, rising, holes left out. The work is bounded by the
 * number of blocks asked for, whatever the tree says: keys must rise, and each node stays within what its parent gave.
 * Source: https://www.kernel.org/doc/html/latest/filesystems/ext4/dynamic.html#the-contents-of-inode-i-block
 */
export async function mapExtBlocks(
  volume: ExtVolume,
  node: ExtNode,
  first: number,
  end: number,
): Promise<BlockRun[]> {
  const wanted: Wanted = { first, end, runs: [] };
  if (node.flags & inodeFlag.compressed)
    throw new DiskError('unsupported', `inode ${node.inode} is compressed`);
  if (node.flags & inodeFlag.extents) {
    const depth = le16(node.body, 6);
    insist(depth <= depthMax, `the extents of inode ${node.inode} are nested ${depth} deep`);
    await extentsIn(volume, node.body, depth, 0, 2 ** 32, wanted);
  } else await indirectIn(volume, node, wanted);
  return wanted.runs;
}

async function extentsIn(
  volume: ExtVolume,
  bytes: Uint8Array,
  depth: number,
  low: number,
  high: number,
  wanted: Wanted,
): Promise<void> {
  insist(le16(bytes, 0) === extentMagic, 'a node of an extent tree has no magic number');
  insist(le16(bytes, 6) === depth, 'a node of an extent tree is at another depth than its parent says');
  const count = le16(bytes, 2);
  insist(12 + count * 12 <= bytes.length, 'a node of an extent tree has more entries than room');
  for (let index = 0; index < count; index++) {
    const at = 12 + index * 12;
    const key = le32(bytes, at);
    const next = index + 1 < count ? le32(bytes, at + 12) : high;
    insist(key >= low && key < high && next > key, 'the entries of an extent tree do not rise');
    if (key >= wanted.end) return;
    if (next <= wanted.first) continue;
    if (depth === 0) takeExtent(volume, bytes, at, next, wanted);
    else {
      const block = le32(bytes, at + 4) + le16(bytes, at + 8) * 2 ** 32;
      // Keys above may be lower than the first key below, never higher.
      await extentsIn(volume, await readBlocks(volume, block), depth - 1, key, next, wanted);
    }
  }
}

function takeExtent(
  { superblock }: ExtVolume,
  bytes: Uint8Array,
  at: number,
  next: number,
  { first, end, runs }: Wanted,
): void {
  const logical = le32(bytes, at);
  const length = le16(bytes, at + 4);
  const isWritten = length <= writtenMax;
  const count = isWritten ? length : length - writtenMax;
  insist(logical + count <= next, 'two extents of a file overlap');
  const physical = le32(bytes, at + 8) + le16(bytes, at + 6) * 2 ** 32;
  insist(!isWritten || physical + count <= superblock.blockCount, 'an extent lies outside the file system');
  const from = Math.max(first, logical);
  const to = Math.min(end, logical + count);
  if (isWritten && from < to)
    runs.push({ logical: from, physical: physical + from - logical, count: to - from });
}

// Twelve block numbers, then one block of numbers, one of blocks of numbers, and one deeper still.
async function indirectIn(volume: ExtVolume, node: ExtNode, wanted: Wanted): Promise<void> {
  const perBlock = volume.superblock.blockBytes / 4;
  for (let index = 0; index < directBlocks; index++)
    addBlock(volume, index, le32(node.body, index * 4), wanted);
  let start = directBlocks;
  for (let level = 1; level <= 3; level++) {
    const span = perBlock ** level;
    await descend(volume, le32(node.body, (directBlocks - 1 + level) * 4), level, start, wanted);
    start += span;
  }
}

async function descend(
  volume: ExtVolume,
  block: number,
  level: number,
  start: number,
  wanted: Wanted,
): Promise<void> {
  const perBlock = volume.superblock.blockBytes / 4;
  const span = perBlock ** (level - 1);
  if (block === 0 || start >= wanted.end || start + span * perBlock <= wanted.first) return;
  insist(block < volume.superblock.blockCount, 'an indirect block lies outside the file system');
  const bytes = await readBlocks(volume, block);
  const firstIndex = Math.max(0, Math.floor((wanted.first - start) / span));
  const lastIndex = Math.min(perBlock, Math.ceil((wanted.end - start) / span));
  for (let index = firstIndex; index < lastIndex; index++) {
    const child = le32(bytes, index * 4);
    if (level === 1) addBlock(volume, start + index, child, wanted);
    else await descend(volume, child, level - 1, start + index * span, wanted);
  }
}

function addBlock({ superblock }: ExtVolume, logical: number, physical: number, wanted: Wanted): void {
  if (physical === 0 || logical < wanted.first || logical >= wanted.end) return;
  insist(physical < superblock.blockCount, 'a block of a file lies outside the file system');
  const last = wanted.runs.at(-1);
  const follows =
    last &&
    last.physical !== null &&
    last.logical + last.count === logical &&
    last.physical + last.count === physical;
  if (follows) wanted.runs[wanted.runs.length - 1] = { ...last, count: last.count + 1 };
  else wanted.runs.push({ logical, physical, count: 1 });
}
