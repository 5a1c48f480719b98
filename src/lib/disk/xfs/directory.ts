import { DiskError, insist } from '../disk-error.ts';
import { type DirectoryVisitor, isDotName, isPlainName, type NodeKind, nameText } from '../file-system.ts';
import { be16, be32, be64, u8 } from '../integers.ts';

const kinds: readonly (NodeKind | null)[] = [
  null,
  'file',
  'directory',
  'other',
  'other',
  'other',
  'other',
  'symlink',
];
const blockMagic = { 4: 0x58443242, 5: 0x58444233 } as const;
const dataMagic = { 4: 0x58443244, 5: 0x58444433 } as const;
const headerBytes = { 4: 16, 5: 64 } as const;
const freeTag = 0xffff;
const leafBytes = 8;
const tailBytes = 8;

export type DirectoryFormat = { readonly version: 4 | 5; readonly hasTypes: boolean };

/**
 * The names of a directory that is small enough to stand in its inode. False once the visitor has seen enough.
 * Source: https://www.kernel.org/pub/linux/utils/fs/xfs/docs/xfs_filesystem_structure.pdf ("Directories")
 */
export function visitShortForm(
  fork: Uint8Array,
  { hasTypes }: DirectoryFormat,
  visitor: DirectoryVisitor,
): boolean {
  const count = u8(fork, 0);
  const isWide = u8(fork, 1) > 0;
  const inodeBytes = isWide ? 8 : 4;
  let at = 2 + inodeBytes;
  for (let index = 0; index < count; index++) {
    const nameBytes = u8(fork, at);
    const typeAt = at + 3 + nameBytes;
    const inodeAt = typeAt + (hasTypes ? 1 : 0);
    const inode = isWide ? be64(fork, inodeAt) : be32(fork, inodeAt);
    const kind = hasTypes ? (kinds[u8(fork, typeAt)] ?? null) : null;
    if (!visitName(fork.subarray(at + 3, typeAt), inode, kind, visitor)) return false;
    at = inodeAt + inodeBytes;
  }
  return true;
}

/** The names in one block of a larger directory. False once the visitor has seen enough. */
export function visitDataBlock(
  block: Uint8Array,
  { version, hasTypes }: DirectoryFormat,
  visitor: DirectoryVisitor,
): boolean {
  const magic = be32(block, 0);
  const isWhole = magic === blockMagic[version];
  insist(isWhole || magic === dataMagic[version], 'a block of a directory has no magic number');
  const end = isWhole ? namesEnd(block) : block.length;
  let at: number = headerBytes[version];
  while (at < end) {
    if (be16(block, at) === freeTag) {
      const freeBytes = be16(block, at + 2);
      insist(freeBytes >= 8 && freeBytes % 8 === 0, 'free room in a directory has a wrong size');
      at += freeBytes;
      continue;
    }
    const inode = be64(block, at);
    const nameBytes = u8(block, at + 8);
    const typeAt = at + 9 + nameBytes;
    const size = (9 + nameBytes + (hasTypes ? 1 : 0) + 2 + 7) & ~7;
    if (at + size > end) throw new DiskError('malformed', 'an entry goes past its block');
    const kind = hasTypes ? (kinds[u8(block, typeAt)] ?? null) : null;
    if (!visitName(block.subarray(at + 9, typeAt), inode, kind, visitor)) return false;
    at += size;
  }
  return true;
}

// A directory of one block has its index at the end of that block: hashes, then how many.
function namesEnd(block: Uint8Array): number {
  const count = be32(block, block.length - tailBytes);
  const end = block.length - tailBytes - count * leafBytes;
  insist(end >= 0, 'the index of a directory is larger than its block');
  return end;
}

function visitName(
  name: Uint8Array,
  inode: number,
  kind: NodeKind | null,
  visitor: DirectoryVisitor,
): boolean {
  if (!isPlainName(name)) {
    visitor.fault('has a name that is empty or contains a slash');
    return true;
  }
  return isDotName(name) || visitor.entry(nameText(name), inode, kind);
}
