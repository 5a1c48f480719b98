import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { CisConfiguration, CisLevel, CisTargets } from './cis-configurations.ts';
import { type CisSearch, cisWhere } from './cis-filters.ts';
import type { Field } from './criteria.ts';
import type { Db } from './database.ts';
import { json } from './rows.ts';
import { afterMark, inOrder, markColumns, type Sort, type SortMark } from './sorted-page.ts';

export type CisScanStatus = 'IN_PROGRESS' | 'COMPLETED' | 'CANCELLED' | 'FAILED';

/** One run of a configuration, with the counts of the accounts that were asked about. */
export type CisScan = {
  readonly scanNumber: number;
  readonly arn: string;
  readonly configurationArn: string;
  readonly accountId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly securityLevel: CisLevel;
  readonly targets: CisTargets;
  readonly status: CisScanStatus;
  readonly startedAt: number;
  readonly failedChecks: number;
  readonly totalChecks: number;
};

// How long a machine may leave its job alone, and how long its agent may be silent.
const pendingMilliseconds = 12 * 3_600_000;
const silentMilliseconds = 30 * 60_000;
// Source: https://docs.aws.amazon.com/inspector/latest/user/scanning-cis.html
const keptMilliseconds = 90 * 86_400_000;

/**
 * Starts a run of a configuration: a job for every machine of its accounts that has one of the values of each of its
 * tags. Answers the scan's ARN. A run without machines is over at once.
 */
export async function startCisScan(
  db: Db,
  region: string,
  { arn: configurationArn, accountId, ownerId, name, securityLevel, targets }: CisConfiguration,
  now: number,
): Promise<string> {
  const arn = `arn:aws:inspector2:${region}:${accountId}:owner/${ownerId}/cis-scan/${randomUUID()}`;
  await db.transaction().execute(async (tx) => {
    const made = await sql<{ scan: number }>`
      insert into cis_scan (arn, configuration_arn, account_id, owner_id, name, security_level, target_accounts,
        target_tags, status, started_at)
      values (${arn}, ${configurationArn}, ${accountId}, ${ownerId}, ${name}, ${securityLevel},
        ${json(targets.accounts)}, ${json(targets.tags)}, 'IN_PROGRESS', ${now})
      returning scan_number as scan`.execute(tx);
    const scan = made.rows[0]?.scan;
    await sql`insert into cis_scan_account (account_id, scan_number)
      select a.account_id, ${scan} from account a where ${targeted(accountId, targets)}`.execute(tx);
    await sql`insert into cis_job (job_id, scan_number, account_id, resource_id, tags, platform, status, created_at, heard_at)
      select gen_random_uuid()::text, a.scan_number, a.account_id, r.id,
        (select coalesce(jsonb_object_agg(t.key, jsonb_build_array(t.value)), '{}') from jsonb_each_text(r.tags) t),
        r.details ->> 'platform', 'PENDING', ${now}, ${now}
      from cis_scan_account a join resource r on r.account_id = a.account_id
      where a.scan_number = ${scan} and r.type = 'AWS_EC2_INSTANCE' and r.gone_at is null and not exists (
        select 1 from jsonb_each(${json(targets.tags)}) t
        where not coalesce(jsonb_exists(t.value, r.tags ->> t.key), false))`.execute(tx);
    await endFinished(tx, now);
  });
  return arn;
}

// The caller's own account, its members, or those of them that are named.
function targeted(accountId: string, { accounts }: CisTargets) {
  const members = sql`a.account_id in (select m.account_id from member m
    join delegated_administrator d on d.account_id = m.administrator_id
    where m.administrator_id = ${accountId} and m.status = 'ENABLED')`;
  if (accounts.includes('ALL_ACCOUNTS')) return sql`(a.account_id = ${accountId} or ${members})`;
  const named = accounts.map((id) => (id === 'SELF' ? accountId : id));
  return sql`a.account_id = any(${named}::text[]) and (a.account_id = ${accountId} or ${members})`;
}

/** Ends jobs that nobody took up or whose agents fell silent, and scans that have nothing left to wait for. */
export async function settleCisScans(db: Db, now: number): Promise<void> {
  const late = await sql`update cis_job set status = 'TIMED_OUT', ended_at = ${now},
      status_reason = case when status = 'PENDING' then 'SSM_UNMANAGED' end
    where status in ('PENDING', 'RUNNING')
      and heard_at < ${now} - case when status = 'PENDING' then ${pendingMilliseconds} else ${silentMilliseconds} end::bigint
    returning job_number`.execute(db);
  if (late.rows.length > 0) await endFinished(db, now);
}

/** Scans whose jobs have all ended end too: completed where one of them was, else cancelled or failed. */
export async function endFinished(db: Db, now: number): Promise<void> {
  await sql`update cis_scan s set ended_at = ${now}, status = case
      when not exists (select 1 from cis_job j where j.scan_number = s.scan_number) then 'COMPLETED'
      when exists (select 1 from cis_job j where j.scan_number = s.scan_number and j.status = 'COMPLETED') then 'COMPLETED'
      when not exists (select 1 from cis_job j where j.scan_number = s.scan_number and j.status = 'TIMED_OUT') then 'CANCELLED'
      else 'FAILED' end
    where s.status = 'IN_PROGRESS' and not exists (
      select 1 from cis_job j where j.scan_number = s.scan_number and j.status in ('PENDING', 'RUNNING'))`.execute(
    db,
  );
}

/** Deletes what is past its 90 days, with its jobs and results, and checks that no result names any more. */
export async function deleteOldCisScans(db: Db, now: number): Promise<void> {
  const gone = await sql`delete from cis_scan where started_at < ${now - keptMilliseconds}
    returning scan_number`.execute(db);
  if (gone.rows.length === 0) return;
  await sql`delete from cis_check k where not exists (
    select 1 from cis_result r where r.check_number = k.check_number)`.execute(db);
}

// Scans that were started by the accounts or are for them. The counts are theirs alone.
function seen(accountIds: readonly string[]) {
  return sql`(
    select s.*, coalesce(a.failed, 0)::bigint as failed, coalesce(a.total, 0)::bigint as total
    from cis_scan s left join lateral (
      select count(*) as accounts, sum(c.failed) as failed, sum(c.passed + c.failed + c.skipped) as total
      from cis_scan_account c where c.scan_number = s.scan_number and c.account_id = any(${accountIds}::text[])) a on true
    where s.account_id = any(${accountIds}::text[]) or a.accounts > 0) s`;
}

const columns = sql`s.scan_number as "scanNumber", s.arn, s.configuration_arn as "configurationArn",
  s.account_id as "accountId", s.owner_id as "ownerId", s.name, s.security_level as "securityLevel",
  jsonb_build_object('accounts', s.target_accounts, 'tags', s.target_tags) as targets, s.status,
  s.started_at as "startedAt", s.failed as "failedChecks", s.total as "totalChecks"`;

function fields(accountIds: readonly string[]): Readonly<Record<string, Field>> {
  return {
    scanName: { kind: 'text', of: sql`s.name` },
    targetResourceId: {
      kind: 'list',
      of: sql`(select jsonb_agg(j.resource_id) from cis_job j
        where j.scan_number = s.scan_number and j.account_id = any(${accountIds}::text[]))`,
    },
    scanStatus: { kind: 'text', of: sql`s.status` },
    scanAt: { kind: 'number', of: sql`s.started_at` },
    scanConfigurationArn: { kind: 'text', of: sql`s.configuration_arn` },
    scanArn: { kind: 'text', of: sql`s.arn` },
    scheduledBy: { kind: 'text', of: sql`s.owner_id` },
    failedChecks: { kind: 'number', of: sql`s.failed` },
    targetAccountId: {
      kind: 'list',
      of: sql`(select jsonb_agg(c.account_id) from cis_scan_account c
        where c.scan_number = s.scan_number and c.account_id = any(${accountIds}::text[]))`,
    },
  };
}

export const cisScanSorts: Readonly<Record<string, Sort>> = {
  STATUS: { of: sql`s.status`, kind: 'text' },
  SCHEDULED_BY: { of: sql`s.owner_id`, kind: 'text' },
  SCAN_START_DATE: { of: sql`s.started_at`, kind: 'number' },
  FAILED_CHECKS: { of: sql`s.failed`, kind: 'number' },
};

export type CisScanRow = CisScan & { readonly sortValue: string; readonly sortId: string };

/** One page of the scans that accounts see. */
export async function listCisScans(
  db: Db,
  query: CisSearch & {
    readonly accountIds: readonly string[];
    readonly sort: Sort;
    readonly descending: boolean;
    readonly after: SortMark | null;
    readonly limit: number;
  },
): Promise<CisScanRow[]> {
  const page = { ...query, id: sql`s.arn` };
  const found = await sql<CisScanRow>`
    select ${columns}, ${markColumns(page)} from ${seen(query.accountIds)}
    where ${cisWhere(query, fields(query.accountIds), sql`s.target_tags`)} and ${afterMark(page)}
    ${inOrder(page)}`.execute(db);
  return found.rows;
}

/** A scan that one of the accounts sees, or null. */
export async function getCisScan(
  db: Db,
  arn: string,
  accountIds: readonly string[],
): Promise<CisScan | null> {
  const found = await sql<CisScan>`select ${columns} from ${seen(accountIds)} where s.arn = ${arn}`.execute(
    db,
  );
  return found.rows[0] ?? null;
}
