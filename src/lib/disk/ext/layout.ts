import type { BlockSource } from '../block-source.ts';
import { insist } from '../disk-error.ts';
import { le32 } from '../integers.ts';
import type { ExtSuperblock } from './superblock.ts';

/** An opened source with its superblock: what the readers of inodes, maps and directories share. */
export type ExtVolume = { readonly source: BlockSource; readonly superblock: ExtSuperblock };

/** One block of the file system, or several that follow one another. */
export function readBlocks(
  { source, superblock }: ExtVolume,
  block: number,
  count = 1,
): Uint8Array | Promise<Uint8Array> {
  return source.read(block * superblock.blockBytes, count * superblock.blockBytes);
}

/**
 * Where the inode of a number begins, in bytes from the start of the file system.
 * Source: https://www.kernel.org/doc/html/latest/filesystems/ext4/globals.html#block-group-descriptors
 */
export async function inodeOffset(volume: ExtVolume, inode: number): Promise<number> {
  const { superblock } = volume;
  insist(inode >= 1 && inode <= superblock.inodeCount, `there is no inode ${inode}`);
  const group = Math.floor((inode - 1) / superblock.inodesPerGroup);
  const { descriptorBytes, blockBytes } = superblock;
  const perBlock = blockBytes / descriptorBytes;
  const at = descriptorBlock(superblock, Math.floor(group / perBlock), perBlock) * blockBytes;
  const descriptor = await volume.source.read(at + (group % perBlock) * descriptorBytes, descriptorBytes);
  const table = le32(descriptor, 8) + (descriptorBytes >= 64 ? le32(descriptor, 0x28) * 2 ** 32 : 0);
  insist(table > 0 && table < superblock.blockCount, `the inodes of group ${group} lie outside`);
  return table * blockBytes + ((inode - 1) % superblock.inodesPerGroup) * superblock.inodeBytes;
}

// Descriptors follow the first superblock, or, with meta_bg, stand in the first group of those that they describe.
function descriptorBlock(superblock: ExtSuperblock, index: number, perBlock: number): number {
  const superblockAt = Math.floor(1024 / superblock.blockBytes);
  if (superblock.firstMetaGroup === null || index < superblock.firstMetaGroup)
    return superblockAt + 1 + index;
  const group = index * perBlock;
  const start = superblock.firstDataBlock + group * superblock.blocksPerGroup;
  // With blocks of 1 KiB and clusters, block 0 belongs to group 0 and the superblock is its second block.
  const shift = index === 0 && superblock.blockBytes === 1024 && superblock.firstDataBlock === 0 ? 1 : 0;
  return start + (hasBackup(superblock, group) ? 1 : 0) + shift;
}

function hasBackup({ backupGroups }: ExtSuperblock, group: number): boolean {
  if (group === 0 || backupGroups === 'all') return true;
  if (backupGroups !== 'sparse') return backupGroups.includes(group);
  return group === 1 || [3, 5, 7].some((base) => isPower(group, base));
}

function isPower(value: number, base: number): boolean {
  let power = base;
  while (power < value) power *= base;
  return power === value;
}
