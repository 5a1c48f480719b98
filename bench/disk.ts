import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type BlockSource, fileSource } from '../src/lib/disk/block-source.ts';
import { defaultLimits } from '../src/lib/limits.ts';
import { readDisk } from '../src/pipeline/collect/disk.ts';
import type { Reading } from '../src/pipeline/collect/reading.ts';
import { readTree } from '../src/pipeline/collect/tree.ts';
import { measure, textTable, versionOf } from './measure.ts';

/**
 * Takes the inventory of a raw disk image, beside the kernel's view of the same tree where its directory is given,
 * and beside trivy where it is on the PATH.
 * usage: npm run bench -- disk IMAGE [DIRECTORY]
 * DIRECTORY is the root file system that is in the image, mounted or unpacked.
 */
const image = resolve(process.argv[2] ?? '');
const directory = process.argv[3] ?? null;
if (!process.argv[2] || !existsSync(image)) {
  process.stderr.write('usage: npm run bench -- disk IMAGE [DIRECTORY]\n');
  process.exit(2);
}
const rounds = 5;
const skip = { paths: ['proc', 'sys', 'dev'], names: [], installedOnly: true };
const packagesIn = ({ files }: Reading) => files.reduce((sum, file) => sum + file.packages.length, 0);

const counted = { readings: 0, bytes: 0 };
const ours = await best(async () => {
  counted.readings = 0;
  counted.bytes = 0;
  const source = fileSource(image);
  try {
    return await readDisk(counting(source), basename(image), skip, defaultLimits, () => {});
  } finally {
    source.close();
  }
});
const rows = [['what', 'seconds', 'packages', 'entries', 'ratio']];
rows.push(rowOf('this reader', ours, 1));
if (directory !== null) {
  const tree = await best(async () => readTree(resolve(directory), skip, defaultLimits, () => {}));
  rows.push(rowOf('the kernel, warm', tree, tree.seconds / ours.seconds));
}
if (versionOf('trivy') !== null) {
  const { seconds } = await measure('trivy', [
    'vm',
    image,
    '--format',
    'cyclonedx',
    '-q',
    '--skip-db-update',
  ]);
  rows.push(['trivy vm, whole command', seconds.toFixed(3), '', '', (seconds / ours.seconds).toFixed(1)]);
}
const percent = (100 * counted.bytes) / statSync(image).size;
process.stdout.write(`${textTable(rows)}\n`);
process.stdout.write(
  `${counted.readings} readings of the disk, ${(counted.bytes / 2 ** 20).toFixed(1)} MiB, ${percent.toFixed(1)} % of it\n`,
);

function counting(source: BlockSource): BlockSource {
  return {
    sizeBytes: source.sizeBytes,
    read(offset, length) {
      counted.readings++;
      counted.bytes += length;
      return source.read(offset, length);
    },
  };
}

async function best(run: () => Promise<Reading>): Promise<{ reading: Reading; seconds: number }> {
  let fastest = Number.POSITIVE_INFINITY;
  let reading = await run();
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    reading = await run();
    fastest = Math.min(fastest, (performance.now() - started) / 1000);
  }
  return { reading, seconds: fastest };
}

function rowOf(
  what: string,
  { reading, seconds }: { reading: Reading; seconds: number },
  ratio: number,
): string[] {
  return [
    what,
    seconds.toFixed(3),
    String(packagesIn(reading)),
    String(reading.entryCount),
    ratio.toFixed(2),
  ];
}
