import type { DiskFault } from './disk-error.ts';

export type NodeKind = 'file' | 'directory' | 'symlink' | 'other';

/** One inode, as much of it as reading needs. */
export type FileNode = {
  readonly inode: number;
  readonly kind: NodeKind;
  readonly sizeBytes: number;
};

export type DirectoryVisitor = {
  /**
   * One name, never `.` or `..`, never with `/` or NUL in it. `kind` is null where only the inode tells. Answering
   * false ends the listing.
   */
  entry(name: string, inode: number, kind: NodeKind | null): boolean;
  /** A part of the directory that could not be read; the listing goes on behind it. */
  fault(why: string): void;
};

/**
 * A file system, for reading. Every function rejects with `DiskError` for bytes that it cannot read, and reads no
 * more than it is asked for.
 */
export type FileSystem<N extends FileNode = FileNode> = {
  readonly format: 'ext2' | 'ext3' | 'ext4' | 'xfs';
  /** Lower case, with dashes. */
  readonly uuid: string;
  readonly label: string;
  /** Inodes in use, as its superblock counts them. */
  readonly inodeCount: number;
  readonly rootInode: number;
  /** What is wrong with the whole of it, such as changes that are still in its log. */
  readonly faults: readonly DiskFault[];
  node(inode: number): Promise<N>;
  list(directory: N, visitor: DirectoryVisitor): Promise<void>;
  /** Where a symbolic link leads, as it is written. */
  linkTarget(link: N): Promise<string>;
  /** Bytes of a file, fewer where it ends; holes are zeros. */
  read(file: N, offset: number, length: number): Promise<Uint8Array>;
};

/** A part of a file and where it lies; `physical` is null where the file has a hole or was never written. */
export type BlockRun = { readonly logical: number; readonly physical: number | null; readonly count: number };

/** A name as text: what is not UTF-8 shows as U+FFFD, as Node's own directory listing has it. */
export function nameText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

/** Whether the kernel would show such a name; others are refused, never followed. */
export function isPlainName(bytes: Uint8Array): boolean {
  return bytes.length > 0 && !bytes.includes(47) && !bytes.includes(0);
}

/** Whether it is one of the two names that lead back. */
export function isDotName(bytes: Uint8Array): boolean {
  return bytes[0] === 46 && (bytes.length === 1 || (bytes.length === 2 && bytes[1] === 46));
}

/** What the upper four bits of a Unix mode say. */
export function kindOfMode(mode: number): NodeKind {
  const type = mode & 0xf000;
  if (type === 0x8000) return 'file';
  if (type === 0x4000) return 'directory';
  return type === 0xa000 ? 'symlink' : 'other';
}
