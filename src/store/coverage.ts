import { type RawBuilder, sql } from 'kysely';
import type { ResourceType } from '../model/resource.ts';
import { type AccountScope, inScope } from './account-scope.ts';
import { type Criteria, type Field, whereOf } from './criteria.ts';
import type { Db } from './database.ts';

const detail = (name: string): RawBuilder<unknown> => sql`r.details ->> ${sql.lit(name)}`;
const never: Field = { kind: 'text', of: sql`null::text` };
const neverNumber: Field = { kind: 'number', of: sql`null::bigint` };
const ofType = (type: ResourceType, of: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`case when r.type = ${sql.lit(type)} then ${of} end`;

/** Every criterion that ListCoverage knows, by its API name. */
export const coverageFields: Readonly<Record<string, Field>> = {
  scanStatusCode: { kind: 'text', of: sql`r.status_code` },
  scanStatusReason: { kind: 'text', of: sql`r.status_reason` },
  accountId: { kind: 'text', of: sql`r.account_id` },
  resourceId: { kind: 'text', of: sql`r.id` },
  resourceType: { kind: 'text', of: sql`r.type` },
  scanType: { kind: 'text', of: sql`'PACKAGE'::text` },
  ecrRepositoryName: { kind: 'text', of: detail('repositoryName') },
  ecrImageTags: { kind: 'list', of: sql`r.details -> 'imageTags'` },
  ec2InstanceTags: { kind: 'tags', of: ofType('AWS_EC2_INSTANCE', sql`r.tags`) },
  lambdaFunctionName: { kind: 'text', of: detail('functionName') },
  lambdaFunctionTags: { kind: 'tags', of: ofType('AWS_LAMBDA_FUNCTION', sql`r.tags`) },
  lambdaFunctionRuntime: { kind: 'text', of: detail('runtime') },
  lastScannedAt: { kind: 'number', of: sql`r.last_scanned_at` },
  scanMode: { kind: 'text', of: ofType('AWS_EC2_INSTANCE', sql`'EC2_INSPECTOR_AGENT_BASED'::text`) },
  imagePulledAt: neverNumber,
  ecrImageLastInUseAt: neverNumber,
  ecrImageInUseCount: neverNumber,
  codeRepositoryProjectName: { kind: 'text', of: detail('projectName') },
  codeRepositoryProviderType: never,
  codeRepositoryProviderTypeVisibility: never,
  lastScannedCommitId: never,
  cloudProvider: { kind: 'text', of: sql`'AWS'::text` },
  cloudProviderAccountId: { kind: 'text', of: sql`r.account_id` },
  cloudProviderOrgId: never,
  cloudProviderRegion: { kind: 'text', of: sql`r.region` },
  cloudVmInstanceTags: { kind: 'tags', of: ofType('AWS_EC2_INSTANCE', sql`r.tags`) },
  cloudContainerImageTags: { kind: 'list', of: sql`r.details -> 'imageTags'` },
  cloudContainerRepositoryName: { kind: 'text', of: detail('repositoryName') },
  cloudContainerRegistryName: { kind: 'text', of: ofType('AWS_ECR_CONTAINER_IMAGE', sql`r.account_id`) },
  cloudServerlessFunctionName: { kind: 'text', of: detail('functionName') },
  cloudServerlessFunctionRuntime: { kind: 'text', of: detail('runtime') },
  cloudServerlessFunctionTags: { kind: 'tags', of: ofType('AWS_LAMBDA_FUNCTION', sql`r.tags`) },
};

/** What ListCoverageStatistics can group by. */
export const coverageGroups: Readonly<Record<string, RawBuilder<unknown>>> = {
  SCAN_STATUS_CODE: sql`r.status_code`,
  SCAN_STATUS_REASON: sql`r.status_reason`,
  ACCOUNT_ID: sql`r.account_id`,
  RESOURCE_TYPE: sql`r.type`,
  ECR_REPOSITORY_NAME: detail('repositoryName'),
  PROVIDER: sql`'AWS'::text`,
  PROVIDER_ACCOUNT_ID: sql`r.account_id`,
  PROVIDER_REGION: sql`r.region`,
  PROVIDER_ORG_ID: sql`null::text`,
};

export type CoverageRow = {
  readonly resourceId: number;
  readonly type: ResourceType;
  readonly id: string;
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, unknown>>;
  readonly statusCode: 'ACTIVE' | 'INACTIVE';
  readonly statusReason: string;
  readonly lastScannedAt: number | null;
};

export type CoverageQuery = AccountScope & {
  readonly criteria: Criteria;
};

function scope(query: CoverageQuery): RawBuilder<unknown> {
  return sql`${inScope(query, sql`r.account_id`, sql`r.type`)}
    and ${whereOf(query.criteria, coverageFields)}`;
}

/** One page of covered resources, in the order of their ids. */
export async function listCoverage(
  db: Db,
  query: CoverageQuery,
  after: number,
  limit: number,
): Promise<CoverageRow[]> {
  const found = await sql<CoverageRow>`
    select r.resource_id as "resourceId", r.type, r.id, r.account_id as "accountId", r.region, r.name, r.tags,
      r.details, r.status_code as "statusCode", r.status_reason as "statusReason", r.last_scanned_at as "lastScannedAt"
    from resource r where ${scope(query)} and r.resource_id > ${after}
    order by r.resource_id limit ${limit}`.execute(db);
  return found.rows;
}

export async function countCoverage(
  db: Db,
  query: CoverageQuery,
  group: string | null,
): Promise<{
  readonly total: number;
  readonly groups: readonly { readonly key: string; readonly count: number }[];
}> {
  const total = await sql<{
    count: number;
  }>`select count(*) as count from resource r where ${scope(query)}`.execute(db);
  const by = group === null ? null : coverageGroups[group];
  if (!by) return { total: total.rows[0]?.count ?? 0, groups: [] };
  const groups = await sql<{ key: string; count: number }>`
    select ${by} as key, count(*) as count from resource r where ${scope(query)} and ${by} is not null
    group by 1 order by 2 desc, 1`.execute(db);
  return { total: total.rows[0]?.count ?? 0, groups: groups.rows };
}
