import type { BlockSource } from '../block-source.ts';
import { DiskError, type DiskFault, insist } from '../disk-error.ts';
import { type BlockContent, readContent } from '../file-content.ts';
import { type DirectoryVisitor, type FileSystem, nameText } from '../file-system.ts';
import { mapExtBlocks } from './block-map.ts';
import { visitExtBlock } from './directory.ts';
import { type ExtNode, inlineContent, inodeFlag, readExtNode } from './inode.ts';
import { replayJournal } from './journal.ts';
import type { ExtVolume } from './layout.ts';
import { parseExtSuperblock, superblockBytes, superblockOffset } from './superblock.ts';

const linkBytesMax = 4096;
const directoryReadBytes = 1 << 17;

/**
 * Opens ext2, ext3 or ext4. A journal with changes that have not reached their places is played back in memory, so
 * that what is read is what a mount would show. Rejects with `DiskError` where the superblock cannot be read.
 * Source: https://www.kernel.org/doc/html/latest/filesystems/ext4/index.html
 */
export async function openExt(source: BlockSource): Promise<FileSystem<ExtNode>> {
  const volume = await openVolume(source);
  if (!volume.superblock.needsRecovery) return fileSystemOn(volume, []);
  const replay = await replayJournal(volume);
  return fileSystemOn(replay.source ? await openVolume(replay.source) : volume, replay.faults);
}

async function openVolume(source: BlockSource): Promise<ExtVolume> {
  const bytes = await source.read(superblockOffset, superblockBytes);
  return { source, superblock: parseExtSuperblock(bytes, source.sizeBytes) };
}

function fileSystemOn(volume: ExtVolume, faults: readonly DiskFault[]): FileSystem<ExtNode> {
  const { superblock } = volume;
  return {
    format: superblock.format,
    uuid: superblock.uuid,
    label: superblock.label,
    inodeCount: superblock.inodesInUse,
    rootInode: 2,
    faults: [...superblock.faults, ...faults],
    node: (inode) => readExtNode(volume, inode),
    list: (directory, visitor) => list(volume, directory, visitor),
    linkTarget: (link) => linkTarget(volume, link),
    async read(file, offset, length) {
      insist(file.kind === 'file', 'is not a regular file');
      return readAny(volume, file, offset, length);
    },
  };
}

async function readAny(
  volume: ExtVolume,
  node: ExtNode,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  refuseEncrypted(node);
  return node.flags & inodeFlag.inlineData
    ? inlineBytes(node, offset, length)
    : readContent(contentOf(volume, node), offset, length);
}

/** The blocks of a file as content that can be read anywhere. */
export function contentOf(volume: ExtVolume, node: ExtNode): BlockContent {
  const { blockBytes } = volume.superblock;
  return {
    sizeBytes: node.sizeBytes,
    blockBytes,
    map: (first, end) => mapExtBlocks(volume, node, first, end),
    readAt: (block, skip, size) => volume.source.read(block * blockBytes + skip, size),
  };
}

function inlineBytes(node: ExtNode, offset: number, length: number): Uint8Array {
  const { start, rest } = inlineContent(node);
  insist(
    node.sizeBytes <= start.length + rest.length,
    `inode ${node.inode} is larger than the content inside it`,
  );
  return Buffer.concat([start, rest], node.sizeBytes).subarray(offset, offset + length);
}

async function linkTarget(volume: ExtVolume, link: ExtNode): Promise<string> {
  insist(link.kind === 'symlink', 'is not a symbolic link');
  insist(link.sizeBytes <= linkBytesMax, `is a link of ${link.sizeBytes} bytes`);
  const isShort =
    !link.hasBlocks && !(link.flags & inodeFlag.inlineData) && link.sizeBytes < link.body.length;
  if (!isShort) return nameText(await readAny(volume, link, 0, link.sizeBytes));
  refuseEncrypted(link);
  return nameText(link.body.subarray(0, link.sizeBytes));
}

function refuseEncrypted(node: ExtNode): void {
  if (node.flags & inodeFlag.encrypted)
    throw new DiskError('unsupported', 'is encrypted, and its key is not in the image');
}

async function list(volume: ExtVolume, directory: ExtNode, visitor: DirectoryVisitor): Promise<void> {
  insist(directory.kind === 'directory', 'is not a directory');
  refuseEncrypted(directory);
  if (directory.flags & inodeFlag.inlineData) listInline(volume, directory, visitor);
  else await listBlocks(volume, directory, visitor);
}

// The first four bytes stand for `..`; the names behind them and those in the attribute each count as a block.
function listInline({ superblock }: ExtVolume, directory: ExtNode, visitor: DirectoryVisitor): void {
  const { start, rest } = inlineContent(directory);
  const inAttribute = Math.max(0, directory.sizeBytes - start.length);
  insist(inAttribute <= rest.length, 'is a directory larger than the content inside its inode');
  if (!visitExtBlock(start.subarray(4), superblock.hasTypes, visitor)) return;
  visitExtBlock(rest.subarray(0, inAttribute), superblock.hasTypes, visitor);
}

async function listBlocks(volume: ExtVolume, directory: ExtNode, visitor: DirectoryVisitor): Promise<void> {
  const { blockBytes, blockCount, hasTypes } = volume.superblock;
  const blocks = Math.ceil(directory.sizeBytes / blockBytes);
  insist(blocks <= blockCount, 'is a directory larger than its file system');
  const step = Math.max(1, directoryReadBytes / blockBytes);
  for (let first = 0; first < blocks; first += step) {
    const end = Math.min(blocks, first + step);
    let covered = first;
    for (const run of await mapExtBlocks(volume, directory, first, end)) {
      if (run.logical > covered) visitor.fault(`has no block ${covered}`);
      covered = run.logical + run.count;
      const bytes = await volume.source.read((run.physical ?? 0) * blockBytes, run.count * blockBytes);
      for (let at = 0; at < bytes.length; at += blockBytes) {
        const goesOn = visitGuarded(bytes.subarray(at, at + blockBytes), hasTypes, visitor);
        if (!goesOn) return;
      }
    }
    if (covered < end) visitor.fault(`has no block ${covered}`);
  }
}

// A broken block costs its own names, not those of the blocks behind it.
function visitGuarded(block: Uint8Array, hasTypes: boolean, visitor: DirectoryVisitor): boolean {
  try {
    return visitExtBlock(block, hasTypes, visitor);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    visitor.fault(error.message);
    return true;
  }
}
