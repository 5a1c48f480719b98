import { readdirSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import type { NetworkDocument } from './contract.ts';

/** Bounds on what is read from one directory. */
export const documentLimits = {
  documentsMax: 20_000,
  documentBytesMax: 256 * 2 ** 20,
  directoryBytesMax: 4 * 2 ** 30,
} as const;

export type ReadDocuments = {
  readonly documents: readonly NetworkDocument[];
  readonly problems: readonly Problem[];
};

/**
 * The JSON files of a directory, parsed; folders in it are not entered. A file that is none, or too large, is a
 * problem. Rejects when the directory itself cannot be listed.
 */
export async function readDocuments(directory: string): Promise<ReadDocuments> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error) => {
    throw new Error(`cannot read ${directory}: ${reasonOf(error)}`);
  });
  const names = entries
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.json'))
    .map(({ name }) => name)
    .sort();
  const documents: NetworkDocument[] = [];
  const problems: Problem[] = [];
  if (names.length > documentLimits.documentsMax) {
    const why = `only the first ${documentLimits.documentsMax} of ${names.length} documents are read`;
    problems.push(problem('limit', directory, why, 'documentsMax'));
  }
  let left: number = documentLimits.directoryBytesMax;
  for (const name of names.slice(0, documentLimits.documentsMax)) {
    const read = await readDocument(join(directory, name), left);
    if ('problem' in read) problems.push({ ...read.problem, where: name });
    else {
      documents.push({ name, content: read.content });
      left -= read.sizeBytes;
    }
  }
  return { documents, problems };
}

/** Paths of the documents of a directory, for watching them; none where it cannot be listed. */
export function documentPaths(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json'))
      .slice(0, documentLimits.documentsMax)
      .map((name) => join(directory, name));
  } catch {
    // A directory that is not there now may come to be: it is watched itself.
    return [];
  }
}

async function readDocument(
  path: string,
  bytesLeft: number,
): Promise<{ readonly content: unknown; readonly sizeBytes: number } | { readonly problem: Problem }> {
  // Opening a pipe would wait for somebody to write: only regular files are opened.
  const facts = await stat(path).catch((error) => problem('unreadable', path, reasonOf(error)));
  if ('kind' in facts) return { problem: facts };
  if (!facts.isFile()) return { problem: problem('unreadable', path, 'is not a regular file') };
  const [limit, max] =
    bytesLeft < documentLimits.documentBytesMax
      ? (['directoryBytesMax', bytesLeft] as const)
      : (['documentBytesMax', documentLimits.documentBytesMax] as const);
  if (facts.size > max)
    return { problem: problem('limit', path, `is ${facts.size} bytes; ${max} may be read`, limit) };
  try {
    return { content: JSON.parse(await readFile(path, 'utf8')), sizeBytes: facts.size };
  } catch (error) {
    return { problem: problem('malformed', path, `is not JSON: ${reasonOf(error)}`) };
  }
}
