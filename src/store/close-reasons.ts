import { sql } from 'kysely';
import type { CloseReason } from '../model/finding.ts';
import type { Db } from './database.ts';

/**
 * Why the findings of a resource that the new inventory no longer has would close: a package of that name is still
 * there (FIXED: another version), or it is not (PACKAGE_GONE).
 */
export async function closeReasons(
  db: Db,
  resourceId: number,
  oldInventoryId: number | null,
  newInventoryId: number,
): Promise<ReadonlyMap<string, CloseReason>> {
  if (oldInventoryId === null || oldInventoryId === newInventoryId) return new Map();
  const found = await sql<{ vulnerability: string; stays: boolean }>`
    select f.vulnerability_id as vulnerability, bool_or(exists (
      select 1 from inventory_package n
      where n.inventory_id = ${newInventoryId} and n.package ->> 'name' = o.package ->> 'name'
        and n.package ->> 'ecosystem' = o.package ->> 'ecosystem')) as stays
    from finding f
    join match m on m.vulnerability_id = f.vulnerability_id and m.result = 'affected'
    join inventory_package o on o.package_version_id = m.package_version_id and o.inventory_id = ${oldInventoryId}
    where f.resource_id = ${resourceId} and f.closed_at is null and not exists (
      select 1 from inventory_package n join match nm using (package_version_id)
      where n.inventory_id = ${newInventoryId} and nm.vulnerability_id = f.vulnerability_id and nm.result = 'affected')
    group by f.vulnerability_id`.execute(db);
  return new Map(
    found.rows.map(({ vulnerability, stays }) => [vulnerability, stays ? 'FIXED' : 'PACKAGE_GONE']),
  );
}
