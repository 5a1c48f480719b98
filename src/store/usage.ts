import { sql } from 'kysely';
import type { Db } from './database.ts';

/** What was covered in a span of time. Hours count from discovery until the resource is gone. */
export type Usage = {
  readonly accountId: string;
  readonly machineHours: number;
  readonly functionHours: number;
  /** Images that were first seen in the span and scanned. */
  readonly imagesScanned: number;
};

/** Usage between two times by account, in the order of the ids; every account asked for is there. */
export async function usageOf(
  db: Db,
  accountIds: readonly string[],
  from: number,
  to: number,
): Promise<Usage[]> {
  const hours = (
    type: string,
  ) => sql`coalesce(sum(greatest(0, least(coalesce(r.gone_at, ${to}::bigint), ${to}::bigint)
    - greatest(r.first_seen_at, ${from}::bigint))) filter (where r.type = ${type}), 0)::float8 / 3600000`;
  const found = await sql<Usage>`
    select a.account_id as "accountId", ${hours('AWS_EC2_INSTANCE')} as "machineHours",
      ${hours('AWS_LAMBDA_FUNCTION')} as "functionHours",
      count(*) filter (where r.type = 'AWS_ECR_CONTAINER_IMAGE' and r.last_scanned_at is not null
        and r.first_seen_at between ${from} and ${to})::int as "imagesScanned"
    from account a left join resource r on r.account_id = a.account_id
    where a.account_id = any(${accountIds}::text[]) group by a.account_id order by a.account_id`.execute(db);
  return found.rows;
}

/** Ids of the accounts that an account sees, itself and its members, after one, in their order. */
export async function accountsSeenBy(
  db: Db,
  accountId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const found = await sql<{ id: string }>`
    select a.account_id as id from account a where a.account_id > ${after} and (a.account_id = ${accountId}
      or exists (select 1 from member m join delegated_administrator d on d.account_id = m.administrator_id
        where m.account_id = a.account_id and m.status = 'ENABLED' and m.administrator_id = ${accountId}))
    order by a.account_id limit ${limit}`.execute(db);
  return found.rows.map(({ id }) => id);
}
