import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stillStands, type TreeWitness } from '../pipeline/collect/tree-witness.ts';
import { pruneKept } from './kept-report.ts';

/** Keeps what the reading of a tree rests on, so that the next scan can tell whether anything changed. */
export function keepTree(home: string, witness: TreeWitness): void {
  const file = fileOf(home, witness.root);
  const temporary = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(temporary, JSON.stringify(witness));
  renameSync(temporary, file);
  pruneKept(dirname(file));
}

/**
 * What tells the state of the tree at `root` (an absolute path without links) from every other, or null when none is
 * kept or anything changed since.
 */
export function readTreeIdentity(home: string, root: string): string | null {
  try {
    const file = fileOf(home, root);
    const text = readFileSync(file, 'utf8');
    const witness = JSON.parse(text) as TreeWitness;
    if (witness.root !== root || !stillStands(witness)) return null;
    utimesSync(file, new Date(), new Date());
    return createHash('sha256').update(text).digest('hex');
  } catch {
    // Absent or damaged: the tree is read, which is always right.
    return null;
  }
}

function fileOf(home: string, root: string): string {
  return join(home, 'cache', 'trees', createHash('sha256').update(root).digest('hex'));
}
