import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Extractor } from '../src/plugins/ecosystems/contract.ts';
import { extractors } from '../src/plugins/ecosystems/registry.ts';
import { diskCorpora, fuzzDisks } from '../test/disk/fuzz.ts';
import { sharedPath } from '../testkit/shared.ts';
import { fuzzDocuments } from './fuzz-documents.ts';

/**
 * `npm run fuzz [-- RUNS [PREFIX]]`: hands mutated files to every extractor, and damaged images to the readers of
 * disks, and reports what throws or takes long.
 * The corpus is the project's own test data and, where it is there, the bundle of real files. The seed is printed, so
 * that a run can be repeated with FUZZ_SEED.
 */
const runs = Number(process.argv[2] ?? 10_000);
const prefix = process.argv[3] ?? '';
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
// Where package databases lie, for samples that are kept without their folders.
const databaseFolders = [
  'var/lib/rpm',
  'usr/lib/sysimage/rpm',
  'var/lib/dpkg',
  'var/lib/dpkg/status.d',
  'lib/apk/db',
];
const slowMilliseconds = 2000;
const fileBytesMax = 2 * 1024 * 1024;
const filesPerExtractor = 60;

let state = seed;
// A small linear congruential generator: repeatable, and good enough to choose bytes.
const random = (below: number) => {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return state % below;
};

const roots = [
  join(import.meta.dirname, '../src/plugins/ecosystems'),
  sharedPath('fixtures', 'pkgdb'),
  sharedPath('fixtures', 'lockfiles'),
];
const files = roots.flatMap((root) =>
  root === null ? [] : filesUnder(root).map((path) => ({ path, name: relative(root, path) })),
);
const rows: string[] = [];
let failures = 0;
process.stdout.write(
  `seed ${seed}, ${runs} inputs for each extractor, ${files.length} files to choose from\n`,
);
for (const extractor of extractors) {
  if (!extractor.id.startsWith(prefix)) continue;
  const corpus = corpusOf(extractor);
  if (corpus.length === 0) {
    rows.push(`${extractor.id.padEnd(34)} no file to begin with`);
    process.stdout.write(`${rows.at(-1)}\n`);
    continue;
  }
  const outcome = fuzz(extractor, corpus);
  failures += outcome.failures;
  rows.push(
    `${extractor.id.padEnd(34)} ${String(corpus.length).padStart(3)} files  slowest ${outcome.slowest.toFixed(0).padStart(5)} ms  ${outcome.failures === 0 ? 'ok' : `${outcome.failures} FAILED`}`,
  );
  process.stdout.write(`${rows.at(-1)}\n`);
}
for (const format of Object.keys(diskCorpora)) {
  const name = `disk/${format}`;
  if (!name.startsWith(prefix)) continue;
  const outcome = await fuzzDisks(format, { runs, seed, say: (line) => process.stdout.write(`${line}\n`) });
  failures += outcome.failures;
  rows.push(
    `${name.padEnd(34)} ${String(diskCorpora[format]?.length).padStart(3)} images slowest ${outcome.slowestMilliseconds.toFixed(0).padStart(5)} ms  ${outcome.failures === 0 ? 'ok' : `${outcome.failures} FAILED`}`,
  );
  process.stdout.write(`${rows.at(-1)}\n`);
}
failures += await fuzzDocuments(runs, seed, prefix);
const resident = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${rows.length} readers, ${failures} failures, peak memory ${resident.toFixed(0)} MB\n`);
process.exitCode = failures === 0 ? 0 : 1;

type Sample = { readonly path: string; readonly bytes: Buffer };

function fuzz(extractor: Extractor, corpus: readonly Sample[]): { failures: number; slowest: number } {
  let failed = 0;
  let slowest = 0;
  for (let run = 0; run < runs; run++) {
    const sample = corpus[random(corpus.length)] as Sample;
    const bytes = mutate(sample.bytes, corpus);
    const before = state;
    const started = performance.now();
    try {
      extractor.extract({ path: sample.path, bytes, companions: new Map(), os: null });
    } catch (error) {
      failed++;
      if (failed <= 3) process.stdout.write(`${extractor.id}: ${sample.path} at state ${before}: ${error}\n`);
    }
    const took = performance.now() - started;
    slowest = Math.max(slowest, took);
    if (took > slowMilliseconds) {
      failed++;
      process.stdout.write(`${extractor.id}: ${sample.path} at state ${before} took ${took.toFixed(0)} ms\n`);
    }
  }
  return { failures: failed, slowest };
}

// Flipped bytes, cut ends, doubled parts, numbers at their edges, and parts of other files of the same format.
function mutate(original: Buffer, corpus: readonly Sample[]): Buffer {
  let bytes = Buffer.from(original);
  for (let count = 1 + random(6); count > 0 && bytes.length > 0; count--) {
    const at = random(bytes.length);
    const kind = random(7);
    if (kind === 0) bytes[at] = random(256);
    else if (kind === 1) bytes = bytes.subarray(0, at);
    else if (kind === 2)
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(at + 1), at), bytes.subarray(at)]);
    else if (kind === 3 && bytes.length >= at + 4)
      bytes.writeUInt32LE([0, 1, 0x7fffffff, 0xffffffff, 0x80000000][random(5)] ?? 0, at);
    else if (kind === 4) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(16))]);
    else if (kind === 5)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(random(64), bytes[at]), bytes.subarray(at)]);
    else {
      const other = (corpus[random(corpus.length)] as Sample).bytes;
      const from = random(Math.max(1, other.length));
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        other.subarray(from, from + random(256)),
        bytes.subarray(at),
      ]);
    }
    if (bytes.length > 2 * fileBytesMax) bytes = bytes.subarray(0, fileBytesMax);
  }
  return bytes;
}

function corpusOf(extractor: Extractor): Sample[] {
  const found: Sample[] = [];
  for (const { path, name } of files) {
    if (found.length >= filesPerExtractor) break;
    // A file's path in the tree decides; golden cases keep it below their case's folder.
    const parts = name.replace(/\.b64$/, '').split('/');
    const tails = parts.map((_, index) => parts.slice(index).join('/'));
    const placed = databaseFolders.map((folder) => `${folder}/${parts.at(-1)}`);
    const wanted = [...tails, ...placed].find((tail) => extractor.wants(tail));
    if (wanted) found.push({ path: wanted, bytes: readSample(path) });
  }
  return found;
}

// Golden cases keep bytes that are no text as text.
function readSample(path: string): Buffer {
  const bytes = readFileSync(path);
  return path.endsWith('.b64') ? Buffer.from(bytes.toString('latin1'), 'base64') : bytes;
}

function filesUnder(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => join(root, name))
    .filter((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat?.isFile() === true && stat.size > 0 && stat.size <= fileBytesMax;
    })
    .sort();
}
