import { type RawBuilder, sql } from 'kysely';
import type { ResourceType } from '../model/resource.ts';
import { type AccountScope, inScope, ofScope } from './account-scope.ts';
import { type Criteria, type Field, whereOf } from './criteria.ts';
import type { Db } from './database.ts';

/** What findings are counted by, and how a group is named. */
export type Dimension = {
  /** Columns of a group, by answer field; the first two identify it. */
  readonly columns: Readonly<Record<string, RawBuilder<unknown>>>;
  /** Which resources it speaks of; null: all. */
  readonly types: readonly ResourceType[] | null;
  /** Further counts by answer field. */
  readonly extras: Readonly<Record<string, RawBuilder<unknown>>>;
  /** What the request can narrow it by. */
  readonly fields: Readonly<Record<string, Field>>;
  /**
   * What it counts over: the counts that are kept for each resource, findings, or findings with their packages, where
   * one finding stands in several rows.
   */
  readonly over: 'resources' | 'findings' | 'packages';
};

export type AggregationQuery = AccountScope & {
  /** Only these of the accounts in the scope; left out: all. */
  readonly onlyAccounts?: Criteria;
  readonly dimension: Dimension;
  readonly criteria: Criteria;
  /** `CRITICAL`, `HIGH`, `ALL` or the name of an extra. */
  readonly sortBy: string;
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
};

export type AggregationRow = Readonly<Record<string, unknown>> & {
  readonly counts: {
    readonly all: number;
    readonly critical: number;
    readonly high: number;
    readonly medium: number;
    readonly low: number;
    readonly informational: number;
    readonly untriaged: number;
  };
};

/** Counts active findings by a dimension; one row for each group, each finding once in it. */
export async function aggregateFindings(db: Db, query: AggregationQuery): Promise<AggregationRow[]> {
  const { dimension } = query;
  const names = Object.keys(dimension.columns);
  const columns = sql.join(names.map((name) => sql`${dimension.columns[name]} as ${sql.ref(name)}`));
  const extras = Object.entries(dimension.extras).map(([name, of]) => sql`, ${of} as ${sql.ref(name)}`);
  const types = dimension.types === null ? sql`true` : sql`r.type = any(${dimension.types}::text[])`;
  const packages =
    dimension.over === 'packages'
      ? sql`join inventory_package p on p.inventory_id = r.inventory_id and p.set_aside is null
        join match m on m.package_version_id = p.package_version_id and m.vulnerability_id = f.vulnerability_id
          and m.result = 'affected'`
      : sql``;
  const all = counts[dimension.over];
  const count = (severity: number) =>
    sql`coalesce(${all} filter (where f.severity = ${sql.lit(severity)}), 0)`;
  const order = sortColumns[query.sortBy] ?? sql`counts_all`;
  const sorted = query.sortBy in dimension.extras ? sql.ref(query.sortBy) : order;
  const found = await sql<Record<string, unknown>>`
    select * from (
      select ${columns}, ${all} as counts_all, ${count(5)} as counts_critical,
        ${count(4)} as counts_high, ${count(3)} as counts_medium, ${count(2)} as counts_low,
        ${count(1)} as counts_informational, ${count(0)} as counts_untriaged ${sql.join(extras, sql` `)}
      from ${dimension.over === 'resources' ? sql`finding_count` : sql`finding`} f join resource r on r.resource_id = f.resource_id
      left join inventory i on i.inventory_id = r.inventory_id
      ${packages}
      where ${ofScope(query, sql`f.account_id`)} and ${dimension.over === 'resources' ? sql`f.findings > 0` : sql`f.status = 0`} and ${types}
        and ${inScope(query, sql`r.account_id`, sql`r.type`)}
        and ${whereOf(query.onlyAccounts ?? {}, accountField)} and ${whereOf(query.criteria, dimension.fields)}
      group by ${sql.join(names.map((_, index) => sql.lit(index + 1)))}) g
    order by ${sorted} ${query.descending ? sql`desc` : sql`asc`}, ${sql.ref(names[0] ?? '')}, ${sql.ref(names[1] ?? names[0] ?? '')}
    limit ${query.limit} offset ${query.offset}`.execute(db);
  return found.rows.map((row) => {
    const number = (name: string) => Number(row[`counts_${name}`] ?? 0);
    return {
      ...row,
      counts: {
        all: number('all'),
        critical: number('critical'),
        high: number('high'),
        medium: number('medium'),
        low: number('low'),
        informational: number('informational'),
        untriaged: number('untriaged'),
      },
    };
  });
}

const counts: Readonly<Record<Dimension['over'], RawBuilder<unknown>>> = {
  resources: sql`sum(f.findings)`,
  findings: sql`count(*)`,
  packages: sql`count(distinct f.finding_id)`,
};

const accountField = { accountIds: { kind: 'text', of: sql`f.account_id` } } as const;

const sortColumns: Readonly<Record<string, RawBuilder<unknown>>> = {
  CRITICAL: sql`counts_critical`,
  HIGH: sql`counts_high`,
  ALL: sql`counts_all`,
};

const detail = (name: string): RawBuilder<unknown> => sql`r.details ->> ${sql.lit(name)}`;
const text = (of: RawBuilder<unknown>): Field => ({ kind: 'text', of });
const list = (of: RawBuilder<unknown>): Field => ({ kind: 'list', of });
const never: Field = { kind: 'text', of: sql`null::text` };
const exploitFix = {
  exploitAvailableCount: sql`sum(f.exploits)`,
  fixAvailableCount: sql`sum(f.fixes)`,
};
const operatingSystem = sql`r.details ->> 'platform'`;
const kind = sql`case f.type when 0 then 'PACKAGE_VULNERABILITY' else 'NETWORK_REACHABILITY' end`;
const layer = sql`p.package -> 'evidence' -> 0 ->> 'layer'`;
const plain = { types: null, extras: {}, over: 'resources' } as const;
const images = { types: ['AWS_ECR_CONTAINER_IMAGE'], over: 'resources' } as const;
const machines = { types: ['AWS_EC2_INSTANCE'], over: 'resources' } as const;
const functions = { types: ['AWS_LAMBDA_FUNCTION'], over: 'resources' } as const;

/** Every aggregation type, with its fields by their API names. */
export const dimensions: Readonly<Record<string, Dimension>> = {
  ACCOUNT: {
    ...plain,
    columns: { accountId: sql`f.account_id` },
    extras: exploitFix,
    fields: { findingType: text(kind), resourceType: text(sql`r.type`) },
  },
  FINDING_TYPE: {
    ...plain,
    columns: { accountId: sql`f.account_id` },
    extras: exploitFix,
    fields: { findingType: text(kind), resourceType: text(sql`r.type`) },
  },
  TITLE: {
    ...plain,
    over: 'findings',
    columns: {
      title: sql`f.title`,
      vulnerabilityId: sql`case when f.type = 0 then f.vulnerability_id end`,
      accountId: sql`f.account_id`,
    },
    fields: {
      titles: text(sql`f.title`),
      vulnerabilityIds: text(sql`f.vulnerability_id`),
      resourceType: text(sql`r.type`),
      findingType: text(kind),
    },
  },
  PACKAGE: {
    ...plain,
    columns: { packageName: sql`p.package ->> 'name'`, accountId: sql`f.account_id` },
    fields: { packageNames: text(sql`p.package ->> 'name'`) },
    over: 'packages',
  },
  REPOSITORY: {
    ...images,
    columns: { repository: detail('repositoryName'), accountId: sql`f.account_id` },
    extras: { affectedImages: sql`count(distinct r.resource_id)` },
    fields: { repositories: text(detail('repositoryName')) },
  },
  AMI: {
    ...machines,
    columns: { ami: sql`coalesce(${detail('imageId')}, 'none')`, accountId: sql`f.account_id` },
    extras: { affectedInstances: sql`count(distinct r.resource_id)` },
    fields: { amis: text(detail('imageId')) },
  },
  AWS_EC2_INSTANCE: {
    ...machines,
    columns: {
      instanceId: sql`r.id`,
      accountId: sql`f.account_id`,
      ami: detail('imageId'),
      operatingSystem,
      instanceTags: sql`r.tags`,
    },
    extras: { networkFindings: sql`coalesce(sum(f.findings) filter (where f.type = 1), 0)` },
    fields: {
      amis: text(detail('imageId')),
      operatingSystems: text(operatingSystem),
      instanceIds: text(sql`r.id`),
      instanceTags: { kind: 'tags', of: sql`r.tags` },
    },
  },
  AWS_ECR_CONTAINER: {
    ...images,
    columns: {
      resourceId: sql`r.id`,
      accountId: sql`f.account_id`,
      imageSha: detail('imageHash'),
      repository: detail('repositoryName'),
      architecture: detail('architecture'),
      imageTags: sql`r.details -> 'imageTags'`,
    },
    extras: {},
    fields: {
      resourceIds: text(sql`r.id`),
      imageShas: text(detail('imageHash')),
      repositories: text(detail('repositoryName')),
      architectures: text(detail('architecture')),
      imageTags: list(sql`r.details -> 'imageTags'`),
      lastInUseAt: { kind: 'number', of: sql`null::bigint` },
      inUseCount: { kind: 'number', of: sql`null::bigint` },
    },
  },
  IMAGE_LAYER: {
    ...images,
    columns: {
      layerHash: layer,
      resourceId: sql`r.id`,
      repository: detail('repositoryName'),
      accountId: sql`f.account_id`,
    },
    extras: {},
    fields: {
      repositories: text(detail('repositoryName')),
      resourceIds: text(sql`r.id`),
      layerHashes: text(layer),
    },
    over: 'packages',
  },
  AWS_LAMBDA_FUNCTION: {
    ...functions,
    columns: {
      resourceId: sql`r.id`,
      accountId: sql`f.account_id`,
      functionName: detail('functionName'),
      runtime: detail('runtime'),
      lambdaTags: sql`r.tags`,
    },
    extras: {},
    fields: {
      resourceIds: text(sql`r.id`),
      functionNames: text(detail('functionName')),
      runtimes: text(detail('runtime')),
      functionTags: { kind: 'tags', of: sql`r.tags` },
    },
  },
  LAMBDA_LAYER: {
    ...functions,
    // Layers are not told apart yet: a function's own code has none, so there is no group to show.
    columns: {
      layerArn: sql`r.details ->> 'layerArn'`,
      resourceId: sql`r.id`,
      functionName: detail('functionName'),
      accountId: sql`f.account_id`,
    },
    extras: {},
    fields: { functionNames: text(detail('functionName')), resourceIds: text(sql`r.id`), layerArns: never },
  },
  CODE_REPOSITORY: {
    types: ['CODE_REPOSITORY'],
    over: 'resources',
    columns: { projectNames: detail('projectName'), resourceId: sql`r.id`, accountId: sql`f.account_id` },
    extras: {
      exploitAvailableActiveFindingsCount: exploitFix.exploitAvailableCount,
      fixAvailableActiveFindingsCount: exploitFix.fixAvailableCount,
    },
    fields: { projectNames: text(detail('projectName')), providerTypes: never, resourceIds: text(sql`r.id`) },
  },
};
