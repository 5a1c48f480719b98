import type {
  CisCheckAggregation,
  CisScanResultDetails,
  CisScan as CisScanShape,
  CisTargetResourceAggregation,
} from '@aws-sdk/client-inspector2';
import {
  type CisCheckRow,
  type CisCounts,
  type CisDetailRow,
  type CisTargetRow,
  cisCheckSorts,
  cisDetailSorts,
  cisTargetSorts,
  listCisChecks,
  listCisDetails,
  listCisTargets,
} from '../../store/cis-results.ts';
import {
  type CisScan,
  cisScanSorts,
  getCisScan,
  listCisScans,
  settleCisScans,
} from '../../store/cis-scans.ts';
import type { ApiContext } from '../context.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { denied, standingOf } from './authority.ts';
import { targetsShape } from './cis-configurations.ts';
import { cisSearch } from './cis-criteria.ts';
import { accountsInReach } from './reach.ts';
import { sortedPage } from './sorted-list.ts';

export const cisScanOperations = {
  async ListCisScans(input, context) {
    const { db, now } = context.service;
    await settleCisScans(db, now());
    const accountIds = await accountsOfDetail(input.detailLevel ?? null, context);
    const { rows, token } = await sortedPage(input, context, {
      query: { list: 'cisScans', detailLevel: input.detailLevel ?? null },
      sorts: cisScanSorts,
      sortDefault: 'SCAN_START_DATE',
      read: (page) => listCisScans(db, { ...page, ...cisSearch(input.filterCriteria), accountIds }),
    });
    return { scans: rows.map((row) => scanShape(row, accountIds, context.accountId)), ...token };
  },

  async ListCisScanResultsAggregatedByChecks(input, context) {
    const { scan, accountIds } = await visibleScan(input.scanArn, context);
    const { rows, token } = await sortedPage(input, context, {
      query: { list: 'cisChecks', scanArn: scan.arn },
      sorts: cisCheckSorts,
      sortDefault: 'CHECK_ID',
      read: (page) => {
        const search = cisSearch(input.filterCriteria);
        return listCisChecks(context.service.db, { ...page, ...search, ...part(scan, accountIds) });
      },
    });
    return { checkAggregations: rows.map((row) => checkShape(row, scan)), ...token };
  },

  async ListCisScanResultsAggregatedByTargetResource(input, context) {
    const { scan, accountIds } = await visibleScan(input.scanArn, context);
    const { rows, token } = await sortedPage(input, context, {
      query: { list: 'cisTargets', scanArn: scan.arn },
      sorts: cisTargetSorts,
      sortDefault: 'RESOURCE_ID',
      read: (page) => {
        const search = cisSearch(input.filterCriteria);
        return listCisTargets(context.service.db, { ...page, ...search, ...part(scan, accountIds) });
      },
    });
    return { targetResourceAggregations: rows.map((row) => targetShape(row, scan)), ...token };
  },

  async GetCisScanResultDetails(input, context) {
    const { scan, accountIds } = await visibleScan(input.scanArn, context);
    const { accountId, targetResourceId: resourceId } = input;
    if (!accountIds.includes(accountId)) throw denied('this account');
    const { rows, token } = await sortedPage(input, context, {
      query: { list: 'cisDetails', scanArn: scan.arn, of: accountId, resourceId },
      sorts: cisDetailSorts,
      sortDefault: 'CHECK_ID',
      read: (page) => {
        const query = { ...page, ...cisSearch(input.filterCriteria), ...part(scan, [accountId]) };
        return listCisDetails(context.service.db, { ...query, resourceId, region: context.service.region });
      },
    });
    return { scanResultDetails: rows.map((row) => detailShape(row, scan)), ...token };
  },
} satisfies Handlers<ApiContext>;

/** A scan that the caller sees, and the accounts whose part of it. Whether another scan exists is not told. */
export async function visibleScan(arn: string, context: ApiContext): Promise<SeenScan> {
  const seen = await findScan(arn, context);
  if (!seen) throw denied('this CIS scan');
  return seen;
}

export type SeenScan = { readonly scan: CisScan; readonly accountIds: readonly string[] };

/** The same; null where there is none that the caller sees. */
export async function findScan(arn: string, context: ApiContext): Promise<SeenScan | null> {
  const { db, now } = context.service;
  await settleCisScans(db, now());
  const accountIds = await accountsInReach(context);
  const scan = await getCisScan(db, arn, accountIds);
  return scan && { scan, accountIds };
}

function part({ scanNumber }: CisScan, accountIds: readonly string[]) {
  return { scanNumber, accountIds };
}

// An administrator looks at its organisation unless it asks for itself; others have nothing but themselves.
async function accountsOfDetail(
  level: 'ORGANIZATION' | 'MEMBER' | null,
  context: ApiContext,
): Promise<readonly string[]> {
  if (level === 'MEMBER') return [context.accountId];
  if (level === 'ORGANIZATION' && !(await standingOf(context)).isAdministrator)
    throw denied('CIS scans of the organization');
  return accountsInReach(context);
}

function scanShape(scan: CisScan, accountIds: readonly string[], accountId: string): Checked<CisScanShape> {
  // Which other accounts a scan of its administrator is for is nothing that a member is told.
  const isWhole = accountIds.includes(scan.accountId);
  return {
    scanArn: scan.arn,
    scanConfigurationArn: scan.configurationArn,
    status: scan.status,
    scanName: scan.name,
    scanDate: new Date(scan.startedAt),
    failedChecks: scan.failedChecks,
    totalChecks: scan.totalChecks,
    targets: targetsShape(isWhole ? scan.targets : { ...scan.targets, accounts: [accountId] }),
    scheduledBy: scan.ownerId,
    securityLevel: scan.securityLevel,
  };
}

function countsShape({ failed, skipped, passed }: CisCounts) {
  return { failed, skipped, passed };
}

function checkShape(row: CisCheckRow, { arn }: CisScan): Checked<CisCheckAggregation> {
  return {
    scanArn: arn,
    checkId: row.checkId,
    title: row.title,
    accountId: row.accountId,
    statusCounts: countsShape(row),
    ...(row.description === null ? {} : { checkDescription: row.description }),
    ...(row.level === null ? {} : { level: row.level }),
    ...(row.platform === null ? {} : { platform: row.platform }),
  };
}

function targetShape(row: CisTargetRow, { arn }: CisScan): Checked<CisTargetResourceAggregation> {
  return {
    scanArn: arn,
    targetResourceId: row.resourceId,
    accountId: row.accountId,
    targetResourceTags: row.tags,
    statusCounts: countsShape(row),
    ...(row.platform === null ? {} : { platform: row.platform }),
    ...(row.targetStatus === null ? {} : { targetStatus: row.targetStatus }),
    ...(row.targetStatusReason === null ? {} : { targetStatusReason: row.targetStatusReason }),
  };
}

function detailShape(row: CisDetailRow, { arn }: CisScan): Checked<CisScanResultDetails> {
  const reason = detailReason(row);
  return {
    scanArn: arn,
    accountId: row.accountId,
    targetResourceId: row.resourceId,
    status: row.status,
    checkId: row.checkId,
    title: row.title,
    findingArn: row.findingArn,
    ...(reason === null ? {} : { statusReason: reason }),
    ...(row.platform === null ? {} : { platform: row.platform }),
    ...(row.description === null ? {} : { checkDescription: row.description }),
    ...(row.remediation === null ? {} : { remediation: row.remediation }),
    ...(row.level === null ? {} : { level: row.level }),
  };
}

/** Why a result is what it is. Of one that the API calls skipped, the agent's own word comes first. */
export function detailReason({ status, ruleStatus, reason }: CisDetailRow): string | null {
  if (status !== 'SKIPPED') return reason;
  return reason === null ? ruleStatus : `${ruleStatus}: ${reason}`;
}
