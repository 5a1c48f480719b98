import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseFile, formatVersion, stateOfPlace, writeManifest } from './layout.ts';
import { currentFile } from './pointer.ts';

/** The name of a revision: a hash over the hashes of its buckets, its streams and its scores. 16 hex digits. */
export function revisionOf(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(`format ${formatVersion}`);
  for (const part of parts) hash.update(String(part.length)).update(part);
  return hash.digest('hex').slice(0, 16);
}

/**
 * Moves a finished database file into its revision's directory and points `current` at it, each whole or not at all.
 * `directory` is scratch on the same file system. Gives the revision's directory.
 */
export function publishRevision(
  outDirectory: string,
  built: { readonly directory: string; readonly path: string; readonly revision: string },
): string {
  flush(built.path);
  const place = join(outDirectory, built.revision);
  // The same content is there already, perhaps in use; it stays.
  if (stateOfPlace(place).kind !== 'whole') {
    const staged = join(built.directory, 'revision');
    mkdirSync(staged);
    renameSync(built.path, join(staged, databaseFile));
    writeManifest(staged);
    rmSync(place, { recursive: true, force: true });
    renameSync(staged, place);
  }
  const pointer = join(built.directory, currentFile);
  writeFileSync(pointer, `${built.revision}\n`);
  flush(pointer);
  renameSync(pointer, join(outDirectory, currentFile));
  return place;
}

function flush(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
