import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Package versions by name, for asking where a package is before any advisory names it. */
export const packageNames: Migration = {
  async up(db) {
    await sql`create index package_version_name on package_version (ecosystem, name)`.execute(db);
    await sql`create index package_key_name on package_key (name)`.execute(db);
  },
};
