import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, gunzipSync } from 'node:zlib';
import { type BlockSource, bytesSource } from '../../src/lib/disk/block-source.ts';
import { crc32Lvm } from '../../src/lib/disk/checksums.ts';
import { DiskError } from '../../src/lib/disk/disk-error.ts';
import type { FileNode, FileSystem } from '../../src/lib/disk/file-system.ts';
import { openFileSystems } from '../../src/lib/disk/open.ts';
import { findVolumes } from '../../src/lib/disk/volumes.ts';
import { defaultLimits } from '../../src/lib/limits.ts';
import { readDisk } from '../../src/pipeline/collect/disk.ts';

/** What is fuzzed: the images to begin with, by name of the format. */
export const diskCorpora: Readonly<Record<string, readonly string[]>> = {
  ext: ['ext2.img', 'ext4.img', 'ext4-inline.img', 'ext4-clusters.img', 'ext4-journal.img'],
  xfs: ['xfs.img', 'xfs-1k.img', 'xfs-4.img'],
  partitions: ['mbr.img', 'gpt-lvm.img'],
  lvm: ['gpt-lvm.img'],
};

export type FuzzOutcome = {
  readonly failures: number;
  /** Runs in which the damage changed what was read or said: were they few, the dice would miss what matters. */
  readonly noticed: number;
  readonly slowestMilliseconds: number;
  readonly peakMegabytes: number;
};

export type FuzzOptions = {
  readonly runs: number;
  readonly seed: number;
  /** Is told of every failure: the image, the state of the dice before it, and what happened. */
  say(line: string): void;
};

const slowMilliseconds = 3000;
const memoryMegabytes = 1536;
const entriesMax = 3000;
const readBytesMax = 1 << 20;
const tailBytes = 5000;
const totalBytesMax = 32 << 20;
const skip = { paths: [], names: [], installedOnly: true };
const limits = { ...defaultLimits, scanSecondsMax: 20, treeEntriesMax: 200_000 };

/**
 * Reads `runs` damaged images of one format, whole, by the readers themselves and as a scan does. A failure is
 * anything thrown that is not a `DiskError`, a reading that takes longer than three seconds, and a process that grows
 * past 1.5 GiB. The same seed gives the same images.
 */
export async function fuzzDisks(format: string, { runs, seed, say }: FuzzOptions): Promise<FuzzOutcome> {
  const samples = (diskCorpora[format] ?? []).map((name) => sampleOf(name, format));
  await Promise.all(samples.map(learn));
  const dice = rollDice(seed);
  let failures = 0;
  let noticed = 0;
  let slowest = 0;
  let peak = 0;
  for (let run = 0; run < runs; run++) {
    const sample = samples[dice.below(samples.length)] as Sample;
    const state = dice.state();
    const undo = damage(sample, dice);
    const started = performance.now();
    try {
      if ((await readEverything(bytesSource(sample.bytes))) !== sample.clean) noticed++;
    } catch (error) {
      failures++;
      say(`${sample.name} at ${state}: ${error instanceof Error ? error.stack : error}`);
    }
    const took = performance.now() - started;
    slowest = Math.max(slowest, took);
    peak = Math.max(peak, process.memoryUsage.rss() / 2 ** 20);
    if (took > slowMilliseconds || peak > memoryMegabytes) {
      failures++;
      say(`${sample.name} at ${state}: took ${took.toFixed(0)} ms, ${peak.toFixed(0)} MiB`);
      if (peak > memoryMegabytes) break;
    }
    undo();
  }
  return { failures, noticed, slowestMilliseconds: slowest, peakMegabytes: peak };
}

type Sample = {
  readonly name: string;
  readonly format: string;
  readonly bytes: Buffer;
  /** Ranges that a clean reading touches: damage elsewhere changes nothing. */
  readonly touched: { offset: number; length: number }[];
  /** What reading it whole gives, in short. */
  clean: string;
};

function sampleOf(name: string, format: string): Sample {
  const path = join(import.meta.dirname, '../../src/lib/disk/testdata', `${name}.gz`);
  return { name, format, bytes: gunzipSync(readFileSync(path)), touched: [], clean: '' };
}

async function learn(sample: Sample): Promise<void> {
  const source = bytesSource(sample.bytes);
  const ends = { ext: 0, xfs: 0, partitions: 8192, lvm: 0 }[sample.format] ?? 0;
  const seen = new Set<string>();
  sample.clean = await readEverything({
    sizeBytes: source.sizeBytes,
    read(offset, length) {
      const key = `${offset} ${length}`;
      if (!seen.has(key) && length <= 65536) sample.touched.push({ offset, length });
      seen.add(key);
      return source.read(offset, length);
    },
  });
  if (sample.format === 'partitions') {
    const all = sample.touched.filter(
      ({ offset }) => offset < ends || offset >= sample.bytes.length - 20_480,
    );
    sample.touched.splice(
      0,
      sample.touched.length,
      ...all,
      { offset: 440, length: 72 },
      { offset: 4160 * 512 + 440, length: 72 },
    );
  }
  if (sample.format === 'lvm') {
    const area = 65536;
    sample.touched.splice(
      0,
      sample.touched.length,
      { offset: area + 512, length: 512 },
      { offset: area + 4096, length: 512 },
    );
    const text = sample.bytes.readUInt32LE(area + 4096 + 40);
    const length = sample.bytes.readUInt32LE(area + 4096 + 48);
    for (let part = 0; part < length; part += 128)
      sample.touched.push({ offset: area + 4096 + text + part, length: Math.min(128, length - part) });
  }
}

async function readEverything(source: BlockSource): Promise<string> {
  const heard: string[] = [];
  const { volumes } = await findVolumes(source);
  const { systems } = await openFileSystems(volumes);
  for (const { system } of systems) heard.push(await readSystem(system));
  const { files, problems, entryCount } = await readDisk(source, 'fuzz', skip, limits, () => {});
  // In memory nothing is unreadable: it would be an error that the readers did not foresee.
  const strange = problems.find(({ kind, why }) => kind === 'unreadable' && !why.includes('faults'));
  if (strange) throw new Error(`${strange.where}: ${strange.why}`);
  const late = problems.find(({ limit }) => limit === 'scanSecondsMax');
  if (late) throw new Error(late.why);
  heard.push(JSON.stringify([files, problems, entryCount]));
  return createHash('sha256').update(heard.join('\n')).digest('hex');
}

async function readSystem(system: FileSystem): Promise<string> {
  const hash = createHash('sha256');
  let entries = 0;
  let bytes = 0;
  const waiting: number[] = [system.rootInode];
  const seen = new Set<number>();
  while (waiting.length > 0 && entries < entriesMax && bytes < totalBytesMax) {
    const inode = waiting.pop() as number;
    if (seen.has(inode)) continue;
    seen.add(inode);
    try {
      const node = await system.node(inode);
      await readNode(node);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      hash.update(error.message);
    }
  }
  return hash.digest('hex');

  async function readNode(node: FileNode): Promise<void> {
    if (node.kind === 'directory')
      await system.list(node, {
        entry(name, child) {
          waiting.push(child);
          hash.update(name);
          return ++entries < entriesMax;
        },
        fault: (why) => hash.update(why),
      });
    else if (node.kind === 'symlink') hash.update(await system.linkTarget(node));
    else if (node.kind === 'file') {
      for (const offset of [0, Math.max(0, node.sizeBytes - tailBytes)]) {
        const content = await system.read(node, offset, offset === 0 ? readBytesMax : tailBytes);
        hash.update(content);
        bytes += content.length;
      }
    }
  }
}

type Dice = { below(limit: number): number; state(): number };

// A small linear congruential generator: repeatable, and good enough to choose bytes.
function rollDice(seed: number): Dice {
  let state = seed >>> 0;
  return {
    below(limit) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    },
    state: () => state,
  };
}

// Numbers at their edges in both byte orders, flipped bits, zeros, and pieces of other places; undone afterwards.
function damage(sample: Sample, dice: Dice): () => void {
  const { bytes, touched } = sample;
  const saved: { at: number; was: Buffer }[] = [];
  const write = (at: number, content: Uint8Array) => {
    const end = Math.min(bytes.length, at + content.length);
    saved.push({ at, was: Buffer.from(bytes.subarray(at, end)) });
    bytes.set(content.subarray(0, end - at), at);
  };
  const place = () => {
    const { offset, length } = touched[dice.below(touched.length)] as { offset: number; length: number };
    return offset + dice.below(length);
  };
  for (let count = 1 + dice.below(6); count > 0; count--) {
    const at = place();
    const kind = dice.below(7);
    if (kind === 0) write(at, Uint8Array.of(dice.below(256)));
    else if (kind === 1) write(at, Uint8Array.of((bytes[at] as number) ^ (1 << dice.below(8))));
    else if (kind === 2) write(at & ~3, edgeNumber(dice));
    else if (kind === 3) write(at & ~1, edgeNumber(dice).subarray(0, 2));
    else if (kind === 4) write(at, new Uint8Array(1 + dice.below(64)));
    else if (kind === 5) write(at, Buffer.from(bytes.subarray(place()).subarray(0, 1 + dice.below(64))));
    else write(at & ~511, Buffer.from(bytes.subarray(place() & ~511).subarray(0, 512)));
  }
  if (dice.below(8) > 0) repairChecksums(sample, write);
  return () => {
    for (const { at, was } of saved.reverse()) bytes.set(was, at);
  };
}

function edgeNumber(dice: Dice): Uint8Array {
  const number = Buffer.alloc(4);
  const value =
    [0, 1, 2, 0x7fffffff, 0xffffffff, 0x80000000, 0xffff, 0x10000, dice.below(70_000)][dice.below(9)] ?? 0;
  if (dice.below(2) === 0) number.writeUInt32LE(value);
  else number.writeUInt32BE(value);
  return number;
}

// Damage that a checksum gives away would never reach what is behind it.
function repairChecksums(
  { bytes, name, format }: Sample,
  write: (at: number, content: Uint8Array) => void,
): void {
  if (name !== 'gpt-lvm.img') return;
  if (format === 'partitions') {
    for (const header of [512, bytes.length - 512]) {
      const entries = Math.min(bytes.readUInt32LE(header + 72) * 512, bytes.length);
      const length = Math.min(bytes.readUInt32LE(header + 80) * bytes.readUInt32LE(header + 84), 4 << 20);
      write(header + 88, number32(crc32(bytes.subarray(entries, entries + length))));
      write(header + 16, new Uint8Array(4));
      const size = Math.min(512, bytes.readUInt32LE(header + 12));
      write(header + 16, number32(crc32(bytes.subarray(header, header + size))));
    }
    return;
  }
  const volume = 65536;
  const area = volume + 4096;
  write(volume + 512 + 16, number32(crc32Lvm(bytes.subarray(volume + 512 + 20, volume + 1024))));
  const text = area + Math.min(bytes.readUInt32LE(area + 40), 1 << 20);
  write(
    area + 56,
    number32(crc32Lvm(bytes.subarray(text, text + Math.min(bytes.readUInt32LE(area + 48), 1 << 20)))),
  );
  write(area, number32(crc32Lvm(bytes.subarray(area + 4, area + 512))));
}

function number32(value: number): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(value >>> 0);
  return number;
}
