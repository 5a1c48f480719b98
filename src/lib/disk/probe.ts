import type { BlockSource } from './block-source.ts';
import { fixedText, le16, le32, uuidText } from './integers.ts';

/** What lies at the beginning of a disk, partition or volume, told by its magic numbers. */
export type Probe = {
  /**
   * `ext`, `xfs` and `lvm` can be read; a `container` is another format around a disk; `other` is known by name and
   * may hold anything, `aside` too and holds no installed software: swap space, what firmware starts from.
   */
  readonly kind: 'ext' | 'xfs' | 'lvm' | 'container' | 'other' | 'aside' | 'empty' | 'unknown';
  /** For people: `swap space`, `a btrfs file system`. */
  readonly title: string;
  /** As fstab would have it, where the place of it is known. */
  readonly uuid: string | null;
};

type Signature = {
  readonly at: number;
  /** Text stands for its Latin-1 bytes, a number for four bytes in little endian. */
  readonly magic: string | number;
  readonly kind: Probe['kind'];
  readonly title: string;
  readonly uuid?: (head: Uint8Array) => string;
};

const headBytes = 0x12000;

// Containers first: what is inside them could look like anything. Source: https://github.com/util-linux/util-linux
// (libblkid/src/superblocks) and https://gitlab.com/qemu-project/qemu (block).
const signatures: readonly Signature[] = [
  container(0, 'QFI\xfb', 'a qcow2 image'),
  container(0, 'KDMV', 'a VMDK image'),
  container(0, 'COWD', 'a VMDK image'),
  container(0, '# Disk DescriptorFile', 'the description of a VMDK image'),
  container(0, 'conectix', 'a VHD image'),
  container(0, 'vhdxfile', 'a VHDX image'),
  container(0x40, 0xbeda107f, 'a VDI image'),
  container(0, 'QED\0', 'a QED image'),
  other(0, '\x1f\x8b\x08', 'a gzip file'),
  other(0, '\xfd7zXZ\0', 'an xz file'),
  other(0, '\x28\xb5\x2f\xfd', 'a zstd file'),
  other(0, 'LUKS\xba\xbe', 'LUKS encryption', (head) => fixedText(head, 168, 40)),
  other(3, '-FVE-FS-', 'BitLocker encryption'),
  { at: 0, magic: 'XFSB', kind: 'xfs', title: 'an XFS file system' },
  { at: 0x438, magic: '\x53\xef', kind: 'ext', title: 'an ext file system' },
  aside(4096 - 10, 'SWAPSPACE2', 'swap space', (head) => uuidText(head, 0x40c)),
  aside(8192 - 10, 'SWAPSPACE2', 'swap space', (head) => uuidText(head, 0x40c)),
  aside(16384 - 10, 'SWAPSPACE2', 'swap space', (head) => uuidText(head, 0x40c)),
  aside(65536 - 10, 'SWAPSPACE2', 'swap space', (head) => uuidText(head, 0x40c)),
  aside(4096 - 10, 'SWAP-SPACE', 'swap space'),
  other(0x10040, '_BHRfS_M', 'a btrfs file system', (head) => uuidText(head, 0x10020)),
  other(0x400, 0xf2f52010, 'an F2FS file system'),
  other(0x400, 0xe0f5e1e2, 'an EROFS file system'),
  other(0, 'hsqs', 'a squashfs file system'),
  other(0, 'sqsh', 'a squashfs file system'),
  other(4096, 0xa92b4efc, 'a part of a Linux RAID'),
  other(0, 0xa92b4efc, 'a part of a Linux RAID'),
  other(4096 + 24, '\xc6\x85\x73\xf6\x4e\x1a\x45\xca', 'a bcache device'),
  other(4096 + 24, '\xc6\x85\x73\xf6\x66\xce\x90\xa9', 'a bcachefs file system'),
  other(0x10034, 'ReIsEr', 'a ReiserFS file system'),
  other(0x8000, 'JFS1', 'a JFS file system'),
  other(0x406, '\x34\x34', 'a NILFS2 file system'),
  other(0x8001, 'CD001', 'an ISO 9660 file system'),
  other(0x400, 'H+\0\x04', 'an HFS+ file system'),
  other(0x20, 'NXSB', 'an APFS container'),
  other(0x1055c, 0x19540119, 'a UFS2 file system'),
  other(3, 'NTFS    ', 'an NTFS file system'),
  other(3, 'EXFAT   ', 'an exFAT file system', (head) => fatSerial(head, 100)),
  aside(0x52, 'FAT32   ', 'a FAT file system', (head) => fatSerial(head, 0x43)),
  aside(0x36, 'FAT16   ', 'a FAT file system', (head) => fatSerial(head, 0x27)),
  aside(0x36, 'FAT12   ', 'a FAT file system', (head) => fatSerial(head, 0x27)),
];

const labelSectors = 4;
const zfsUberblocks = { at: 0x20000, stepBytes: 1024, count: 128, magic: 0x00bab10c };

/** Says what lies at the beginning of a source. Reads at most 256 KiB. */
export async function probe(source: BlockSource): Promise<Probe> {
  const head = await source.read(0, Math.min(headBytes, source.sizeBytes));
  for (let sector = 0; sector < labelSectors; sector++) {
    const at = sector * 512;
    if (holds(head, at, 'LABELONE') && holds(head, at + 24, 'LVM2 001'))
      return { kind: 'lvm', title: 'an LVM physical volume', uuid: null };
  }
  for (const { at, magic, kind, title, uuid } of signatures)
    if (holds(head, at, magic)) return { kind, title, uuid: uuid?.(head).toLowerCase() ?? null };
  if (await hasZfs(source)) return { kind: 'other', title: 'a ZFS pool', uuid: null };
  if (head.every((byte) => byte === 0)) return { kind: 'empty', title: 'nothing but zeros', uuid: null };
  return { kind: 'unknown', title: 'nothing that is recognised', uuid: null };
}

function container(at: number, magic: string | number, title: string): Signature {
  return { at, magic, kind: 'container', title };
}

function other(
  at: number,
  magic: string | number,
  title: string,
  uuid?: (head: Uint8Array) => string,
): Signature {
  return { at, magic, kind: 'other', title, ...(uuid ? { uuid } : {}) };
}

function aside(at: number, magic: string, title: string, uuid?: (head: Uint8Array) => string): Signature {
  return { ...other(at, magic, title, uuid), kind: 'aside' };
}

function holds(head: Uint8Array, at: number, magic: string | number): boolean {
  if (typeof magic === 'number') return at + 4 <= head.length && le32(head, at) === magic;
  if (at + magic.length > head.length) return false;
  for (let index = 0; index < magic.length; index++)
    if (head[at + index] !== magic.charCodeAt(index)) return false;
  return true;
}

function fatSerial(head: Uint8Array, at: number): string {
  const hex = (value: number) => value.toString(16).padStart(4, '0');
  return `${hex(le16(head, at + 2))}-${hex(le16(head, at))}`;
}

async function hasZfs(source: BlockSource): Promise<boolean> {
  const { at, stepBytes, count, magic } = zfsUberblocks;
  if (source.sizeBytes < at + stepBytes * count) return false;
  const blocks = await source.read(at, stepBytes * count);
  const reversed = Buffer.from('00bab10c', 'hex').readUInt32LE(0);
  for (let offset = 0; offset < blocks.length; offset += stepBytes) {
    // The same magic number, in the byte order of the machine that wrote it.
    const found = le32(blocks, offset) || le32(blocks, offset + 4);
    if (found === magic || found === reversed) return true;
  }
  return false;
}
