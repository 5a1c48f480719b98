import { sql } from 'kysely';
import type { Package } from '../model/package.ts';
import type { Db } from './database.ts';

/** A package version on a resource. */
export type PackageHit = {
  readonly resourceId: string;
  readonly resourceType: string;
  readonly resourceName: string;
  readonly package: Package;
};

/** Distinct versions stored under a binary or source name of an ecosystem. */
export async function versionsNamed(
  db: Db,
  ecosystem: string,
  name: string,
): Promise<{ readonly id: number; readonly version: string }[]> {
  const found = await sql<{ id: number; version: string }>`
    select distinct v.package_version_id as id, v.version from package_version v
    left join package_key k using (package_version_id)
    where v.ecosystem = ${ecosystem} and (v.name = ${name} or k.name = ${name})`.execute(db);
  return found.rows;
}

/** Where package versions are installed now. */
export async function resourcesWith(
  db: Db,
  accountId: string,
  ids: readonly number[],
  limit: number,
): Promise<PackageHit[]> {
  const found = await sql<PackageHit>`
    select r.id as "resourceId", r.type as "resourceType", r.name as "resourceName", p.package
    from inventory_package p join resource r on r.inventory_id = p.inventory_id
    where p.package_version_id = any(${ids}::bigint[]) and r.account_id = ${accountId} and r.gone_at is null
    order by r.resource_id, p.ordinal limit ${limit}`.execute(db);
  return found.rows;
}
