import { sql } from 'kysely';
import type { ResourceType } from '../model/resource.ts';
import { type AccountScope, inScope } from './account-scope.ts';
import { coverageFields } from './coverage.ts';
import { type Criteria, whereOf } from './criteria.ts';
import type { Db } from './database.ts';

/** A resource whose inventory can be exported. */
export type SbomResource = {
  readonly resourceId: number;
  readonly accountId: string;
  readonly type: ResourceType;
  /** As the API shows it. */
  readonly id: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly inventoryId: number;
};

/** A vulnerability of a resource, and which packages of its inventory have it, by their place in the list. */
export type SbomVulnerability = {
  readonly vulnerabilityId: string;
  readonly ordinals: readonly number[];
};

/** One page of the resources that are monitored and were scanned, in the order of their numbers. */
export async function listSbomResources(
  db: Db,
  query: AccountScope & { readonly criteria: Criteria },
  after: number,
  limit: number,
): Promise<SbomResource[]> {
  const found = await sql<SbomResource>`
    select r.resource_id as "resourceId", r.account_id as "accountId", r.type, r.id, r.details,
      r.inventory_id as "inventoryId"
    from resource r
    where ${inScope(query, sql`r.account_id`, sql`r.type`)} and ${whereOf(query.criteria, coverageFields)}
      and r.status_code = 'ACTIVE' and r.gone_at is null and r.inventory_id is not null and r.resource_id > ${after}
    order by r.resource_id limit ${limit}`.execute(db);
  return found.rows;
}

/** What the active findings of a resource say of the packages of its inventory. */
export async function sbomVulnerabilities(db: Db, resource: SbomResource): Promise<SbomVulnerability[]> {
  const found = await sql<SbomVulnerability>`
    select f.vulnerability_id as "vulnerabilityId", jsonb_agg(distinct p.ordinal) as ordinals
    from finding f
    join inventory_package p on p.inventory_id = ${resource.inventoryId} and p.set_aside is null
    join match m on m.package_version_id = p.package_version_id and m.vulnerability_id = f.vulnerability_id
      and m.result = 'affected'
    where f.account_id = ${resource.accountId} and f.resource_id = ${resource.resourceId} and f.type = 0
      and f.status = 0
    group by f.vulnerability_id order by f.vulnerability_id`.execute(db);
  return found.rows;
}
