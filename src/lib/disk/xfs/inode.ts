import { DiskError, insist } from '../disk-error.ts';
import { type FileNode, kindOfMode } from '../file-system.ts';
import { be16, be32, be64, u8 } from '../integers.ts';
import { inodeOffset, type XfsVolume } from './layout.ts';

export type XfsNode = FileNode & {
  /** Where the content is: in the inode, in a list of extents in it, or in a tree of extents. */
  readonly format: 'local' | 'extents' | 'btree' | 'none';
  readonly extentCount: number;
  /** The part of the inode that holds content, extents or the root of the tree. */
  readonly fork: Uint8Array;
  readonly isRealtime: boolean;
};

const magic = 0x494e;
const formats = ['none', 'local', 'extents', 'btree'] as const;
const coreBytes = { 1: 100, 2: 100, 3: 176 } as const;
const realtimeFlag = 1;
const manyExtentsFlag = 0x10;

/**
 * One inode.
 * Source: https://www.kernel.org/pub/linux/utils/fs/xfs/docs/xfs_filesystem_structure.pdf ("Inodes")
 */
export async function readXfsNode(volume: XfsVolume, inode: number): Promise<XfsNode> {
  const bytes = await volume.source.read(inodeOffset(volume, inode), volume.superblock.inodeBytes);
  insist(be16(bytes, 0) === magic, `inode ${inode} has no magic number`);
  const mode = be16(bytes, 2);
  insist(mode !== 0, `inode ${inode} is not in use`);
  const version = u8(bytes, 4);
  if (version !== 1 && version !== 2 && version !== 3)
    throw new DiskError('malformed', `inode ${inode} is of version ${version}`);
  insist(version !== 3 || be64(bytes, 152) === inode, `inode ${inode} says that it is another one`);
  const forkAt = coreBytes[version];
  const forkUnits = u8(bytes, 82);
  const forkEnd = forkUnits === 0 ? bytes.length : forkAt + forkUnits * 8;
  insist(forkEnd <= bytes.length, `inode ${inode} has a fork larger than itself`);
  const hasMany = version === 3 && (be32(bytes, 124) & manyExtentsFlag) !== 0;
  return {
    inode,
    kind: kindOfMode(mode),
    sizeBytes: be64(bytes, 56),
    format: formats[u8(bytes, 5)] ?? 'none',
    extentCount: hasMany ? be64(bytes, 24) : be32(bytes, 76),
    fork: bytes.subarray(forkAt, forkEnd),
    isRealtime: (be16(bytes, 90) & realtimeFlag) !== 0,
  };
}
