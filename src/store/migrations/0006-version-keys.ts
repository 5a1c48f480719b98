import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Versions as bytes that order as they do, so that the versions in a range are found by an index: the version that
 * each key of a package is judged by, and the package's own. Null: not written yet; empty: it has no place in the
 * order. Both are looked at one by one. What is stored already gets its keys in the background.
 */
export const versionKeys: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  'alter table package_key add column version_key bytea',
  'create index package_key_place on package_key (stream, name, version_key)',
  'alter table package_version add column version_key bytea',
  'create index package_version_place on package_version (ecosystem, name, version_key)',
  'drop index package_version_name',
  'create index package_version_unkeyed on package_version (package_version_id) where version_key is null',
  // Every revision marks every version: with room for the new row beside the old one no index is written.
  'alter table package_version set (fillfactor = 50)',
];
