import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Extraction } from '../../src/plugins/ecosystems/contract.ts';
import { extractors } from '../../src/plugins/ecosystems/registry.ts';

// What tests of real artefacts share: the tools that make them, and the extractors that read them.

/** Why a test cannot run here, or false where every tool that it needs is on the PATH. */
export function without(...tools: readonly string[]): string | false {
  const missing = tools.filter((tool) => spawnSync('which', [tool]).status !== 0);
  return missing.length === 0 ? false : `not on the PATH: ${missing.join(', ')}`;
}

/** Runs a tool to its end and answers what it printed; its errors fail the test with what it said. */
export function run(tool: string, args: readonly string[], options: RunOptions = {}): string {
  const done = spawnSync(tool, args, {
    cwd: options.cwd,
    env: { ...process.env, LC_ALL: 'C', ...options.env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.status !== 0)
    throw new Error(`${tool} ${args.join(' ')}: ${done.error?.message ?? done.stderr + done.stdout}`);
  return done.stdout;
}

type RunOptions = { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> };

/** An empty folder of the test's own; the system's temporary folder is emptied by the system. */
export function newFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `openinspector-${name}-`));
}

/** Writes text files below a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** What every extractor that wants the path makes of the bytes, as one extraction. */
export function readAs(path: string, bytes: Uint8Array): Extraction {
  const all = extractors
    .filter((extractor) => extractor.wants(path))
    .map((extractor) => extractor.extract({ path, bytes, companions: new Map(), os: null }));
  return {
    packages: all.flatMap(({ packages }) => packages),
    problems: all.flatMap(({ problems }) => problems),
    owned: all.flatMap(({ owned }) => owned ?? []),
  };
}

/** The same for a file of the disk. */
export function readFileAs(path: string, file: string): Extraction {
  return readAs(path, readFileSync(file));
}

/** `name version`, sorted. */
export function listed(extraction: Extraction): readonly string[] {
  return extraction.packages.map(({ name, version }) => `${name} ${version}`).sort();
}
