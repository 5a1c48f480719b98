import { type RawBuilder, sql } from 'kysely';
import type { CisLevel } from './cis-configurations.ts';
import { type CisSearch, cisWhere } from './cis-filters.ts';
import { counts } from './cis-sessions.ts';
import type { Field } from './criteria.ts';
import type { Db } from './database.ts';
import { afterMark, inOrder, markColumns, type Sort, type SortMark } from './sorted-page.ts';

/** One page of what a scan came to in the accounts that may be shown. */
export type CisResultQuery = CisSearch & {
  readonly scanNumber: number;
  readonly accountIds: readonly string[];
  readonly sort: Sort;
  readonly descending: boolean;
  readonly after: SortMark | null;
  readonly limit: number;
};

type Marked = { readonly sortValue: string; readonly sortId: string };
export type CisCounts = { readonly passed: number; readonly failed: number; readonly skipped: number };

const ofScan = ({ scanNumber, accountIds }: CisResultQuery): RawBuilder<unknown> =>
  sql`j.scan_number = ${scanNumber} and j.account_id = any(${accountIds}::text[])`;
const noTags = sql`'{}'::jsonb`;

/** A check over the machines of one account and platform. */
export type CisCheckRow = CisCounts &
  Marked & {
    readonly accountId: string;
    readonly checkId: string;
    readonly title: string;
    readonly description: string | null;
    readonly level: CisLevel | null;
    readonly platform: string | null;
  };

const checkFields: Readonly<Record<string, Field>> = {
  accountId: { kind: 'text', of: sql`t.account_id` },
  checkId: { kind: 'text', of: sql`t.check_id` },
  title: { kind: 'text', of: sql`t.title` },
  platform: { kind: 'text', of: sql`t.platform` },
  failedResources: { kind: 'number', of: sql`t.failed` },
  securityLevel: { kind: 'text', of: sql`t.level` },
};

export const cisCheckSorts: Readonly<Record<string, Sort>> = {
  CHECK_ID: { of: sql`t.check_order`, kind: 'text' },
  TITLE: { of: sql`t.title`, kind: 'text' },
  PLATFORM: { of: sql`coalesce(t.platform, '')`, kind: 'text' },
  FAILED_COUNTS: { of: sql`t.failed`, kind: 'number' },
  SECURITY_LEVEL: { of: sql`coalesce(t.level, '')`, kind: 'text' },
};

export async function listCisChecks(db: Db, query: CisResultQuery): Promise<CisCheckRow[]> {
  const id = sql`concat_ws(chr(31), t.account_id, t.check_order, t.title, coalesce(t.platform, ''), coalesce(t.level, ''))`;
  const page = { ...query, id };
  const found = await sql<CisCheckRow>`
    select t.account_id as "accountId", t.check_id as "checkId", t.title, t.description, t.level, t.platform,
      t.passed, t.failed, t.skipped, ${markColumns(page)}
    from (
      select j.account_id, k.check_id, k.check_order, k.title, min(k.description) as description, k.level, j.platform,
        ${counts(sql`r.status`)}
      from cis_job j
      join cis_result r on r.account_id = j.account_id and r.job_number = j.job_number
      join cis_check k on k.check_number = r.check_number
      where ${ofScan(query)}
      group by j.account_id, k.check_id, k.check_order, k.title, k.level, j.platform) t
    where ${cisWhere(query, checkFields, noTags)} and ${afterMark(page)} ${inOrder(page)}`.execute(db);
  return found.rows;
}

/** What a scan came to on one machine. */
export type CisTargetRow = CisCounts &
  Marked & {
    readonly accountId: string;
    readonly resourceId: string;
    readonly tags: Readonly<Record<string, readonly string[]>>;
    readonly platform: string | null;
    /** Null while the agent is not done. */
    readonly targetStatus: 'COMPLETED' | 'CANCELLED' | 'TIMED_OUT' | null;
    readonly targetStatusReason: 'SCAN_IN_PROGRESS' | 'UNSUPPORTED_OS' | 'SSM_UNMANAGED' | null;
  };

const targetStatus = sql`case when j.status in ('PENDING', 'RUNNING') then null else j.status end`;
const targetReason = sql`case when j.status in ('PENDING', 'RUNNING') then 'SCAN_IN_PROGRESS' else j.status_reason end`;
const checksOf = (of: RawBuilder<unknown>) => sql`(select jsonb_agg(${of}) from cis_result r
  join cis_check k on k.check_number = r.check_number
  where r.account_id = j.account_id and r.job_number = j.job_number)`;

const targetFields: Readonly<Record<string, Field>> = {
  accountId: { kind: 'text', of: sql`j.account_id` },
  status: {
    kind: 'list',
    of: sql`to_jsonb(array_remove(array[case when j.passed > 0 then 'PASSED' end,
      case when j.failed > 0 then 'FAILED' end, case when j.skipped > 0 then 'SKIPPED' end], null))`,
  },
  checkId: { kind: 'list', of: checksOf(sql`k.check_id`) },
  targetResourceId: { kind: 'text', of: sql`j.resource_id` },
  platform: { kind: 'text', of: sql`j.platform` },
  targetStatus: { kind: 'text', of: targetStatus },
  targetStatusReason: { kind: 'text', of: targetReason },
  failedChecks: { kind: 'number', of: sql`j.failed` },
};

export const cisTargetSorts: Readonly<Record<string, Sort>> = {
  RESOURCE_ID: { of: sql`j.resource_id`, kind: 'text' },
  FAILED_COUNTS: { of: sql`j.failed`, kind: 'number' },
  ACCOUNT_ID: { of: sql`j.account_id`, kind: 'text' },
  PLATFORM: { of: sql`coalesce(j.platform, '')`, kind: 'text' },
  TARGET_STATUS: { of: sql`coalesce(${targetStatus}, '')`, kind: 'text' },
  TARGET_STATUS_REASON: { of: sql`coalesce(${targetReason}, '')`, kind: 'text' },
};

export async function listCisTargets(db: Db, query: CisResultQuery): Promise<CisTargetRow[]> {
  const page = { ...query, id: sql`j.job_id` };
  const found = await sql<CisTargetRow>`
    select j.account_id as "accountId", j.resource_id as "resourceId", j.tags, j.platform, j.passed, j.failed, j.skipped,
      ${targetStatus} as "targetStatus", ${targetReason} as "targetStatusReason", ${markColumns(page)}
    from cis_job j
    where ${ofScan(query)} and ${cisWhere(query, targetFields, sql`j.tags`)} and ${afterMark(page)}
    ${inOrder(page)}`.execute(db);
  return found.rows;
}

/** One rule on one machine. */
export type CisDetailRow = Marked & {
  readonly accountId: string;
  readonly resourceId: string;
  readonly platform: string | null;
  readonly checkId: string;
  readonly title: string;
  readonly description: string | null;
  readonly remediation: string | null;
  readonly level: CisLevel | null;
  readonly status: 'PASSED' | 'FAILED' | 'SKIPPED';
  readonly ruleStatus: string;
  readonly reason: string | null;
  readonly findingArn: string;
};

// Made of job and rule, and so the same whenever it is asked for.
const findingArn = (region: string) => sql`('arn:aws:inspector2:' || ${region}::text || ':' || j.account_id ||
  ':owner/' || j.account_id || '/cis-finding/' || md5(j.job_id || ' ' || k.rule_id)::uuid::text)`;

function detailFields(region: string): Readonly<Record<string, Field>> {
  return {
    findingStatus: { kind: 'text', of: sql`r.status` },
    checkId: { kind: 'text', of: sql`k.check_id` },
    title: { kind: 'text', of: sql`k.title` },
    securityLevel: { kind: 'text', of: sql`k.level` },
    findingArn: { kind: 'text', of: findingArn(region) },
  };
}

export const cisDetailSorts: Readonly<Record<string, Sort>> = {
  CHECK_ID: { of: sql`k.check_order`, kind: 'text' },
  STATUS: { of: sql`r.status`, kind: 'text' },
  /** By machine, then check: the order of reports. */
  MACHINE: { of: sql`concat_ws(chr(31), j.account_id, j.resource_id, k.check_order)`, kind: 'text' },
};

/** `resourceId` null: of all machines. */
export async function listCisDetails(
  db: Db,
  query: CisResultQuery & { readonly resourceId: string | null; readonly region: string },
): Promise<CisDetailRow[]> {
  const page = { ...query, id: sql`concat_ws(chr(31), j.job_id, k.check_order, k.rule_id)` };
  const ofMachine = query.resourceId === null ? sql`true` : sql`j.resource_id = ${query.resourceId}`;
  const found = await sql<CisDetailRow>`
    select j.account_id as "accountId", j.resource_id as "resourceId", j.platform, k.check_id as "checkId", k.title,
      k.description, k.remediation, k.level, r.status, r.rule_status as "ruleStatus", r.reason,
      ${findingArn(query.region)} as "findingArn", ${markColumns(page)}
    from cis_job j
    join cis_result r on r.account_id = j.account_id and r.job_number = j.job_number
    join cis_check k on k.check_number = r.check_number
    where ${ofScan(query)} and ${ofMachine} and ${cisWhere(query, detailFields(query.region), noTags)}
      and ${afterMark(page)} ${inOrder(page)}`.execute(db);
  return found.rows;
}

/** How many results reports of a scan would hold. */
export async function countCisResults(
  db: Db,
  scanNumber: number,
  accountIds: readonly string[],
): Promise<number> {
  const found = await sql<{ count: number }>`
    select coalesce(sum(passed + failed + skipped), 0)::bigint as count from cis_job
    where scan_number = ${scanNumber} and account_id = any(${accountIds}::text[])`.execute(db);
  return found.rows[0]?.count ?? 0;
}
