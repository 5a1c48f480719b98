import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Finished reports, kept by everything that they were made from, so that asking again for what did not change costs
 * the start of the program. Nothing of the scan itself is loaded here.
 */
export type KeptReport = { readonly exitCode: number; readonly text: string };

const keptMax = 100;
const keptBytesMax = 512 * 2 ** 20;
const headBytesMax = 100;

/** The file of a report by what it depends on: any text that tells it from every other. */
export function reportFile(home: string, dependsOn: readonly string[]): string {
  const key = createHash('sha256')
    .update([codeFingerprint(), ...dependsOn].join('\0'))
    .digest('hex');
  return join(home, 'cache', 'reports', key);
}

/** The kept report, or null where there is none or it is damaged. */
export function readKept(file: string): KeptReport | null {
  try {
    const bytes = readFileSync(file);
    const end = bytes.subarray(0, headBytesMax).indexOf(10);
    const head = JSON.parse(bytes.toString('latin1', 0, end)) as { exitCode: number; sha256: string };
    const text = bytes.subarray(end + 1);
    if (createHash('sha256').update(text).digest('hex') !== head.sha256) return null;
    // What is asked for again is kept longest.
    utimesSync(file, new Date(), new Date());
    return { exitCode: head.exitCode, text: text.toString('utf8') };
  } catch {
    // Absent or damaged: the scan is made, which is always right.
    return null;
  }
}

/** Keeps a report, and lets go of those that nobody asked for lately. */
export function keepReport(file: string, { exitCode, text }: KeptReport): void {
  const sha256 = createHash('sha256').update(text).digest('hex');
  const temporary = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(temporary, `${JSON.stringify({ exitCode, sha256 })}\n${text}`);
  renameSync(temporary, file);
  pruneKept(dirname(file));
}

/** Lets go of the files of a directory that were not used lately. */
export function pruneKept(directory: string): void {
  const files = readdirSync(directory)
    .map((name) => join(directory, name))
    .map((path) => ({ path, ...sizeAndAge(path) }))
    .sort((a, b) => b.usedAt - a.usedAt);
  let bytes = 0;
  for (const [at, { path, size }] of files.entries()) {
    bytes += size;
    if (at >= keptMax || bytes > keptBytesMax) rmSync(path, { force: true });
  }
}

function sizeAndAge(path: string): { readonly size: number; readonly usedAt: number } {
  const file = statSync(path, { throwIfNoEntry: false });
  return { size: file?.size ?? 0, usedAt: file?.mtimeMs ?? 0 };
}

// Sources are run as they are: an edit must not be answered with what the code said before it.
function codeFingerprint(): string {
  const hash = createHash('sha256');
  const visit = (directory: string) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== 'testdata') visit(path);
      } else if (!entry.name.endsWith('.test.ts')) {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path} ${size} ${mtimeMs}\n`);
      }
    }
  };
  visit(join(import.meta.dirname, '..'));
  return hash.digest('hex');
}
