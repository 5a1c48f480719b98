import type { BlockSource } from '../block-source.ts';
import { insist } from '../disk-error.ts';
import type { XfsSuperblock } from './superblock.ts';

/** An opened source with its superblock: what the readers of inodes, extents and directories share. */
export type XfsVolume = { readonly source: BlockSource; readonly superblock: XfsSuperblock };

/** Where a block begins, in bytes; block numbers carry the allocation group in their upper bits. */
export function blockOffset({ superblock }: XfsVolume, block: number): number {
  const { groupBlockBits, groupBlocks, groupCount, blockBytes } = superblock;
  const group = Math.floor(block / 2 ** groupBlockBits);
  const inGroup = block % 2 ** groupBlockBits;
  insist(group < groupCount && inGroup < groupBlocks, `there is no block ${block}`);
  return (group * groupBlocks + inGroup) * blockBytes;
}

/** Where an inode begins, in bytes; its number says in which group, block and place it lies. */
export function inodeOffset(volume: XfsVolume, inode: number): number {
  const { inodesPerBlockBits, inodeBytes } = volume.superblock;
  insist(inode > 0, `there is no inode ${inode}`);
  const perBlock = 2 ** inodesPerBlockBits;
  return blockOffset(volume, Math.floor(inode / perBlock)) + (inode % perBlock) * inodeBytes;
}
