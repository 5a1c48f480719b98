import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { fields, numberOf } from '../lib/fields.ts';

/** Raised when what is written changes its form. A reader refuses what is newer than itself. */
export const formatVersion = 1;

/** The database file inside a revision's directory. */
export const databaseFile = 'intelligence.mdb';

/** The file beside the database that says what it must be like; written last. */
export const manifestFile = 'revision.json';

/**
 * The tables of a revision. All values are bytes.
 * `statements`: key text → encoded groups. `vulnerabilities`: display id → encoded vulnerability. `aliases`: other id →
 * display id. `keys`: display id → list of key texts. `streams`: stream → coverage. `epss`: block → scores.
 * `hashes`: `k` or `v` and bucket → sorted list of key or id and hash. `meta`: what else there is.
 */
export type Tables = {
  readonly root: RootDatabase<Buffer, string>;
  readonly statements: Database<Buffer, string>;
  readonly vulnerabilities: Database<Buffer, string>;
  readonly aliases: Database<Buffer, string>;
  readonly keys: Database<Buffer, string>;
  readonly streams: Database<Buffer, string>;
  readonly epss: Database<Buffer, string>;
  readonly hashes: Database<Buffer, string>;
  readonly meta: Database<Buffer, string>;
};

// Address space, not disk: the file grows as it is filled.
const mapBytes = 32 * 1024 ** 3;

/** Opens the tables of a database file. Throws when it cannot be opened. */
export function openTables(path: string, options: { readonly readOnly: boolean }): Tables {
  const root = open<Buffer, string>({
    path,
    noSubdir: true,
    maxDbs: 16,
    mapSize: mapBytes,
    encoding: 'binary',
    compression: true,
    // A file that is being built is worth nothing until it is whole; it is flushed once, at the end.
    noSync: !options.readOnly,
    overlappingSync: false,
    readOnly: options.readOnly,
  });
  const table = (name: string) =>
    root.openDB<Buffer, string>({ name, encoding: 'binary', compression: true });
  return {
    root,
    statements: table('statements'),
    vulnerabilities: table('vulnerabilities'),
    aliases: table('aliases'),
    keys: table('keys'),
    streams: table('streams'),
    epss: table('epss'),
    hashes: table('hashes'),
    meta: table('meta'),
  };
}

/** Says what a finished database is like, so that a reader can tell a damaged one before it maps it into memory. */
export function writeManifest(place: string): void {
  const { size } = statSync(join(place, databaseFile));
  writeFileSync(join(place, manifestFile), `${JSON.stringify({ format: formatVersion, size })}\n`);
}

/**
 * Whether the database in a directory can be opened. A file that was cut would end the process, not throw, when a
 * missing page is read: that is why its size is compared first.
 */
export function stateOfPlace(
  place: string,
): { readonly kind: 'whole' | 'damaged' } | { readonly kind: 'newer'; readonly format: number } {
  try {
    const manifest = fields(JSON.parse(readFileSync(join(place, manifestFile), 'utf8')));
    const format = numberOf(manifest.format);
    if (format !== null && format > formatVersion) return { kind: 'newer', format };
    const isWhole = format === formatVersion && statSync(join(place, databaseFile)).size === manifest.size;
    return { kind: isWhole ? 'whole' : 'damaged' };
  } catch {
    return { kind: 'damaged' };
  }
}
