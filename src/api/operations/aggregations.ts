import type { AggregationResponse } from '@aws-sdk/client-inspector2';
import { criteriaOf } from '../../store/api-criteria.ts';
import { type AggregationRow, aggregateFindings, dimensions } from '../../store/finding-aggregations.ts';
import type { ApiContext } from '../context.ts';
import { validation } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { scopeOf } from './scope.ts';

const pageDefault = 50;

// Aggregation type to the member of the request's and the answer's union.
const members: Readonly<Record<string, string>> = {
  ACCOUNT: 'accountAggregation',
  AMI: 'amiAggregation',
  AWS_ECR_CONTAINER: 'awsEcrContainerAggregation',
  AWS_EC2_INSTANCE: 'ec2InstanceAggregation',
  FINDING_TYPE: 'findingTypeAggregation',
  IMAGE_LAYER: 'imageLayerAggregation',
  PACKAGE: 'packageAggregation',
  REPOSITORY: 'repositoryAggregation',
  TITLE: 'titleAggregation',
  LAMBDA_LAYER: 'lambdaLayerAggregation',
  AWS_LAMBDA_FUNCTION: 'lambdaFunctionAggregation',
  CODE_REPOSITORY: 'codeRepositoryAggregation',
};
// Sort words of the API that name a further count.
const sortExtras: Readonly<Record<string, string>> = {
  AFFECTED_IMAGES: 'affectedImages',
  AFFECTED_INSTANCES: 'affectedInstances',
  NETWORK_FINDINGS: 'networkFindings',
};

export const aggregationOperations = {
  async ListFindingAggregations(input, context) {
    const { service, accountId } = context;
    const type = input.aggregationType;
    const dimension = dimensions[type];
    const member = members[type];
    if (!dimension || !member)
      throw validation(`Aggregation by ${type} is not available in this version yet.`);
    const request = requestOf(input.aggregationRequest, member, type);
    const { sortBy, sortOrder, ...narrow } = request;
    const query = { accountId, type, request, accountIds: input.accountIds ?? null };
    const limit = input.maxResults ?? pageDefault;
    const offset = input.nextToken ? service.tokens.read<number>(input.nextToken, query) : 0;
    const rows = await aggregateFindings(service.db, {
      ...(await scopeOf(context)),
      onlyAccounts: criteriaOf({ accountIds: input.accountIds }),
      dimension,
      criteria: criteriaOf(asFilters(narrow)),
      sortBy: typeof sortBy === 'string' ? (sortExtras[sortBy] ?? sortBy) : 'ALL',
      descending: sortOrder !== 'ASC',
      offset,
      limit: limit + 1,
    });
    const page = rows.slice(0, limit);
    return {
      aggregationType: type,
      responses: page.map((row) => ({ [member]: shape(row) }) as unknown as Checked<AggregationResponse>),
      ...(rows.length > limit ? { nextToken: service.tokens.issue(offset + limit, query) } : {}),
    };
  },
} satisfies Handlers<ApiContext>;

function requestOf(
  union: object | undefined,
  member: string,
  type: string,
): Readonly<Record<string, unknown>> {
  if (!union) return {};
  const given = Object.entries(union).find(([, value]) => value !== undefined);
  if (!given) return {};
  if (given[0] !== member)
    throw validation(`aggregationRequest must hold ${member} for aggregation type ${type}.`);
  return given[1] as Readonly<Record<string, unknown>>;
}

// Two knobs are plain words and not filters.
function asFilters(narrow: Readonly<Record<string, unknown>>): object {
  const filters: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(narrow)) {
    if (value === undefined) continue;
    filters[name] = typeof value === 'string' ? [{ comparison: 'EQUALS', value }] : value;
  }
  return filters;
}

function shape({ counts, ...row }: AggregationRow): object {
  const fields: Record<string, unknown> = { severityCounts: counts };
  for (const [name, value] of Object.entries(row)) {
    if (!name.startsWith('counts_') && value !== null) fields[name] = value;
  }
  return fields;
}
