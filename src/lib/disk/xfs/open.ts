import type { BlockSource } from '../block-source.ts';
import { DiskError, type DiskFault, insist } from '../disk-error.ts';
import { readContent } from '../file-content.ts';
import { type DirectoryVisitor, type FileSystem, nameText } from '../file-system.ts';
import { be32 } from '../integers.ts';
import { visitDataBlock, visitShortForm } from './directory.ts';
import { mapXfsBlocks } from './extents.ts';
import { readXfsNode, type XfsNode } from './inode.ts';
import { blockOffset, type XfsVolume } from './layout.ts';
import { logFaults } from './log.ts';
import { parseXfsSuperblock, superblockBytes } from './superblock.ts';

const linkBytesMax = 1024;
const linkMagic = 0x58534c4d;
const linkHeaderBytes = 56;
// Behind this offset in a directory stand its indexes, not names.
const namesBytesMax = 2 ** 35;
const directoryReadBytes = 1 << 17;

/**
 * Opens XFS of version 4 or 5. Its log is not played back: a fault says where it holds changes. Rejects with
 * `DiskError` where the superblock cannot be read.
 * Source: https://www.kernel.org/pub/linux/utils/fs/xfs/docs/xfs_filesystem_structure.pdf
 */
export async function openXfs(source: BlockSource): Promise<FileSystem<XfsNode>> {
  const superblock = parseXfsSuperblock(await superblockSector(source), source.sizeBytes);
  const volume = { source, superblock };
  return {
    format: 'xfs',
    uuid: superblock.uuid,
    label: superblock.label,
    inodeCount: superblock.inodesInUse,
    rootInode: superblock.rootInode,
    faults: [...superblock.faults, ...(await faultsOfLog(volume))],
    node: (inode) => readXfsNode(volume, inode),
    list: (directory, visitor) => list(volume, directory, visitor),
    linkTarget: (link) => linkTarget(volume, link),
    async read(file, offset, length) {
      insist(file.kind === 'file', 'is not a regular file');
      return readBlocks(volume, file, offset, length);
    },
  };
}

// The checksum covers the whole sector, of which the first 512 bytes tell the size.
async function superblockSector(source: BlockSource): Promise<Uint8Array> {
  const head = await source.read(0, superblockBytes);
  const sectorBytes = ((head[102] ?? 0) << 8) | (head[103] ?? 0);
  const isPossible = sectorBytes > superblockBytes && sectorBytes <= 32768 && sectorBytes <= source.sizeBytes;
  return isPossible ? source.read(0, sectorBytes) : head;
}

async function faultsOfLog(volume: XfsVolume): Promise<DiskFault[]> {
  try {
    return await logFaults(volume);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    const why = `has a log that cannot be read (${error.message}); the newest changes may be missing`;
    return [{ kind: 'stale', where: '', why }];
  }
}

function readBlocks(volume: XfsVolume, node: XfsNode, offset: number, length: number): Promise<Uint8Array> {
  const content = {
    sizeBytes: node.sizeBytes,
    blockBytes: volume.superblock.blockBytes,
    map: (first: number, end: number) => mapXfsBlocks(volume, node, first, end),
    readAt: (block: number, skip: number, size: number) =>
      volume.source.read(blockOffset(volume, block) + skip, size),
  };
  return readContent(content, offset, length);
}

async function linkTarget(volume: XfsVolume, link: XfsNode): Promise<string> {
  insist(link.kind === 'symlink', 'is not a symbolic link');
  insist(link.sizeBytes <= linkBytesMax, `is a link of ${link.sizeBytes} bytes`);
  if (link.format === 'local') {
    insist(link.sizeBytes <= link.fork.length, 'is a link longer than its inode');
    return nameText(link.fork.subarray(0, link.sizeBytes));
  }
  if (volume.superblock.version === 4) return nameText(await readBlocks(volume, link, 0, link.sizeBytes));
  return nameText(await linkWithHeaders(volume, link));
}

// Since version 5 each run of blocks of a link's target begins with a header, which says how many bytes follow.
async function linkWithHeaders(volume: XfsVolume, link: XfsNode): Promise<Uint8Array> {
  const { blockBytes } = volume.superblock;
  const blocks = Math.ceil(link.sizeBytes / (blockBytes - linkHeaderBytes));
  const parts: Uint8Array[] = [];
  for (const { physical, count } of await mapXfsBlocks(volume, link, 0, blocks)) {
    const bytes = await volume.source.read(blockOffset(volume, physical ?? 0), count * blockBytes);
    insist(be32(bytes, 0) === linkMagic, 'a part of the link has no magic number');
    parts.push(bytes.subarray(linkHeaderBytes, linkHeaderBytes + be32(bytes, 8)));
  }
  const target = Buffer.concat(parts);
  insist(target.length >= link.sizeBytes, 'is a link of which a part is missing');
  return target.subarray(0, link.sizeBytes);
}

async function list(volume: XfsVolume, directory: XfsNode, visitor: DirectoryVisitor): Promise<void> {
  insist(directory.kind === 'directory', 'is not a directory');
  const { superblock } = volume;
  if (directory.format === 'local') {
    const fork = directory.fork.subarray(0, directory.sizeBytes);
    visitShortForm(fork, superblock, visitor);
    return;
  }
  const { blockBytes, directoryBlockBytes, blockCount } = superblock;
  const end = Math.min(directory.sizeBytes, namesBytesMax);
  insist(end <= blockCount * blockBytes, 'is a directory larger than its file system');
  const step = Math.max(directoryBlockBytes, directoryReadBytes);
  for (let at = 0; at < end; at += step) {
    const runs = await mapXfsBlocks(
      volume,
      directory,
      at / blockBytes,
      Math.ceil(Math.min(end, at + step) / blockBytes),
    );
    if (runs.length === 0) continue;
    const bytes = await readBlocks(volume, directory, at, step);
    for (let part = 0; part + directoryBlockBytes <= bytes.length; part += directoryBlockBytes) {
      const first = (at + part) / blockBytes;
      // A directory from which names were removed has holes, which hold none.
      const isThere = runs.some(
        (run) => run.logical < first + directoryBlockBytes / blockBytes && run.logical + run.count > first,
      );
      if (isThere && !visitGuarded(bytes.subarray(part, part + directoryBlockBytes), superblock, visitor))
        return;
    }
  }
}

// A broken block costs its own names, not those of the blocks behind it.
function visitGuarded(
  block: Uint8Array,
  format: { readonly version: 4 | 5; readonly hasTypes: boolean },
  visitor: DirectoryVisitor,
): boolean {
  try {
    return visitDataBlock(block, format, visitor);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    visitor.fault(error.message);
    return true;
  }
}
