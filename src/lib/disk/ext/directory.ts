import { DiskError } from '../disk-error.ts';
import { type DirectoryVisitor, isDotName, isPlainName, type NodeKind, nameText } from '../file-system.ts';
import { le16, le32, u8 } from '../integers.ts';

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
const headerBytes = 8;
const largestBlockBytes = 65536;

/**
 * The names in one block of a directory, in the order they stand. Blocks of a hash tree hide from this by entries
 * without inode. False once the visitor has seen enough.
 * Source: https://www.kernel.org/doc/html/latest/filesystems/ext4/dynamic.html#directory-entries
 */
export function visitExtBlock(block: Uint8Array, hasTypes: boolean, visitor: DirectoryVisitor): boolean {
  let at = 0;
  while (at + headerBytes <= block.length) {
    const recordBytes = recordLength(le16(block, at + 4), block.length);
    const nameBytes = hasTypes ? u8(block, at + 6) : le16(block, at + 6);
    if (recordBytes < headerBytes || recordBytes % 4 !== 0 || at + recordBytes > block.length)
      throw new DiskError('malformed', 'an entry goes past its block');
    const inode = le32(block, at);
    if (inode !== 0) {
      if (headerBytes + nameBytes > recordBytes)
        throw new DiskError('malformed', 'a name goes past its entry');
      const name = block.subarray(at + headerBytes, at + headerBytes + nameBytes);
      if (!isPlainName(name)) visitor.fault('has a name that is empty or contains a slash');
      else if (!isDotName(name)) {
        const kind = hasTypes ? (kinds[u8(block, at + 7) & 7] ?? null) : null;
        if (!visitor.entry(nameText(name), inode, kind)) return false;
      }
    }
    at += recordBytes;
  }
  return true;
}

// Blocks of 64 KiB do not fit the field: all ones or zero stand for one, and its two free bits for larger parts.
function recordLength(stored: number, blockBytes: number): number {
  if (blockBytes < largestBlockBytes) return stored;
  if (stored === 0xffff || stored === 0) return blockBytes;
  return (stored & 0xfffc) | ((stored & 3) << 16);
}
