import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file beside the revisions that names the current one. */
export const currentFile = 'current';

/** The name of the current revision of an intelligence directory, or null when there is none. */
export function currentRevision(directory: string): string | null {
  try {
    const revision = readFileSync(join(directory, currentFile), 'utf8').trim();
    return isRevision(revision) ? revision : null;
  } catch {
    return null;
  }
}

export function isRevision(name: string): boolean {
  return /^[0-9a-f]{16}$/.test(name);
}
