import { type RawBuilder, sql } from 'kysely';
import { findingStatuses, findingTypes, type ScoreAdjustment } from '../model/finding.ts';
import type { Verdict } from '../model/match.ts';
import type { OsRelease } from '../model/os-release.ts';
import type { Package } from '../model/package.ts';
import type { ResourceType } from '../model/resource.ts';
import { severities } from '../model/severity.ts';
import type { CvssRating, Vulnerability } from '../model/vulnerability.ts';
import { type AccountScope, inScope, ofScope } from './account-scope.ts';
import { type Criteria, type Field, whereOf } from './criteria.ts';
import type { Db } from './database.ts';
import type { NetworkFindingDocument } from './exposures.ts';

export const fixWords = ['NO', 'PARTIAL', 'YES'] as const;
const yesNo = ['NO', 'YES'] as const;

const detail = (name: string): RawBuilder<unknown> => sql`r.details ->> ${sql.lit(name)}`;
const detailList = (name: string): RawBuilder<unknown> => sql`r.details -> ${sql.lit(name)}`;
const constant = (value: string): Field => ({ kind: 'text', of: sql`${value}::text` });
const never: Field = { kind: 'text', of: sql`null::text` };
const neverList: Field = { kind: 'list', of: sql`null::jsonb` };
const neverNumber: Field = { kind: 'number', of: sql`null::bigint` };
const packageField = (name: string): Field => ({ kind: 'text', of: sql`p.package ->> ${sql.lit(name)}` });

/** Every criterion that ListFindings knows, by its API name. Fields of resources that we do not have never match. */
export const findingFields: Readonly<Record<string, Field>> = {
  findingArn: { kind: 'text', of: sql`f.arn` },
  awsAccountId: { kind: 'text', of: sql`f.account_id` },
  findingType: { kind: 'enum', of: sql`f.type`, words: findingTypes },
  severity: { kind: 'enum', of: sql`f.severity`, words: severities },
  findingStatus: { kind: 'enum', of: sql`f.status`, words: findingStatuses },
  title: { kind: 'text', of: sql`f.title` },
  firstObservedAt: { kind: 'number', of: sql`f.first_observed_at` },
  lastObservedAt: { kind: 'number', of: sql`f.last_observed_at` },
  updatedAt: { kind: 'number', of: sql`f.updated_at` },
  inspectorScore: { kind: 'number', of: sql`f.score` },
  epssScore: { kind: 'number', of: sql`f.epss` },
  fixAvailable: { kind: 'enum', of: sql`f.fix_available`, words: fixWords },
  exploitAvailable: { kind: 'enum', of: sql`f.exploit_available::int`, words: yesNo },
  vulnerabilityId: { kind: 'text', of: sql`f.vulnerability_id` },
  relatedVulnerabilities: { kind: 'list', of: sql`v.document -> 'aliases'` },
  resourceType: { kind: 'text', of: sql`r.type` },
  resourceId: { kind: 'text', of: sql`r.id` },
  resourceTags: { kind: 'tags', of: sql`r.tags` },
  ec2InstanceImageId: { kind: 'text', of: detail('imageId') },
  ec2InstanceVpcId: { kind: 'text', of: detail('vpcId') },
  ec2InstanceSubnetId: { kind: 'text', of: detail('subnetId') },
  ecrImageArchitecture: {
    kind: 'text',
    of: sql`case when r.type = 'AWS_ECR_CONTAINER_IMAGE' then ${detail('architecture')} end`,
  },
  ecrImageRegistry: {
    kind: 'text',
    of: sql`case when r.type = 'AWS_ECR_CONTAINER_IMAGE' then r.account_id end`,
  },
  ecrImageRepositoryName: { kind: 'text', of: detail('repositoryName') },
  ecrImageTags: { kind: 'list', of: detailList('imageTags') },
  ecrImageHash: { kind: 'text', of: detail('imageHash') },
  ecrImagePushedAt: {
    kind: 'number',
    of: sql`case when r.type = 'AWS_ECR_CONTAINER_IMAGE' then r.first_seen_at end`,
  },
  ecrImageLastInUseAt: neverNumber,
  ecrImageInUseCount: neverNumber,
  lambdaFunctionName: { kind: 'text', of: detail('functionName') },
  lambdaFunctionLayers: { kind: 'list', of: detailList('layers') },
  lambdaFunctionRuntime: { kind: 'text', of: detail('runtime') },
  lambdaFunctionExecutionRoleArn: { kind: 'text', of: detail('executionRoleArn') },
  lambdaFunctionLastModifiedAt: {
    kind: 'number',
    of: sql`case when r.type = 'AWS_LAMBDA_FUNCTION' then (extract(epoch from (${detail('lastModifiedAt')})::timestamptz) * 1000)::bigint end`,
  },
  codeRepositoryProjectName: { kind: 'text', of: detail('projectName') },
  codeRepositoryProviderType: never,
  codeVulnerabilityDetectorName: never,
  codeVulnerabilityDetectorTags: neverList,
  codeVulnerabilityFilePath: never,
  networkProtocol: { kind: 'related', exists: networkExists, fields: { value: networkText('protocol') } },
  componentId: { kind: 'related', exists: stepExists, fields: { value: stepText('componentId') } },
  componentType: { kind: 'related', exists: stepExists, fields: { value: stepText('componentType') } },
  // Ports from the first to the last of the filter have to be open, all or some.
  portRange: {
    kind: 'related',
    exists: networkExists,
    fields: {
      begin: { kind: 'number', of: sql`(n.document ->> 'end')::int` },
      end: { kind: 'number', of: sql`(n.document ->> 'begin')::int` },
    },
  },
  cloudProvider: constant('AWS'),
  cloudProviderRegion: { kind: 'text', of: sql`r.region` },
  cloudProviderAccountId: { kind: 'text', of: sql`f.account_id` },
  cloudProviderOrgId: never,
  cloudVmImageReference: { kind: 'text', of: detail('imageId') },
  cloudVmNetworkId: { kind: 'text', of: detail('vpcId') },
  cloudVmSubnetIds: { kind: 'text', of: detail('subnetId') },
  cloudImageRepositoryName: { kind: 'text', of: detail('repositoryName') },
  cloudImageRegistry: {
    kind: 'text',
    of: sql`case when r.type = 'AWS_ECR_CONTAINER_IMAGE' then r.account_id end`,
  },
  cloudImageDigest: { kind: 'text', of: detail('imageHash') },
  cloudImageTags: { kind: 'list', of: detailList('imageTags') },
  cloudImageArchitecture: {
    kind: 'text',
    of: sql`case when r.type = 'AWS_ECR_CONTAINER_IMAGE' then ${detail('architecture')} end`,
  },
  cloudImagePushedAt: {
    kind: 'number',
    of: sql`case when r.type = 'AWS_ECR_CONTAINER_IMAGE' then r.first_seen_at end`,
  },
  cloudImageLastInUseAt: neverNumber,
  cloudImageInUseCount: neverNumber,
  cloudServerlessFunctionName: { kind: 'text', of: detail('functionName') },
  cloudServerlessFunctionRuntime: { kind: 'text', of: detail('runtime') },
  cloudServerlessFunctionExecutionRole: { kind: 'text', of: detail('executionRoleArn') },
  cloudServerlessFunctionLastModifiedAt: {
    kind: 'number',
    of: sql`case when r.type = 'AWS_LAMBDA_FUNCTION' then (extract(epoch from (${detail('lastModifiedAt')})::timestamptz) * 1000)::bigint end`,
  },
  vulnerabilitySource: {
    kind: 'related',
    exists: matchExists,
    fields: { value: { kind: 'text', of: sql`m.rating ->> 'source'` } },
  },
  vendorSeverity: {
    kind: 'related',
    exists: matchExists,
    fields: { value: { kind: 'text', of: sql`m.rating ->> 'vendorSeverity'` } },
  },
  vulnerablePackages: {
    kind: 'related',
    exists: matchExists,
    fields: {
      name: packageField('name'),
      version: packageField('version'),
      architecture: packageField('arch'),
      // The version text holds epoch and release: `1:2.3-4`.
      epoch: {
        kind: 'number',
        of: sql`coalesce(substring(p.package ->> 'version' from '^([0-9]+):')::int, 0)`,
      },
      release: { kind: 'text', of: sql`substring(p.package ->> 'version' from '-([^-]+)$')` },
      sourceLayerHash: { kind: 'text', of: sql`p.package -> 'evidence' -> 0 ->> 'layer'` },
      sourceLambdaLayerArn: never,
      filePath: { kind: 'text', of: sql`p.package -> 'evidence' -> 0 ->> 'path'` },
    },
  },
};

function networkExists(where: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(f.type = 1 and exists (
    select 1 from network_finding n where n.account_id = f.account_id and n.resource_id = f.resource_id
      and n.key = f.vulnerability_id and ${where}))`;
}

function stepExists(where: RawBuilder<unknown>): RawBuilder<unknown> {
  return networkExists(
    sql`exists (select 1 from jsonb_array_elements(n.document -> 'steps') s where ${where})`,
  );
}

function networkText(name: string): Field {
  return { kind: 'text', of: sql`n.document ->> ${sql.lit(name)}` };
}

function stepText(name: string): Field {
  return { kind: 'text', of: sql`s ->> ${sql.lit(name)}` };
}

function matchExists(where: RawBuilder<unknown>): RawBuilder<unknown> {
  // Said so that it can be found first: few inventories have a package, and many findings are none of it.
  return sql`(r.inventory_id, f.vulnerability_id) in (
    select p.inventory_id, m.vulnerability_id
    from inventory_package p join match m on m.package_version_id = p.package_version_id
    where m.result = 'affected' and p.set_aside is null and ${where})`;
}

/**
 * What ListFindings can sort by. Every expression is never null, so that a page can go on after any row. What the
 * resource says orders the resources first, and the findings of each of them by their ids: an index has that order.
 */
export const findingSorts: Readonly<Record<string, RawBuilder<unknown>>> = {
  AWS_ACCOUNT_ID: sql`r.account_id`,
  FINDING_TYPE: sql`case f.type when 0 then 'PACKAGE_VULNERABILITY' else 'NETWORK_REACHABILITY' end`,
  SEVERITY: sql`f.severity`,
  FIRST_OBSERVED_AT: sql`f.first_observed_at`,
  LAST_OBSERVED_AT: sql`f.last_observed_at`,
  FINDING_STATUS: sql`f.status`,
  RESOURCE_TYPE: sql`r.type`,
  ECR_IMAGE_PUSHED_AT: sql`case when r.type = 'AWS_ECR_CONTAINER_IMAGE' then r.first_seen_at else 0 end`,
  ECR_IMAGE_REPOSITORY_NAME: sql`coalesce(r.details ->> 'repositoryName', '')`,
  ECR_IMAGE_REGISTRY: sql`case when r.type = 'AWS_ECR_CONTAINER_IMAGE' then r.account_id else '' end`,
  NETWORK_PROTOCOL: sql`case when f.type = 1 then split_part(f.vulnerability_id, '/', 4) else '' end`,
  COMPONENT_TYPE: sql`''::text`,
  VULNERABILITY_ID: sql`f.vulnerability_id`,
  VULNERABILITY_SOURCE: sql`coalesce(v.document ->> 'source', '')`,
  INSPECTOR_SCORE: sql`coalesce(f.score, -1)`,
  VENDOR_SEVERITY: sql`f.severity`,
  EPSS_SCORE: sql`coalesce(f.epss, -1)`,
};

/** Resource types are those whose scanning is enabled: findings of others are not shown. */
export type FindingQuery = AccountScope & {
  readonly criteria: Criteria;
  /** A key of `findingSorts`; null: in the order of the ids. */
  readonly sort: string | null;
  readonly descending: boolean;
  readonly limit: number;
  readonly after: PageMark | null;
};

/** Where a page ended: the sort value as text, what orders equal ones, and the finding's id. */
export type PageMark = { readonly value: string; readonly tie: number; readonly id: number };

/** The mark of the page that ends with a row. */
export function markOf({ sortValue, sortTie, findingId }: FindingRow): PageMark {
  return { value: sortValue, tie: sortTie, id: findingId };
}

export type FindingRow = {
  readonly findingId: number;
  readonly type: number;
  readonly arn: string;
  readonly accountId: string;
  readonly title: string;
  readonly status: number;
  readonly severity: number;
  readonly score: number | null;
  readonly epss: number | null;
  readonly fixAvailable: number;
  readonly exploitAvailable: boolean;
  readonly firstObservedAt: number;
  readonly lastObservedAt: number;
  readonly updatedAt: number;
  readonly vulnerabilityId: string;
  readonly adjustment: ScoreAdjustment | null;
  /** Of network findings only. */
  readonly network: NetworkFindingDocument | null;
  readonly resource: FindingResource;
  readonly vulnerability: Vulnerability | null;
  readonly packages: readonly FindingPackage[];
  readonly sortValue: string;
  readonly sortTie: number;
};

export type FindingResource = {
  readonly type: ResourceType;
  readonly id: string;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, unknown>>;
  readonly firstSeenAt: number;
  readonly os: OsRelease | null;
};

export type FindingPackage = {
  readonly package: Package;
  readonly distro: string | null;
  readonly fixedVersion: string | null;
  readonly rating: {
    readonly cvss: CvssRating | null;
    readonly vendorSeverity: string | null;
    readonly reason: string;
  };
  readonly verdict: Verdict;
};

const packagesShown = 1000;

/** One page of findings. Rows first by index, then what is read on this page only is joined. */
export async function listFindings(db: Db, query: FindingQuery): Promise<FindingRow[]> {
  const sort = query.sort === null ? sql`f.finding_id` : (findingSorts[query.sort] ?? sql`f.finding_id`);
  const tie = resourceSorts.has(query.sort ?? '') ? sql`r.resource_id` : sql`f.finding_id`;
  const direction = query.descending ? sql`desc` : sql`asc`;
  const beyond = query.descending ? sql`<` : sql`>`;
  const order = sql`${sort} ${direction}, ${tie} ${direction}, f.finding_id ${direction}`;
  const after = query.after
    ? sql`and (${sort}, ${tie}, f.finding_id) ${beyond} (${castLike(query.sort, query.after.value)},
        ${query.after.tie}::bigint, ${query.after.id}::bigint)`
    : sql``;
  const needsVulnerability =
    query.sort === 'VULNERABILITY_SOURCE' || 'relatedVulnerabilities' in query.criteria;
  const joinVulnerability = needsVulnerability
    ? sql`left join vulnerability v on v.vulnerability_id = f.vulnerability_id`
    : sql``;
  // Where few values order all there is, each is a list of its own, that an index has in order of the ids.
  const lists = (sortedParts[query.sort ?? ''] ?? [{ where: sql`true`, value: null }]).map(
    ({ where, value }) => sql`(
      select f.account_id, f.finding_id, ${sort} as sort_key, ${tie} as tie
      from (select f.* from finding f
        where ${ofScope(query, sql`f.account_id`)} and ${where} and ${impliedBy(query.criteria)}) f
      join resource r on r.resource_id = f.resource_id ${joinVulnerability}
      where ${inScope(query, sql`r.account_id`, sql`r.type`)} and ${whereOf(query.criteria, findingFields)} ${after}
        ${value !== null && query.after?.value === value ? sql`and f.finding_id ${beyond} ${query.after.id}::bigint` : sql``}
      order by ${value === null ? order : sql`f.finding_id ${direction}`}
      limit ${query.limit})`,
  );
  const found = await sql<FindingRow>`
    with page as (
      select account_id, finding_id, sort_key::text as sort_value, tie, row_number() over (
        order by sort_key ${direction}, tie ${direction}, finding_id ${direction}) as ordinal
      from (${sql.join(lists, sql` union all `)}) lists
      order by ordinal limit ${query.limit})
    select f.finding_id as "findingId", f.type, f.adjustment, n.document as network, f.arn, f.account_id as "accountId", f.title, f.status, f.severity, f.score,
      f.epss, f.fix_available as "fixAvailable", f.exploit_available as "exploitAvailable",
      f.first_observed_at as "firstObservedAt", f.last_observed_at as "lastObservedAt", f.updated_at as "updatedAt",
      f.vulnerability_id as "vulnerabilityId", page.sort_value as "sortValue", page.tie as "sortTie", v.document as vulnerability,
      jsonb_build_object('type', r.type, 'id', r.id, 'region', r.region, 'tags', r.tags, 'details', r.details,
        'firstSeenAt', r.first_seen_at, 'os', i.os) as resource,
      coalesce(packages.list, '[]'::jsonb) as packages
    from page
    join finding f on f.account_id = page.account_id and f.finding_id = page.finding_id
    join resource r on r.resource_id = f.resource_id
    left join inventory i on i.inventory_id = r.inventory_id
    left join vulnerability v on v.vulnerability_id = f.vulnerability_id
    left join network_finding n on f.type = 1 and n.account_id = f.account_id and n.resource_id = f.resource_id
      and n.key = f.vulnerability_id
    left join lateral (
      select jsonb_agg(t.item order by t.ordinal) as list from (
        select p.ordinal, jsonb_build_object('package', p.package, 'distro', pv.subject ->> 'distro',
          'fixedVersion', m.fixed_version, 'rating', m.rating, 'verdict', m.verdict) as item
        from inventory_package p join match m on m.package_version_id = p.package_version_id
        join package_version pv on pv.package_version_id = p.package_version_id
        where p.inventory_id = r.inventory_id and m.vulnerability_id = f.vulnerability_id
          and m.result = 'affected' and p.set_aside is null
        order by p.ordinal limit ${packagesShown}) t) packages on true
    order by page.ordinal`.execute(db);
  return found.rows;
}

// What follows from the criteria, in the words of an index.
function impliedBy(criteria: Criteria): RawBuilder<unknown> {
  const exploited = criteria.exploitAvailable ?? [];
  const isExploited =
    exploited.length > 0 &&
    exploited.every((one) => one.kind === 'text' && one.comparison === 'EQUALS' && one.value === 'YES');
  return sql`${namedByTitle(criteria)} ${isExploited ? sql`and f.exploit_available` : sql``}`;
}

// The title of a package finding begins with its vulnerability.
function namedByTitle({ title = [] }: Criteria): RawBuilder<unknown> {
  const ids = title.map((one) =>
    one.kind === 'text' && one.comparison !== 'NOT_EQUALS' && one.value.includes(' - ')
      ? (one.value.split(' - ')[0] ?? null)
      : null,
  );
  if (ids.length === 0 || ids.includes(null)) return sql`true`;
  return sql`(f.vulnerability_id = any(${ids}::text[]) or f.type <> 0)`;
}

// A mark is text; it is compared as what the expression is.
function castLike(sort: string | null, value: string): RawBuilder<unknown> {
  const kind = sortKinds[sort ?? ''] ?? 'bigint';
  if (kind === 'text') return sql`${value}::text`;
  return kind === 'real' ? sql`${value}::real` : sql`${value}::bigint`;
}

// Types and statuses are few, and most findings have the first of each.
const sortedParts: Readonly<Record<string, readonly SortedPart[]>> = {
  FINDING_STATUS: findingStatuses.map((_, status) => ({
    where: sql`f.status = ${sql.lit(status)}`,
    value: String(status),
  })),
  FINDING_TYPE: findingTypes.map((value, type) => ({ where: sql`f.type = ${sql.lit(type)}`, value })),
  NETWORK_PROTOCOL: [
    { where: sql`f.type = 0`, value: '' },
    { where: sql`f.type = 1`, value: null },
  ],
};

/** A part of the findings, with the value that all of it is sorted by; null: there are several. */
type SortedPart = { readonly where: RawBuilder<unknown>; readonly value: string | null };

const resourceSorts: ReadonlySet<string> = new Set([
  'AWS_ACCOUNT_ID',
  'RESOURCE_TYPE',
  'ECR_IMAGE_PUSHED_AT',
  'ECR_IMAGE_REPOSITORY_NAME',
  'ECR_IMAGE_REGISTRY',
]);

const sortKinds: Readonly<Record<string, 'text' | 'real' | 'bigint'>> = {
  AWS_ACCOUNT_ID: 'text',
  FINDING_TYPE: 'text',
  RESOURCE_TYPE: 'text',
  ECR_IMAGE_REPOSITORY_NAME: 'text',
  ECR_IMAGE_REGISTRY: 'text',
  NETWORK_PROTOCOL: 'text',
  COMPONENT_TYPE: 'text',
  VULNERABILITY_ID: 'text',
  VULNERABILITY_SOURCE: 'text',
  INSPECTOR_SCORE: 'real',
  EPSS_SCORE: 'real',
};
