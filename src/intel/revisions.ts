import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { databaseFile } from './layout.ts';
import { isRevision } from './pointer.ts';

/** The revisions that an intelligence directory holds, newest first. */
export function listRevisions(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => isRevision(name) && existsSync(join(directory, name, databaseFile)))
    .sort((a, b) => builtAt(directory, b) - builtAt(directory, a));
}

function builtAt(directory: string, name: string): number {
  return statSync(join(directory, name, databaseFile), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
