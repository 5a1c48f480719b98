import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parsePurl } from '../src/model/purl.ts';
import { feeds } from '../src/plugins/feeds/registry.ts';
import { readSbomBytes } from '../src/plugins/targets/sbom/read-sbom.ts';
import { sharedPath } from '../testkit/shared.ts';
import { sbomSamples } from './fuzz-documents-samples.ts';
import { feedSamples, feedWriter, readFeed } from './fuzz-feeds.ts';
import { type Dice, diceOf, mutate } from './fuzz-mutate.ts';

const slowMilliseconds = 2000;
const residentMegabytesMax = 1500;
const shownMax = 3;

type Reader = {
  readonly name: string;
  readonly samples: number;
  /** Reads one damaged document; throws when a promise is broken. */
  readonly once: (dice: Dice) => void | Promise<void>;
  readonly finish?: () => void;
};

/**
 * Hands damaged documents to the readers of SBOMs, one row for each format, and of feeds: `runs` of each. Counts as a
 * failure what throws, what takes longer than two seconds, and what breaks a promise that every reader makes; so does
 * memory past a bound. Returns the number of failures.
 */
export async function fuzzDocuments(runs: number, seed: number, prefix = ''): Promise<number> {
  console.log(`seed ${seed}, ${runs} inputs for each reader`);
  let failures = 0;
  for (const reader of [...sbomReaders(), ...(await feedReaders(prefix))]) {
    if (!reader.name.startsWith(prefix)) continue;
    failures += await fuzzReader(reader, runs, seed);
    reader.finish?.();
  }
  const resident = process.resourceUsage().maxRSS / 1024;
  console.log(`${failures} failures, peak memory ${resident.toFixed(0)} MB`);
  return failures + (resident > residentMegabytesMax ? 1 : 0);
}

async function fuzzReader(reader: Reader, runs: number, seed: number): Promise<number> {
  let failures = 0;
  let slowest = 0;
  const report = (text: string) => {
    if (++failures <= shownMax) console.log(`${reader.name}: ${text}`);
  };
  const started = performance.now();
  for (let run = 0; run < runs; run++) {
    const state = (seed + run * 7919) & 0x7fffffff;
    try {
      let took = await timed(reader, state);
      // Once more, since a machine that stood still looks like a slow reader.
      if (took > slowMilliseconds) took = await timed(reader, state);
      slowest = Math.max(slowest, took);
      if (took > slowMilliseconds) report(`seed ${state}: took ${took.toFixed(0)} ms`);
    } catch (error) {
      report(`seed ${state}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const outcome = failures === 0 ? 'ok' : `${failures} FAILED`;
  console.log(
    `${reader.name.padEnd(26)}${String(reader.samples).padStart(4)} samples ${String(runs).padStart(8)} inputs  slowest ${slowest.toFixed(0).padStart(5)} ms ${seconds.padStart(5)} s  ${outcome}`,
  );
  return failures;
}

async function timed(reader: Reader, state: number): Promise<number> {
  const before = performance.now();
  const reading = reader.once(diceOf(state));
  if (reading !== undefined) await reading;
  return performance.now() - before;
}

function sbomReaders(): readonly Reader[] {
  const root = sharedPath('fixtures/sbom');
  const files = root === null ? [] : filesBelow(root).map((path) => readFileSync(path));
  return [...sbomSamples(files)].map(([name, corpus]) => ({
    name: `sbom/${name}`,
    samples: corpus.length,
    once: (dice) => readOneSbom(mutate(corpus[dice(corpus.length)] as Buffer, corpus, dice)),
  }));
}

function filesBelow(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes('/files'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function readOneSbom(bytes: Buffer): void {
  const content = readSbomBytes(bytes, 'bom');
  const problems = 'kind' in content ? [content] : content.problems;
  for (const { where, why, limit, kind } of problems) {
    if (where === '' || why === '' || (limit !== null) !== (kind === 'limit'))
      throw new Error(`a problem without its facts: ${kind} ${where} ${why}`);
  }
  if ('kind' in content) return;
  for (const pkg of content.packages) {
    const isWhole = pkg.name !== '' && pkg.version !== '' && pkg.evidence.length > 0;
    if (!isWhole || parsePurl(pkg.purl) === null)
      throw new Error(`a package that is none: ${JSON.stringify(pkg).slice(0, 300)}`);
  }
  // What reaches a report must be text that every encoder takes.
  encodeURIComponent(JSON.stringify(content.packages));
  encodeURIComponent(content.packages.flatMap((pkg) => Object.values(pkg).flat()).join());
}

async function feedReaders(prefix: string): Promise<readonly Reader[]> {
  const folder = join(import.meta.dirname, '../src/plugins/feeds');
  const readers: Reader[] = [];
  for (const feed of feeds) {
    const name = `feeds/${feed.id}`;
    if (!name.startsWith(prefix)) continue;
    const samples = await feedSamples(feed, folder);
    if (samples.length === 0) throw new Error(`${name} has no file to begin with`);
    const corpus = samples.flatMap(({ members }) => members.map(({ bytes }) => bytes));
    const { write, finish } = feedWriter();
    readers.push({
      name,
      samples: samples.length,
      once: (dice) =>
        readFeed(feed, write(samples[dice(samples.length)] as (typeof samples)[0], corpus, dice)),
      finish,
    });
  }
  return readers;
}

// `node tools/fuzz-documents.ts [RUNS [PREFIX]]`; FUZZ_SEED repeats a run.
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const runs = Number(process.argv[2] ?? 10_000);
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
  process.exitCode = (await fuzzDocuments(runs, seed, process.argv[3])) === 0 ? 0 : 1;
}
