import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { type Criteria, whereOf } from './criteria.ts';
import type { Db } from './database.ts';
import { findingFields } from './finding-list.ts';
import { json } from './rows.ts';

export type FilterAction = 'NONE' | 'SUPPRESS';

/** A saved filter; with action SUPPRESS it is a suppression rule. */
export type Filter = {
  readonly filterId: number;
  readonly accountId: string;
  readonly arn: string;
  readonly name: string;
  readonly action: FilterAction;
  /** In the shape of the API, times as ISO 8601. */
  readonly criteria: Readonly<Record<string, unknown>>;
  readonly description: string | null;
  readonly reason: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
};

export type FilterChange = Partial<Pick<Filter, 'name' | 'action' | 'criteria' | 'description' | 'reason'>>;

const columns = sql`filter_id as "filterId", account_id as "accountId", arn, name, action, criteria, description, reason,
  created_at as "createdAt", updated_at as "updatedAt"`;

/** Null when the account has a filter of that name already. */
export async function createFilter(
  db: Db,
  region: string,
  filter: Pick<Filter, 'accountId' | 'name' | 'action' | 'criteria' | 'description' | 'reason'>,
  now: number,
): Promise<Filter | null> {
  const { accountId } = filter;
  const arn = `arn:aws:inspector2:${region}:${accountId}:owner/${accountId}/filter/${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const made = await sql<Filter>`
    insert into filter (account_id, arn, name, action, criteria, description, reason, created_at, updated_at)
    values (${accountId}, ${arn}, ${filter.name}, ${filter.action}, ${json(filter.criteria)}, ${filter.description},
      ${filter.reason}, ${now}, ${now})
    on conflict (account_id, name) do nothing returning ${columns}`.execute(db);
  return made.rows[0] ?? null;
}

export async function getFilter(db: Db, accountId: string, arn: string): Promise<Filter | null> {
  const found =
    await sql<Filter>`select ${columns} from filter where account_id = ${accountId} and arn = ${arn}`.execute(
      db,
    );
  return found.rows[0] ?? null;
}

export async function updateFilter(db: Db, filter: Filter, change: FilterChange, now: number): Promise<void> {
  const next = { ...filter, ...change };
  await sql`update filter set name = ${next.name}, action = ${next.action}, criteria = ${json(next.criteria)},
      description = ${next.description}, reason = ${next.reason}, updated_at = ${now}
    where filter_id = ${filter.filterId}`.execute(db);
}

export async function deleteFilter(db: Db, filter: Filter): Promise<void> {
  await sql`delete from tag where arn = ${filter.arn}`.execute(db);
  await sql`delete from filter where filter_id = ${filter.filterId}`.execute(db);
}

export async function countFilters(db: Db, accountId: string): Promise<number> {
  const found = await sql<{
    count: number;
  }>`select count(*) as count from filter where account_id = ${accountId}`.execute(db);
  return found.rows[0]?.count ?? 0;
}

export async function nameIsTaken(
  db: Db,
  accountId: string,
  name: string,
  besides: number,
): Promise<boolean> {
  const found = await sql`select 1 from filter where account_id = ${accountId} and name = ${name}
    and filter_id <> ${besides}`.execute(db);
  return found.rows.length > 0;
}

export async function listFilters(
  db: Db,
  accountId: string,
  only: { readonly arns: readonly string[] | null; readonly action: FilterAction | null },
  after: number,
  limit: number,
): Promise<Filter[]> {
  const arns = only.arns === null ? sql`` : sql`and arn = any(${only.arns}::text[])`;
  const action = only.action === null ? sql`` : sql`and action = ${only.action}`;
  const found = await sql<Filter>`
    select ${columns} from filter where account_id = ${accountId} ${arns} ${action} and filter_id > ${after}
    order by filter_id limit ${limit}`.execute(db);
  return found.rows;
}

export type SuppressionOutcome = { readonly suppressed: number; readonly unsuppressed: number };

/**
 * Brings findings to what the suppression rules say now: open findings that any rule matches are suppressed, and
 * suppressed ones that none matches are active again. Closed findings stay as they are. `resourceIds` null: all.
 */
export async function applySuppression(
  db: Db,
  accountId: string,
  rules: readonly Criteria[],
  resourceIds: readonly number[] | null,
  now: number,
): Promise<SuppressionOutcome> {
  const matches: RawBuilder<unknown> =
    rules.length === 0
      ? sql`false`
      : sql`(${sql.join(
          rules.map((criteria) => sql`(${whereOf(criteria, findingFields)})`),
          sql` or `,
        )})`;
  const only = resourceIds === null ? sql`` : sql`and f.resource_id = any(${resourceIds}::bigint[])`;
  const found = await sql<{ kind: string; count: number }>`
    with judged as (
      select f.account_id, f.finding_id, f.status, ${matches} as matched
      from finding f join resource r on r.resource_id = f.resource_id
      left join vulnerability v on v.vulnerability_id = f.vulnerability_id
      where f.account_id = ${accountId} and f.status in (0, 1) ${only}),
    changed as (
      update finding f set status = case when j.matched then 1 else 0 end, updated_at = ${now}
      from judged j
      where f.account_id = j.account_id and f.finding_id = j.finding_id
        and ((j.status = 0 and j.matched) or (j.status = 1 and not coalesce(j.matched, false)))
      returning f.account_id, f.finding_id, f.status, f.revision),
    told as (
      insert into finding_event (account_id, finding_id, at, kind, revision, detail)
      select account_id, finding_id, ${now}, case status when 1 then 'SUPPRESSED' else 'UNSUPPRESSED' end, revision, '{}'
      from changed returning kind)
    select kind, count(*)::int as count from told group by kind`.execute(db);
  const countOf = (kind: string) => found.rows.find((row) => row.kind === kind)?.count ?? 0;
  return { suppressed: countOf('SUPPRESSED'), unsuppressed: countOf('UNSUPPRESSED') };
}
