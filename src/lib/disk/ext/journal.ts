import { type BlockSource, lastAtMost } from '../block-source.ts';
import { crc32cRaw } from '../checksums.ts';
import { DiskError, type DiskFault, insist } from '../disk-error.ts';
import type { BlockRun } from '../file-system.ts';
import { be16, be32, u8 } from '../integers.ts';
import { mapExtBlocks } from './block-map.ts';
import { readExtNode } from './inode.ts';
import type { ExtVolume } from './layout.ts';
import { type KeptBlock, overlaySource } from './overlay.ts';

/**
 * The journal of ext3 and ext4 (JBD2), played back into an overlay.
 * Source: https://www.kernel.org/doc/html/latest/filesystems/ext4/journal.html
 */
export type Replay = {
  /** The file system as a mount would show it, or null where there was nothing to play back. */
  readonly source: BlockSource | null;
  readonly faults: readonly DiskFault[];
};

const magic = 0xc03b3998;
const kind = { descriptor: 1, commit: 2, superblockOld: 3, superblock: 4, revoke: 5 };
const feature = { revoke: 1, is64Bit: 2, asyncCommit: 4, checksums2: 8, checksums3: 16, fastCommit: 32 };
const featuresKnown = 63;
const tagFlag = { escaped: 1, sameUuid: 2, deleted: 4, last: 8 };
const headerBytes = 12;
// Twice what mke2fs makes at most, in blocks of 1 KiB; it bounds the memory that a log can take.
const blocksMax = 1 << 21;

type Journal = {
  readonly volume: ExtVolume;
  readonly runs: readonly BlockRun[];
  readonly starts: readonly number[];
  readonly first: number;
  /** The log goes round before this block; what lies behind are fast commits. */
  readonly end: number;
  readonly startBlock: number;
  readonly startSequence: number;
  readonly features: number;
  readonly checksumSeed: number;
};

type Tag = { readonly block: number; readonly flags: number; readonly checksum: number };

/** Reads the journal; what keeps it from being played back is a fault, since the rest can be read without. */
export async function replayJournal(volume: ExtVolume): Promise<Replay> {
  try {
    return await replay(await openJournal(volume));
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    const why = `was not unmounted cleanly and its journal cannot be played back (${error.message}); the newest changes may be missing`;
    return { source: null, faults: [{ kind: 'stale', where: '', why }] };
  }
}

async function openJournal(volume: ExtVolume): Promise<Journal> {
  const { superblock } = volume;
  if (!superblock.hasJournal) throw new DiskError('malformed', 'it has none');
  if (superblock.journalInode === null) throw new DiskError('unsupported', 'it lies on another device');
  const node = await readExtNode(volume, superblock.journalInode);
  insist(node.kind === 'file', 'its inode is not a file');
  const blocks = Math.min(blocksMax, Math.floor(node.sizeBytes / superblock.blockBytes));
  const runs = await mapExtBlocks(volume, node, 0, blocks);
  const partial = { volume, runs, starts: runs.map(({ logical }) => logical) };
  const head = await readLogBlock(partial, 0);
  const type = be32(head, 4);
  insist(
    be32(head, 0) === magic && (type === kind.superblock || type === kind.superblockOld),
    'no superblock',
  );
  const features = type === kind.superblock ? be32(head, 0x28) : 0;
  const unknown = features & ~featuresKnown;
  if (unknown) throw new DiskError('unsupported', `unknown feature 0x${(unknown >>> 0).toString(16)}`);
  insist(be32(head, 12) === superblock.blockBytes, 'its blocks are of another size');
  const length = be32(head, 16);
  const fastBlocks = features & feature.fastCommit ? be32(head, 0x54) || 256 : 0;
  const first = be32(head, 20);
  insist(first >= 1 && first < length - fastBlocks && length <= blocks, 'its bounds are wrong');
  return {
    ...partial,
    first,
    end: length - fastBlocks,
    startSequence: be32(head, 24),
    startBlock: be32(head, 28),
    features,
    checksumSeed: crc32cRaw(0xffffffff, head.subarray(0x30, 0x40)),
  };
}

async function replay(journal: Journal): Promise<Replay> {
  if (journal.startBlock === 0) return { source: null, faults: await fastCommitFaults(journal, null) };
  insist(journal.startBlock >= journal.first && journal.startBlock < journal.end, 'it begins outside itself');
  const faults: DiskFault[] = [];
  const log = await scan(journal);
  const kept = new Map<number, KeptBlock>();
  for (const write of log.writes) {
    const revokedAt = log.revoked.get(write.tag.block);
    if (revokedAt !== undefined && isAtLeast(revokedAt, write.sequence)) continue;
    if (write.tag.flags & tagFlag.deleted) continue;
    const block = await keptBlock(journal, write);
    if (block) kept.set(write.tag.block, block);
    else faults.push(wrongChecksum(write.tag.block));
  }
  faults.push(...(await fastCommitFaults(journal, log.nextSequence)));
  const { source, superblock } = journal.volume;
  return { source: overlaySource(source, superblock.blockBytes, kept), faults };
}

type Write = { readonly tag: Tag; readonly sequence: number; readonly at: number };
type Log = {
  readonly writes: readonly Write[];
  /** Block to the last transaction that took it back: what earlier ones wrote there does not count. */
  readonly revoked: ReadonlyMap<number, number>;
  readonly nextSequence: number;
};

// Whole transactions only: what has no commit block never happened.
async function scan(journal: Journal): Promise<Log> {
  const writes: Write[] = [];
  const revoked = new Map<number, number>();
  let pendingWrites: Write[] = [];
  let pendingRevokes: number[] = [];
  let sequence = journal.startSequence;
  let at = journal.startBlock;
  const step = (count: number) => {
    at += count;
    if (at >= journal.end) at = journal.first + (at - journal.end);
  };
  const total = journal.end - journal.first;
  for (let passed = 0; passed < total; ) {
    const block = await readLogBlock(journal, at);
    if (be32(block, 0) !== magic || be32(block, 8) !== sequence) break;
    const type = be32(block, 4);
    step(1);
    passed++;
    if (type === kind.descriptor) {
      if (!hasRightTail(journal, block)) break;
      for (const tag of tagsIn(journal, block)) {
        pendingWrites.push({ tag, sequence, at });
        step(1);
        passed++;
      }
    } else if (type === kind.revoke) {
      if (!hasRightTail(journal, block)) break;
      pendingRevokes.push(...revokesIn(journal, block));
    } else if (type === kind.commit) {
      if (!isCommit(journal, block)) break;
      for (const write of pendingWrites) writes.push(write);
      for (const item of pendingRevokes) revoked.set(item, sequence);
      pendingWrites = [];
      pendingRevokes = [];
      sequence = (sequence + 1) >>> 0;
    } else break;
  }
  return { writes, revoked, nextSequence: sequence };
}

function tagBytes({ features }: Journal): number {
  if (features & feature.checksums3) return 16;
  return 8 + (features & feature.is64Bit ? 4 : 0) + (features & feature.checksums2 ? 2 : 0);
}

function tagsIn(journal: Journal, block: Uint8Array): Tag[] {
  const size = tagBytes(journal);
  const isNew = (journal.features & feature.checksums3) !== 0;
  const end = block.length - (hasChecksums(journal) ? 4 : 0);
  const tags: Tag[] = [];
  for (let at = headerBytes; at + size <= end; ) {
    const flags = isNew ? be32(block, at + 4) : be16(block, at + 6);
    const high = journal.features & feature.is64Bit ? be32(block, at + 8) : 0;
    const checksum = isNew ? be32(block, at + 12) : be16(block, at + 4);
    const number = be32(block, at) + high * 2 ** 32;
    insist(number < journal.volume.superblock.blockCount, 'it writes outside the file system');
    tags.push({ block: number, flags, checksum });
    at += size + (flags & tagFlag.sameUuid ? 0 : 16);
    if (flags & tagFlag.last) break;
  }
  return tags;
}

function revokesIn(journal: Journal, block: Uint8Array): number[] {
  const size = journal.features & feature.is64Bit ? 8 : 4;
  const end = be32(block, headerBytes);
  insist(end <= block.length, 'a block of revocations is longer than itself');
  const found: number[] = [];
  for (let at = headerBytes + 4; at + size <= end; at += size)
    found.push(size === 8 ? be32(block, at) * 2 ** 32 + be32(block, at + 4) : be32(block, at));
  return found;
}

function hasChecksums({ features }: Journal): boolean {
  return (features & (feature.checksums2 | feature.checksums3)) !== 0;
}

function hasRightTail(journal: Journal, block: Uint8Array): boolean {
  if (!hasChecksums(journal)) return true;
  const at = block.length - 4;
  return checksumWithout(journal, block, at) === be32(block, at);
}

function isCommit(journal: Journal, block: Uint8Array): boolean {
  return !hasChecksums(journal) || checksumWithout(journal, block, 16) === be32(block, 16);
}

// The field of a checksum counts as zeros in it.
function checksumWithout({ checksumSeed }: Journal, block: Uint8Array, at: number): number {
  let crc = crc32cRaw(checksumSeed, block.subarray(0, at));
  crc = crc32cRaw(crc, new Uint8Array(4));
  return crc32cRaw(crc, block.subarray(at + 4));
}

async function keptBlock(journal: Journal, write: Write): Promise<KeptBlock | null> {
  const { volume, features } = journal;
  if (hasChecksums(journal)) {
    const sequence = new Uint8Array(4);
    new DataView(sequence.buffer).setUint32(0, write.sequence);
    const crc = crc32cRaw(crc32cRaw(journal.checksumSeed, sequence), await readLogBlock(journal, write.at));
    const stored = features & feature.checksums3 ? crc : crc & 0xffff;
    if (stored !== write.tag.checksum) return null;
  }
  const isEscaped = (write.tag.flags & tagFlag.escaped) !== 0;
  return { offset: logBlock(journal, write.at) * volume.superblock.blockBytes, isEscaped };
}

function wrongChecksum(block: number): DiskFault {
  const why = `the journal's copy of block ${block} has a wrong checksum and was not played back`;
  return { kind: 'malformed', where: '', why };
}

// Sequences go round after 2^32: later is what is less than half the circle ahead.
function isAtLeast(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}

const fastCommitHead = 9;

// Fast commits name changes instead of holding blocks. A head tag with the next sequence means that there are some.
async function fastCommitFaults(journal: Journal, nextSequence: number | null): Promise<DiskFault[]> {
  if (!(journal.features & feature.fastCommit)) return [];
  const block = await readLogBlock(journal, journal.end);
  const tag = u8(block, 0) | (u8(block, 1) << 8);
  const sequence = new DataView(block.buffer, block.byteOffset).getUint32(8, true);
  if (tag !== fastCommitHead || sequence !== (nextSequence ?? journal.startSequence)) return [];
  const why =
    'was not unmounted cleanly, and fast commits are not played back; the newest changes may be missing';
  return [{ kind: 'stale', where: '', why }];
}

type LogBlocks = Pick<Journal, 'volume' | 'runs' | 'starts'>;

function logBlock({ runs, starts }: LogBlocks, index: number): number {
  const run = runs[lastAtMost(starts, index)];
  insist(
    run !== undefined && run.physical !== null && index < run.logical + run.count,
    `block ${index} of it is missing`,
  );
  return run.physical + index - run.logical;
}

function readLogBlock(journal: LogBlocks, index: number): Uint8Array | Promise<Uint8Array> {
  const { blockBytes } = journal.volume.superblock;
  return journal.volume.source.read(logBlock(journal, index) * blockBytes, blockBytes);
}
