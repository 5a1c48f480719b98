import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import type { VexStatement } from './contract.ts';
import { vexLimits } from './reading.ts';
import { vexFormats } from './registry.ts';

/** Bounds on what is read from files. */
export const vexFileLimits = {
  filesMax: 20_000,
  depthMax: 16,
  fileBytesMax: 256 * 2 ** 20,
  bytesMax: 2 * 2 ** 30,
} as const;

export type VexDocuments = {
  readonly statements: readonly VexStatement[];
  readonly problems: readonly Problem[];
};

/**
 * What the VEX documents at some paths say, in the order of the paths: a file, or a directory whose `.json` files are
 * read with those of the directories in it. Links are not followed below a path that was named. What is no VEX
 * document is a problem, and so is a path that cannot be read; it never rejects.
 */
export async function readVexDocuments(paths: readonly string[]): Promise<VexDocuments> {
  const problems: Problem[] = [];
  const files: string[] = [];
  for (const path of paths) await listFiles(path, 0, files, problems);
  const statements: VexStatement[] = [];
  let bytesLeft: number = vexFileLimits.bytesMax;
  for (const file of files) {
    const read = await readDocument(file, bytesLeft);
    if ('kind' in read) {
      problems.push(read);
      continue;
    }
    bytesLeft -= read.size;
    takeStatements(file, read.content, statements, problems);
  }
  return { statements, problems };
}

async function listFiles(path: string, depth: number, files: string[], problems: Problem[]): Promise<void> {
  const facts = await stat(path).catch((error) => problem('unreadable', path, reasonOf(error)));
  if ('kind' in facts) problems.push(facts);
  else if (!facts.isDirectory()) takeFile(path, files, problems);
  else if (depth > vexFileLimits.depthMax)
    problems.push(problem('limit', path, 'is nested too deep', 'depthMax'));
  else {
    const entries = await readdir(path, { withFileTypes: true }).catch((error) => {
      problems.push(problem('unreadable', path, reasonOf(error)));
      return [];
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) await listFiles(inner, depth + 1, files, problems);
      else if (entry.isFile() && entry.name.endsWith('.json')) takeFile(inner, files, problems);
    }
  }
}

function takeFile(path: string, files: string[], problems: Problem[]): void {
  if (files.length < vexFileLimits.filesMax) files.push(path);
  else if (!problems.some(({ limit }) => limit === 'filesMax'))
    problems.push(problem('limit', path, 'this and later VEX documents are not read', 'filesMax'));
}

async function readDocument(
  path: string,
  bytesLeft: number,
): Promise<{ readonly content: unknown; readonly size: number } | Problem> {
  try {
    const facts = await stat(path);
    // Opening a pipe would wait for somebody to write.
    if (!facts.isFile()) return problem('unreadable', path, 'is not a regular file');
    if (facts.size > Math.min(vexFileLimits.fileBytesMax, bytesLeft)) {
      const limit = facts.size > vexFileLimits.fileBytesMax ? 'fileBytesMax' : 'bytesMax';
      return problem('limit', path, `is ${facts.size} bytes, which is too large`, limit);
    }
    const text = await readFile(path, 'utf8');
    return { content: JSON.parse(text.replace(/^\uFEFF/, '')), size: facts.size };
  } catch (error) {
    const kind = error instanceof SyntaxError ? 'malformed' : 'unreadable';
    return problem(
      kind,
      path,
      error instanceof SyntaxError ? `not JSON: ${reasonOf(error)}` : reasonOf(error),
    );
  }
}

function takeStatements(
  file: string,
  content: unknown,
  statements: VexStatement[],
  problems: Problem[],
): void {
  const format = vexFormats.find((item) => item.recognises(content));
  if (format === undefined) {
    const known = vexFormats.map(({ title }) => title).join(', ');
    problems.push(problem('unsupported', file, `is no VEX document that is read here (${known})`));
    return;
  }
  const before = statements.length;
  for (const item of format.read(content, file)) {
    if (!('status' in item)) problems.push(item);
    else if (statements.length < vexLimits.statementsMax) statements.push(item);
    else {
      problems.push(problem('limit', file, 'this and later VEX statements are not read', 'statementsMax'));
      return;
    }
  }
  if (statements.length === before && !problems.some(({ where }) => where.startsWith(file)))
    problems.push(problem('not-assessed', file, `this ${format.title} document states nothing`));
}
