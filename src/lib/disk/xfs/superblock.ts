import { crc32c } from '../checksums.ts';
import { DiskError, type DiskFault, insist } from '../disk-error.ts';
import { be16, be32, be64, fixedText, le32, u8, uuidText } from '../integers.ts';

/** The numbers of an XFS file system that reading needs. */
export type XfsSuperblock = {
  readonly version: 4 | 5;
  readonly uuid: string;
  readonly label: string;
  readonly blockBytes: number;
  readonly blockCount: number;
  readonly groupBlocks: number;
  readonly groupCount: number;
  /** Bits of a block number within its allocation group, in inode and block numbers. */
  readonly groupBlockBits: number;
  readonly inodeBytes: number;
  readonly inodesPerBlockBits: number;
  readonly inodesInUse: number;
  readonly rootInode: number;
  readonly directoryBlockBytes: number;
  readonly hasTypes: boolean;
  /** First block and number of blocks of the log; null where it lies on another device. */
  readonly log: { readonly block: number; readonly count: number } | null;
  readonly faults: readonly DiskFault[];
};

export const superblockBytes = 512;

const incompatible: Readonly<Record<number, string>> = {
  1: 'ftype',
  2: 'spinodes',
  4: 'meta_uuid',
  8: 'bigtime',
  16: 'needsrepair',
  32: 'nrext64',
  64: 'exchrange',
  128: 'parent',
  256: 'metadir',
  512: 'zoned',
  1024: 'zone_gaps',
};
const incompatibleKnown = 0xff;
const flag = { fileType: 0x1, needsRepair: 0x10, version4FileType: 0x200, directory2: 0x2000, more: 0x8000 };
const crcAt = 224;

/**
 * The superblock of XFS from its first sector (512 bytes hold all of its fields). Throws `unsupported`, naming the
 * flag, for features that are not known, and `malformed` where the numbers cannot be.
 * Source: https://www.kernel.org/pub/linux/utils/fs/xfs/docs/xfs_filesystem_structure.pdf ("Superblocks")
 */
export function parseXfsSuperblock(bytes: Uint8Array, sourceBytes: number): XfsSuperblock {
  insist(be32(bytes, 0) === 0x58465342, 'the XFS superblock has no magic number');
  const versionField = be16(bytes, 100);
  const version = versionField & 15;
  if (version !== 4 && version !== 5) throw new DiskError('unsupported', `is XFS of version ${version}`);
  const incompat = version === 5 ? be32(bytes, 216) : 0;
  refuseUnknown(incompat);
  if (version === 4 && !(versionField & flag.directory2))
    throw new DiskError('unsupported', 'has directories of XFS version 1');
  const features2 = versionField & flag.more ? be32(bytes, 200) : 0;
  const blockLog = u8(bytes, 120);
  const superblock: XfsSuperblock = {
    version,
    uuid: uuidText(bytes, 32),
    label: fixedText(bytes, 108, 12),
    blockBytes: be32(bytes, 4),
    blockCount: be64(bytes, 8),
    groupBlocks: be32(bytes, 84),
    groupCount: be32(bytes, 88),
    groupBlockBits: u8(bytes, 124),
    inodeBytes: be16(bytes, 104),
    inodesPerBlockBits: u8(bytes, 123),
    inodesInUse: Math.max(0, be64(bytes, 128) - be64(bytes, 136)),
    rootInode: be64(bytes, 56),
    directoryBlockBytes: 2 ** (blockLog + u8(bytes, 192)),
    hasTypes: version === 5 ? (incompat & flag.fileType) !== 0 : (features2 & flag.version4FileType) !== 0,
    log: be64(bytes, 48) === 0 ? null : { block: be64(bytes, 48), count: be32(bytes, 96) },
    faults: version === 5 ? faultsOf(bytes, incompat) : [],
  };
  checkNumbers(superblock, blockLog, u8(bytes, 122), sourceBytes);
  return superblock;
}

function refuseUnknown(incompat: number): void {
  const unknown = (incompat & ~incompatibleKnown) >>> 0;
  if (unknown === 0) return;
  const lowest = (unknown & -unknown) >>> 0;
  const name = incompatible[lowest] ?? `0x${lowest.toString(16)}`;
  throw new DiskError('unsupported', `uses the XFS feature '${name}', which is not known here`);
}

function faultsOf(bytes: Uint8Array, incompat: number): DiskFault[] {
  const faults: DiskFault[] = [];
  if (incompat & flag.needsRepair) {
    const why = 'is marked as in need of repair; what is read may not be what was written';
    faults.push({ kind: 'malformed', where: '', why });
  }
  if (superblockCrc(bytes) !== le32(bytes, crcAt)) {
    const why = 'the checksum of the superblock is wrong; what is read may not be what was written';
    faults.push({ kind: 'malformed', where: '', why });
  }
  return faults;
}

function superblockCrc(sector: Uint8Array): number {
  const bytes = Uint8Array.from(sector);
  bytes.fill(0, crcAt, crcAt + 4);
  return crc32c(bytes);
}

function checkNumbers(
  superblock: XfsSuperblock,
  blockLog: number,
  inodeLog: number,
  sourceBytes: number,
): void {
  const { blockBytes, groupBlocks, groupCount, groupBlockBits, blockCount, inodesPerBlockBits } = superblock;
  insist(
    blockLog >= 9 && blockLog <= 16 && blockBytes === 2 ** blockLog,
    `the XFS superblock has blocks of ${blockBytes} bytes`,
  );
  insist(
    inodeLog >= 8 && inodeLog <= 11 && superblock.inodeBytes === 2 ** inodeLog,
    `the XFS superblock has inodes of ${superblock.inodeBytes} bytes`,
  );
  insist(inodesPerBlockBits === blockLog - inodeLog, 'the XFS superblock contradicts itself on inodes');
  insist(
    groupBlocks > 0 && groupBlockBits <= 31 && 2 ** groupBlockBits >= groupBlocks && groupCount > 0,
    'the XFS superblock has allocation groups that cannot be',
  );
  insist(
    superblock.directoryBlockBytes <= 65536,
    'the XFS superblock has directory blocks of more than 64 KiB',
  );
  insist(
    blockCount <= groupBlocks * groupCount,
    'the XFS superblock counts more blocks than its groups have',
  );
  insist(
    blockCount * blockBytes <= sourceBytes * 1024,
    `the XFS superblock counts ${blockCount} blocks in ${sourceBytes} bytes`,
  );
}
