import { crc32cRaw } from '../checksums.ts';
import { DiskError, type DiskFault, insist } from '../disk-error.ts';
import { fixedText, le16, le32, u8, uuidText } from '../integers.ts';

/** The numbers of an ext2, ext3 or ext4 file system that reading needs. Blocks and groups count from 0. */
export type ExtSuperblock = {
  readonly format: 'ext2' | 'ext3' | 'ext4';
  readonly uuid: string;
  readonly label: string;
  readonly blockBytes: number;
  readonly blockCount: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly inodeCount: number;
  readonly inodesInUse: number;
  readonly inodesPerGroup: number;
  readonly inodeBytes: number;
  readonly descriptorBytes: number;
  readonly firstMetaGroup: number | null;
  /** Which groups have a copy of the superblock: every group, the powers of 3, 5 and 7, or the two named. */
  readonly backupGroups: 'all' | 'sparse' | readonly number[];
  readonly hasTypes: boolean;
  readonly hasAttributeInodes: boolean;
  readonly needsRecovery: boolean;
  readonly hasJournal: boolean;
  /** Null where the journal lies on another device. */
  readonly journalInode: number | null;
  readonly faults: readonly DiskFault[];
};

export const superblockOffset = 1024;
export const superblockBytes = 1024;

const incompatible: Readonly<Record<number, string>> = {
  1: 'compression',
  2: 'filetype',
  4: 'needs_recovery',
  8: 'journal_dev',
  16: 'meta_bg',
  64: 'extent',
  128: '64bit',
  256: 'mmp',
  512: 'flex_bg',
  1024: 'ea_inode',
  4096: 'dirdata',
  8192: 'metadata_csum_seed',
  16384: 'large_dir',
  32768: 'inline_data',
  65536: 'encrypt',
  131072: 'casefold',
};
const flag = {
  hasJournal: 0x4,
  sparseSuper2: 0x200,
  fileType: 0x2,
  needsRecovery: 0x4,
  metaGroups: 0x10,
  extents: 0x40,
  is64Bit: 0x80,
  attributeInodes: 0x400,
  sparseSuper: 0x1,
  metadataChecksums: 0x400,
};
const unreadable = [0x1, 0x8, 0x1000];

/**
 * The superblock of ext2, ext3 and ext4 from its 1024 bytes. Throws `unsupported`, naming the flag, where a feature
 * that changes how the rest is read is not known, and `malformed` where the numbers cannot be.
 * Source: https://www.kernel.org/doc/html/latest/filesystems/ext4/globals.html#super-block
 */
export function parseExtSuperblock(bytes: Uint8Array, sourceBytes: number): ExtSuperblock {
  insist(le16(bytes, 0x38) === 0xef53, 'the ext superblock has no magic number');
  const isOld = le32(bytes, 0x4c) === 0;
  const compat = isOld ? 0 : le32(bytes, 0x5c);
  const incompat = isOld ? 0 : le32(bytes, 0x60);
  const readOnlyCompat = isOld ? 0 : le32(bytes, 0x64);
  refuseUnknown(incompat);
  const blockLog = le32(bytes, 0x18);
  insist(blockLog <= 6, `the ext superblock has blocks of 2^${10 + blockLog} bytes`);
  const blockBytes = 1024 << blockLog;
  const is64Bit = (incompat & flag.is64Bit) !== 0;
  const superblock: ExtSuperblock = {
    format: formatOf(compat, incompat),
    uuid: uuidText(bytes, 0x68),
    label: fixedText(bytes, 0x78, 16),
    blockBytes,
    blockCount: le32(bytes, 4) + (is64Bit ? le32(bytes, 0x150) * 2 ** 32 : 0),
    firstDataBlock: le32(bytes, 0x14),
    blocksPerGroup: le32(bytes, 0x20),
    inodeCount: le32(bytes, 0),
    inodesInUse: Math.max(0, le32(bytes, 0) - le32(bytes, 0x10)),
    inodesPerGroup: le32(bytes, 0x28),
    inodeBytes: isOld ? 128 : le16(bytes, 0x58),
    descriptorBytes: is64Bit ? Math.max(32, le16(bytes, 0xfe)) : 32,
    firstMetaGroup: incompat & flag.metaGroups ? le32(bytes, 0x104) : null,
    backupGroups: backupsOf(bytes, compat, readOnlyCompat),
    hasTypes: (incompat & flag.fileType) !== 0,
    hasAttributeInodes: (incompat & flag.attributeInodes) !== 0,
    needsRecovery: (incompat & flag.needsRecovery) !== 0,
    hasJournal: (compat & flag.hasJournal) !== 0,
    journalInode: le32(bytes, 0xe0) || null,
    faults: checksumFaults(bytes, readOnlyCompat),
  };
  checkNumbers(superblock, sourceBytes);
  return superblock;
}

function formatOf(compat: number, incompat: number): 'ext2' | 'ext3' | 'ext4' {
  const newer = flag.extents | flag.is64Bit | flag.metaGroups | 0x200 | 0x8000;
  if (incompat & newer) return 'ext4';
  return compat & flag.hasJournal ? 'ext3' : 'ext2';
}

function refuseUnknown(incompat: number): void {
  for (let bit = 0; bit < 32; bit++) {
    const value = 2 ** bit;
    if (Math.floor(incompat / value) % 2 === 0) continue;
    const name = incompatible[value];
    if (name === undefined || unreadable.includes(value)) {
      const called = name ?? `0x${value.toString(16)}`;
      throw new DiskError('unsupported', `uses the ext feature '${called}', which is not known here`);
    }
  }
}

function backupsOf(bytes: Uint8Array, compat: number, readOnlyCompat: number): ExtSuperblock['backupGroups'] {
  if (compat & flag.sparseSuper2) return [le32(bytes, 0x24c), le32(bytes, 0x250)];
  return readOnlyCompat & flag.sparseSuper ? 'sparse' : 'all';
}

function checksumFaults(bytes: Uint8Array, readOnlyCompat: number): DiskFault[] {
  if ((readOnlyCompat & flag.metadataChecksums) === 0 || u8(bytes, 0x175) !== 1) return [];
  if (crc32cRaw(0xffffffff, bytes.subarray(0, 0x3fc)) === le32(bytes, 0x3fc)) return [];
  const why = 'the checksum of the superblock is wrong; what is read may not be what was written';
  return [{ kind: 'malformed', where: '', why }];
}

function checkNumbers(superblock: ExtSuperblock, sourceBytes: number): void {
  const { blockBytes, blockCount, blocksPerGroup, inodesPerGroup, inodeBytes, descriptorBytes } = superblock;
  insist(blocksPerGroup > 0 && inodesPerGroup > 0, 'the ext superblock has empty groups');
  insist(
    inodeBytes >= 128 && inodeBytes <= blockBytes && (inodeBytes & (inodeBytes - 1)) === 0,
    `the ext superblock has inodes of ${inodeBytes} bytes`,
  );
  insist(
    descriptorBytes <= blockBytes && (descriptorBytes & (descriptorBytes - 1)) === 0,
    `the ext superblock has group descriptors of ${descriptorBytes} bytes`,
  );
  insist(blockCount > superblock.firstDataBlock, 'the ext superblock counts no blocks');
  // A source a little shorter than the file system is read as far as it goes; one of another size altogether is not.
  insist(
    blockCount * blockBytes <= sourceBytes * 1024,
    `the ext superblock counts ${blockCount} blocks in ${sourceBytes} bytes`,
  );
}
