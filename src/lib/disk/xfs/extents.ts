import { DiskError, insist } from '../disk-error.ts';
import type { BlockRun } from '../file-system.ts';
import { be16, be32, be64 } from '../integers.ts';
import type { XfsNode } from './inode.ts';
import { blockOffset, type XfsVolume } from './layout.ts';

type Wanted = { readonly first: number; readonly end: number; readonly runs: BlockRun[] };

const recordBytes = 16;
const wholeFile = { low: 0, high: Number.MAX_SAFE_INTEGER };
const rootHeaderBytes = 4;
const depthMax = 9;
const blockMagic = { 4: 0x424d4150, 5: 0x424d4133 } as const;
const blockHeaderBytes = { 4: 24, 5: 72 } as const;

/**
 * Where the blocks of a file lie, from `first` and before `end`, rising, holes left out; `physical` is a block number
 * with its group in it. The work is bounded by the number of blocks asked for: keys must rise, and each node stays
 * within what its parent gave.
 * Source: https://www.kernel.org/pub/linux/utils/fs/xfs/docs/xfs_filesystem_structure.pdf ("Data Extents")
 */
export async function mapXfsBlocks(
  volume: XfsVolume,
  node: XfsNode,
  first: number,
  end: number,
): Promise<BlockRun[]> {
  if (node.isRealtime) throw new DiskError('unsupported', 'lies on the real-time device, which is not read');
  const wanted: Wanted = { first, end, runs: [] };
  if (node.format === 'extents') {
    const { fork, extentCount } = node;
    insist(extentCount * recordBytes <= fork.length, `inode ${node.inode} has more extents than room`);
    takeRecords(volume, fork.subarray(0, extentCount * recordBytes), wholeFile, wanted);
  } else if (node.format === 'btree') await treeIn(volume, node, wanted);
  else throw new DiskError('malformed', `inode ${node.inode} has no extents`);
  return wanted.runs;
}

/** A node of the tree: keys stand from `start` on, block numbers behind the `room` for all keys. */
type TreeNode = {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly count: number;
  readonly room: number;
  readonly level: number;
};

/** The blocks of a file that a node may speak of. */
type Span = { readonly low: number; readonly high: number };

async function treeIn(volume: XfsVolume, { fork, inode }: XfsNode, wanted: Wanted): Promise<void> {
  const level = be16(fork, 0);
  insist(level >= 1 && level <= depthMax, `the extents of inode ${inode} are nested ${level} deep`);
  const count = be16(fork, 2);
  const room = Math.floor((fork.length - rootHeaderBytes) / recordBytes);
  insist(count <= room, `the extents of inode ${inode} have more entries than room`);
  const root = { bytes: fork, start: rootHeaderBytes, count, room, level };
  await descend(volume, root, wholeFile, wanted);
}

async function descend(
  volume: XfsVolume,
  node: TreeNode,
  { low, high }: Span,
  wanted: Wanted,
): Promise<void> {
  const { bytes, start, count, room, level } = node;
  for (let index = 0; index < count; index++) {
    const key = be64(bytes, start + index * 8);
    const next = index + 1 < count ? be64(bytes, start + index * 8 + 8) : high;
    insist(key >= low && key < high && next > key, 'the keys of an extent tree do not rise');
    if (key >= wanted.end) return;
    if (next <= wanted.first) continue;
    const child = await nodeAt(volume, be64(bytes, start + room * 8 + index * 8), level - 1);
    const span = { low: key, high: next };
    if (child.level > 0) await descend(volume, child, span, wanted);
    else
      takeRecords(
        volume,
        child.bytes.subarray(child.start, child.start + child.count * recordBytes),
        span,
        wanted,
      );
  }
}

async function nodeAt(volume: XfsVolume, block: number, level: number): Promise<TreeNode> {
  const { blockBytes, version } = volume.superblock;
  const bytes = await volume.source.read(blockOffset(volume, block), blockBytes);
  insist(be32(bytes, 0) === blockMagic[version], 'a node of an extent tree has no magic number');
  insist(be16(bytes, 4) === level, 'a node of an extent tree is at another level than its parent says');
  const count = be16(bytes, 6);
  const start = blockHeaderBytes[version];
  const room = Math.floor((blockBytes - start) / recordBytes);
  insist(count <= room, 'a node of an extent tree has more entries than room');
  return { bytes, start, count, room, level };
}

// 128 bits: one says that it was never written, 54 the place in the file, 52 the block, 21 how many.
function takeRecords(
  volume: XfsVolume,
  records: Uint8Array,
  { low, high }: Span,
  { first, end, runs }: Wanted,
): void {
  let least = low;
  for (let at = 0; at + recordBytes <= records.length; at += recordBytes) {
    const [a, b] = [be32(records, at), be32(records, at + 4)];
    const [c, d] = [be32(records, at + 8), be32(records, at + 12)];
    const logical = (a & 0x7fffffff) * 2 ** 23 + (b >>> 9);
    const physical = (b & 0x1ff) * 2 ** 43 + c * 2 ** 11 + (d >>> 21);
    const count = d & 0x1fffff;
    insist(logical >= least && count > 0 && logical + count <= high, 'the extents of a file do not rise');
    least = logical + count;
    if (logical >= end) return;
    const from = Math.max(first, logical);
    const to = Math.min(end, logical + count);
    if (a >>> 31 || from >= to) continue;
    const start = physical + from - logical;
    const spanBytes = (to - from - 1) * volume.superblock.blockBytes;
    insist(
      blockOffset(volume, start + to - from - 1) - blockOffset(volume, start) === spanBytes,
      'an extent goes past its group',
    );
    runs.push({ logical: from, physical: start, count: to - from });
  }
}
