import { sql } from 'kysely';
import type { Resource, ResourceType } from '../model/resource.ts';
import type { Db } from './database.ts';
import { json } from './rows.ts';

export type StoredResource = {
  readonly resourceId: number;
  readonly accountId: string;
  readonly region: string;
  readonly type: ResourceType;
  readonly id: string;
  readonly name: string;
  readonly target: string;
  readonly location: string;
  readonly fingerprint: string;
  readonly scannedFingerprint: string | null;
  readonly inventoryId: number | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, unknown>>;
  readonly statusCode: 'ACTIVE' | 'INACTIVE';
  readonly statusReason: string;
  readonly goneAt: number | null;
};

const columns = sql`resource_id as "resourceId", account_id as "accountId", region, type, id, name, target, location,
  fingerprint, scanned_fingerprint as "scannedFingerprint", inventory_id as "inventoryId", tags, details,
  status_code as "statusCode", status_reason as "statusReason", gone_at as "goneAt"`;

/** The id that the API shows: ARNs for images and functions, plain ids for machines and projects. */
export function apiResourceId(
  resource: Pick<Resource, 'type' | 'id'>,
  accountId: string,
  region: string,
): string {
  if (resource.type === 'AWS_ECR_CONTAINER_IMAGE') return `arn:aws:ecr:${region}:${accountId}:${resource.id}`;
  if (resource.type === 'AWS_LAMBDA_FUNCTION') return `arn:aws:lambda:${region}:${accountId}:${resource.id}`;
  return resource.id;
}

/** Notes that a resource was seen; a new or returned one waits for its first scan. */
export async function noteResource(
  db: Db,
  accountId: string,
  region: string,
  resource: Resource,
  now: number,
): Promise<StoredResource> {
  const id = apiResourceId(resource, accountId, region);
  const found = await sql<StoredResource>`
    insert into resource (account_id, region, type, id, name, target, location, fingerprint, tags, details,
      status_code, status_reason, first_seen_at, last_seen_at)
    values (${accountId}, ${region}, ${resource.type}, ${id}, ${resource.name}, ${resource.target},
      ${resource.location}, ${resource.fingerprint}, ${json(resource.tags)}, ${json(resource.details)},
      'ACTIVE', 'PENDING_INITIAL_SCAN', ${now}, ${now})
    on conflict (account_id, type, id) do update set
      name = excluded.name, target = excluded.target, location = excluded.location,
      fingerprint = excluded.fingerprint, tags = excluded.tags, details = resource.details || excluded.details,
      last_seen_at = excluded.last_seen_at,
      status_code = case when resource.gone_at is null then resource.status_code else 'ACTIVE' end,
      status_reason = case when resource.gone_at is null then resource.status_reason else 'PENDING_INITIAL_SCAN' end,
      scanned_fingerprint = case when resource.gone_at is null then resource.scanned_fingerprint else null end,
      gone_at = null
    returning ${columns}`.execute(db);
  return found.rows[0] as StoredResource;
}

export async function getResource(db: Db, resourceId: number): Promise<StoredResource | null> {
  const found =
    await sql<StoredResource>`select ${columns} from resource where resource_id = ${resourceId}`.execute(db);
  return found.rows[0] ?? null;
}

/** By the id that the API shows, its name, or the location it was found at. */
export async function findResource(db: Db, accountId: string, text: string): Promise<StoredResource | null> {
  const found = await sql<StoredResource>`
    select ${columns} from resource where account_id = ${accountId} and (id = ${text} or name = ${text}
      or location = ${text} or details ->> 'imageHash' = ${text})
    order by (gone_at is null) desc, (id = ${text}) desc, resource_id limit 1`.execute(db);
  return found.rows[0] ?? null;
}

/** Resources of a watched place that are still there as far as we know. */
export async function resourcesAt(
  db: Db,
  accountId: string,
  target: string,
  location: string,
): Promise<StoredResource[]> {
  const found = await sql<StoredResource>`
    select ${columns} from resource where account_id = ${accountId} and target = ${target} and gone_at is null
      and (location = ${location} or starts_with(location, ${`${location.replace(/\/$/, '')}/`}))`.execute(
    db,
  );
  return found.rows;
}

export async function setScanned(
  db: Db,
  resourceId: number,
  scan: {
    readonly inventoryId: number;
    readonly fingerprint: string;
    readonly statusCode: string;
    readonly statusReason: string;
    readonly problemCount: number;
    readonly details: Readonly<Record<string, unknown>>;
    readonly now: number;
  },
): Promise<void> {
  await sql`update resource set inventory_id = ${scan.inventoryId}, scanned_fingerprint = ${scan.fingerprint},
      status_code = ${scan.statusCode}, status_reason = ${scan.statusReason}, problem_count = ${scan.problemCount},
      details = details || ${json(scan.details)}, last_scanned_at = ${scan.now}
    where resource_id = ${resourceId}`.execute(db);
}

export async function setStatus(
  db: Db,
  resourceId: number,
  statusCode: string,
  statusReason: string,
): Promise<void> {
  await sql`update resource set status_code = ${statusCode}, status_reason = ${statusReason}
    where resource_id = ${resourceId}`.execute(db);
}

export async function setGone(db: Db, resourceId: number, now: number): Promise<void> {
  await sql`update resource set gone_at = ${now}, status_code = 'INACTIVE', status_reason = 'RESOURCE_TERMINATED'
    where resource_id = ${resourceId}`.execute(db);
}
