import { insist } from '../disk-error.ts';
import { type FileNode, kindOfMode } from '../file-system.ts';
import { be16, le16, le32, u8 } from '../integers.ts';
import { type ExtVolume, inodeOffset } from './layout.ts';

export type ExtNode = FileNode & {
  readonly flags: number;
  /** The 60 bytes that hold block numbers, extents, a short link target or the content itself. */
  readonly body: Uint8Array;
  /** Whether blocks other than those of extended attributes belong to it: a link without any is kept in `body`. */
  readonly hasBlocks: boolean;
  /** The rest of the inode behind its fields, where extended attributes stand. */
  readonly attributes: Uint8Array;
};

export const inodeFlag = {
  encrypted: 0x800,
  compressed: 0x4,
  extents: 0x80000,
  inlineData: 0x10000000,
};

const baseBytes = 128;

/**
 * One inode.
 * Source: https://www.kernel.org/doc/html/latest/filesystems/ext4/dynamic.html#index-nodes
 */
export async function readExtNode(volume: ExtVolume, inode: number): Promise<ExtNode> {
  const { superblock, source } = volume;
  const bytes = await source.read(await inodeOffset(volume, inode), superblock.inodeBytes);
  const mode = le16(bytes, 0);
  insist(mode !== 0, `inode ${inode} is not in use`);
  const sizeBytes = le32(bytes, 4) + le32(bytes, 0x6c) * 2 ** 32;
  insist(Number.isSafeInteger(sizeBytes), `inode ${inode} is larger than anything on a disk`);
  const attributeSectors = le32(bytes, 0x68) + le16(bytes, 0x76) > 0 ? superblock.blockBytes / 512 : 0;
  const sectors = le32(bytes, 0x1c) + le16(bytes, 0x74) * 2 ** 32;
  const extra = superblock.inodeBytes > baseBytes ? le16(bytes, 0x80) : 0;
  return {
    inode,
    kind: kindOfMode(mode),
    sizeBytes,
    flags: le32(bytes, 0x20),
    body: bytes.subarray(0x28, 0x28 + 60),
    hasBlocks: superblock.hasAttributeInodes ? sizeBytes >= 60 : sectors > attributeSectors,
    attributes: bytes.subarray(Math.min(bytes.length, baseBytes + extra)),
  };
}

const attributesMagic = 0xea020000;
const systemIndex = 7;
const attributesMax = 1024;

/**
 * Content that is kept in the inode itself: the 60 bytes of block numbers, and what goes on in the attribute
 * `system.data`.
 * Source: https://www.kernel.org/doc/html/latest/filesystems/ext4/dynamic.html#inline-data
 */
export function inlineContent(node: ExtNode): { readonly start: Uint8Array; readonly rest: Uint8Array } {
  return { start: node.body, rest: dataAttribute(node.attributes) };
}

function dataAttribute(area: Uint8Array): Uint8Array {
  if (area.length < 8 || le32(area, 0) !== attributesMagic) return new Uint8Array(0);
  const entries = area.subarray(4);
  let at = 0;
  for (let count = 0; count < attributesMax && at + 4 <= entries.length && le32(entries, at) !== 0; count++) {
    const nameBytes = u8(entries, at);
    const isData =
      u8(entries, at + 1) === systemIndex &&
      nameBytes === 4 &&
      isNamedData(entries.subarray(at + 16, at + 20));
    if (isData) {
      const offset = le16(entries, at + 2);
      const size = le32(entries, at + 8);
      insist(le32(entries, at + 4) === 0, 'content inside an inode is said to lie in another inode');
      insist(offset + size <= entries.length, 'content inside an inode goes past its end');
      return entries.subarray(offset, offset + size);
    }
    at += (16 + nameBytes + 3) & ~3;
  }
  return new Uint8Array(0);
}

function isNamedData(name: Uint8Array): boolean {
  return name.length === 4 && be16(name, 0) === 0x6461 && be16(name, 2) === 0x7461;
}
