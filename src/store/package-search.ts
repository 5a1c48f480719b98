import { sql } from 'kysely';
import type { Package } from '../model/package.ts';
import type { Db } from './database.ts';
import { recordset } from './rows.ts';
import { everyRange, hexOf, type KeyRange } from './version-keys.ts';

/** A package version on a resource. */
export type PackageHit = {
  readonly resourceId: string;
  readonly resourceType: string;
  readonly resourceName: string;
  readonly package: Package;
};

/**
 * Distinct versions stored under a binary or source name of an ecosystem, whose own keys lie in one of the ranges or
 * are not written yet.
 */
export async function versionsNamed(
  db: Db,
  ecosystem: string,
  name: string,
  ranges: readonly KeyRange[] = everyRange,
): Promise<{ readonly id: number; readonly version: string }[]> {
  const rows = ranges.map(({ low, high }) => ({ low: hexOf(low), high: hexOf(high) }));
  const found = await sql<{ id: number; version: string }>`
    with t as materialized (
      select decode(t.low, 'hex') as low, decode(t.high, 'hex') as high
      from ${recordset(rows, 'low text, high text')})
    select v.package_version_id as id, v.version from t join package_version v
      on v.ecosystem = ${ecosystem} and v.name = ${name} and v.version_key >= t.low and v.version_key < t.high
    union
    select v.package_version_id, v.version from package_version v
    where v.ecosystem = ${ecosystem} and v.name = ${name} and v.version_key is null
    union
    select v.package_version_id, v.version from package_key k join package_version v using (package_version_id)
    where k.name = ${name} and v.ecosystem = ${ecosystem} and (v.version_key is null or exists (
      select 1 from t where v.version_key >= t.low and v.version_key < t.high))`.execute(db);
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
