import { existsSync, rmSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseFile } from './layout.ts';
import { currentRevision, isRevision } from './pointer.ts';

/** Revisions that are kept unless told otherwise. */
export const revisionsKept = 3;

// A build of another process may still be at work; what is older than this was left by one that died.
const abandonedAfterMilliseconds = 24 * 3_600_000;

/**
 * Deletes all but the newest revisions of an intelligence directory, and what builds that died have left. The current
 * revision always stays. Readers that have a deleted revision open keep it until they close it. Gives the names of
 * the revisions that went.
 */
export async function pruneRevisions(
  directory: string,
  options: { readonly keep?: number; readonly now?: Date } = {},
): Promise<readonly string[]> {
  const { keep = revisionsKept, now = new Date() } = options;
  const current = currentRevision(directory);
  const names = existsSync(directory) ? await readdir(directory) : [];
  const revisions = names
    .filter((name) => isRevision(name) && name !== current)
    .map((name) => ({ name, builtAt: builtAt(join(directory, name)) }))
    .sort((left, right) => right.builtAt - left.builtAt);
  const others = Math.max(keep - (current === null ? 0 : 1), 0);
  const gone = revisions.slice(others).map(({ name }) => name);
  for (const name of gone) rmSync(join(directory, name), { recursive: true, force: true });
  for (const name of names.filter((entry) => entry.startsWith('.build-'))) {
    const path = join(directory, name);
    const age = now.getTime() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > abandonedAfterMilliseconds) rmSync(path, { recursive: true, force: true });
  }
  return gone;
}

function builtAt(directory: string): number {
  return statSync(join(directory, databaseFile), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
