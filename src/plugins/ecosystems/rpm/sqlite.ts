import { type Problem, problem } from '../../../model/problem.ts';
import type { Extractor, ExtractorFile } from '../contract.ts';
import { type Blobs, databaseSizeMaxBytes, extractBlobs, isDatabase } from './extract.ts';
import { openSqlite, type SqliteFile } from './sqlite-file.ts';
import { readTable } from './sqlite-table.ts';

/**
 * The database since rpm 4.16: one table `Packages` with a number and a header in each row.
 * Source: https://github.com/rpm-software-management/rpm/blob/master/lib/backend/sqlite.c
 */
export const rpmSqlite = {
  id: 'rpm/sqlite',
  version: 1,
  sizeMaxBytes: databaseSizeMaxBytes,
  names: ['rpmdb.sqlite'],
  wants: (path) => isDatabase(path, 'rpmdb.sqlite'),
  companions: (path) => [`${path}-wal`],
  extract: (file) => extractBlobs(file, readSqlite),
} satisfies Extractor;

function readSqlite(file: ExtractorFile): Blobs {
  const database = openSqlite(file.bytes, file.companions.get(`${file.path}-wal`), file.path);
  if ('kind' in database) return { blobs: [], problems: [database] };
  const problems: Problem[] = [];
  const root = rootOf(database, file.path, problems);
  const blobs: Uint8Array[] = [];
  if (root === null) {
    problems.push(problem('malformed', file.path, 'The database has no table of packages.'));
    return { blobs, problems };
  }
  readTable(database, root, {
    row(values) {
      const blob = values[1];
      if (blob instanceof Uint8Array) blobs.push(blob);
    },
    damage: (page, why) => problems.push(problem('malformed', `${file.path}#page ${page}`, why)),
  });
  return { blobs, problems };
}

// The schema is a table too, on the first page: type, name, table, root page, statement.
function rootOf(database: SqliteFile, path: string, problems: Problem[]): number | null {
  const decoder = new TextDecoder('utf-8');
  let root: number | null = null;
  readTable(database, 1, {
    row([type, name, , page]) {
      if (!(type instanceof Uint8Array) || !(name instanceof Uint8Array) || typeof page !== 'number') return;
      if (decoder.decode(type) === 'table' && decoder.decode(name) === 'Packages') root = page;
    },
    damage: (page, why) => problems.push(problem('malformed', `${path}#page ${page}`, why)),
  });
  return root;
}
