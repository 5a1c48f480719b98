import type { CoveredResource } from '@aws-sdk/client-inspector2';
import { criteriaOf } from '../../store/api-criteria.ts';
import { type CoverageRow, countCoverage, listCoverage } from '../../store/coverage.ts';
import type { ApiContext } from '../context.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { scopeOf } from './scope.ts';

const pageDefault = 50;

export const coverageOperations = {
  async ListCoverage(input, context) {
    const { service, accountId } = context;
    const query = { accountId, criteria: input.filterCriteria ?? null };
    const limit = input.maxResults ?? pageDefault;
    const after = input.nextToken ? service.tokens.read<number>(input.nextToken, query) : 0;
    const scope = {
      ...(await scopeOf(context)),
      criteria: criteriaOf(input.filterCriteria),
    };
    const rows = await listCoverage(service.db, scope, after, limit + 1);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      coveredResources: page.map(coverageShape),
      ...(rows.length > limit && last ? { nextToken: service.tokens.issue(last.resourceId, query) } : {}),
    };
  },

  async ListCoverageStatistics(input, context) {
    const scope = {
      ...(await scopeOf(context)),
      criteria: criteriaOf(input.filterCriteria),
    };
    const { total, groups } = await countCoverage(context.service.db, scope, input.groupBy ?? null);
    return {
      totalCounts: total,
      ...(input.groupBy
        ? { countsByGroup: groups.map(({ key, count }) => ({ groupKey: key as 'ACCOUNT_ID', count })) }
        : {}),
    };
  },
} satisfies Handlers<ApiContext>;

function coverageShape(row: CoverageRow): Checked<CoveredResource> {
  return {
    resourceType: row.type,
    resourceId: row.id,
    accountId: row.accountId,
    scanType: 'PACKAGE',
    scanStatus: {
      statusCode: row.statusCode,
      reason: row.statusReason as 'SUCCESSFUL',
    },
    resourceMetadata: metadataShape(row),
    ...(row.lastScannedAt === null ? {} : { lastScannedAt: new Date(row.lastScannedAt) }),
    ...(row.type === 'AWS_EC2_INSTANCE' ? { scanMode: 'EC2_INSPECTOR_AGENT_BASED' as const } : {}),
    provider: 'AWS',
    providerAccountId: row.accountId,
    providerRegion: row.region,
    providerPartition: 'aws',
  };
}

function metadataShape({
  type,
  tags,
  details,
}: CoverageRow): NonNullable<Checked<CoveredResource>['resourceMetadata']> {
  const text = (name: string) => (typeof details[name] === 'string' ? (details[name] as string) : null);
  const list = (name: string) => (Array.isArray(details[name]) ? (details[name] as string[]) : []);
  if (type === 'AWS_EC2_INSTANCE') {
    return {
      ec2: { tags, platform: 'LINUX', ...(text('imageId') ? { amiId: text('imageId') as string } : {}) },
    };
  }
  if (type === 'AWS_LAMBDA_FUNCTION') {
    return {
      lambdaFunction: {
        functionTags: tags,
        layers: list('layers'),
        functionName: text('functionName') ?? '',
        runtime: (text('runtime') ?? 'UNSUPPORTED') as 'UNSUPPORTED',
      },
    };
  }
  if (type === 'AWS_ECR_CONTAINER_IMAGE') return { ecrImage: { tags: list('imageTags') } };
  return {};
}
