import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import type { Db } from './database.ts';
import { first } from './migrations/0001-first.ts';
import { filters } from './migrations/0002-filters.ts';
import { packageNames } from './migrations/0003-package-names.ts';
import { network } from './migrations/0004-network.ts';
import { organisation } from './migrations/0005-organisation.ts';
import { versionKeys } from './migrations/0006-version-keys.ts';
import { cisAndCode } from './migrations/0007-cis-and-code.ts';
import { findingOrders } from './migrations/0008-finding-orders.ts';
import { findingCounts } from './migrations/0009-finding-counts.ts';

// In order; a migration that was released is never changed.
const migrations: Readonly<Record<string, Migration>> = {
  '0001-first': first,
  '0002-filters': filters,
  '0003-package-names': packageNames,
  '0004-network': network,
  '0005-organisation': organisation,
  '0006-version-keys': versionKeys,
  '0007-cis-and-code': cisAndCode,
  '0008-finding-orders': findingOrders,
  '0009-finding-counts': findingCounts,
};

/** Brings the schema up to date. Safe to run at every start and from several processes. */
export async function migrate(db: Db): Promise<void> {
  const provider: MigrationProvider = { getMigrations: async () => ({ ...migrations }) };
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (!error) return;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'unknown';
  throw new Error(`migration ${failed} failed: ${error instanceof Error ? error.message : String(error)}`);
}
