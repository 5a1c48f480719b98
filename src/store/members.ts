import { sql } from 'kysely';
import type { Db } from './database.ts';
import { keepInherited } from './keep-inherited.ts';

export type MemberStatus = 'CREATED' | 'ENABLED' | 'REMOVED';

/** An account of the organisation as its administrator sees it. CREATED: it was never associated. */
export type Member = {
  readonly accountId: string;
  readonly administratorId: string | null;
  readonly status: MemberStatus;
  readonly updatedAt: number;
};

/** Most members of one administrator. Source: https://docs.aws.amazon.com/inspector/latest/user/quotas.html */
export const membersMax = 10_000;

const columns = sql`a.account_id as "accountId", m.administrator_id as "administratorId",
  coalesce(m.status, 'CREATED') as status, coalesce(m.updated_at, a.created_at) as "updatedAt"`;

/** `full`: the administrator has as many members as it may. Associating a member again changes nothing. */
export async function associateMember(
  db: Db,
  administratorId: string,
  accountId: string,
  now: number,
): Promise<'associated' | 'already' | 'full'> {
  const made = await sql`
    insert into member (account_id, administrator_id, status, updated_at)
    select ${accountId}, ${administratorId}, 'ENABLED', ${now}
    where (select count(*) from member where administrator_id = ${administratorId} and status = 'ENABLED') < ${membersMax}
    on conflict (account_id) do update
      set administrator_id = excluded.administrator_id, status = 'ENABLED', updated_at = excluded.updated_at
      where member.status <> 'ENABLED'
    returning account_id`.execute(db);
  if (made.rows.length > 0) return 'associated';
  return (await getMember(db, administratorId, accountId))?.status === 'ENABLED' ? 'already' : 'full';
}

/** The account stands alone again, with the configuration it had. False: it is no member of the administrator. */
export async function disassociateMember(
  db: Db,
  administratorId: string,
  accountId: string,
  now: number,
): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    await keepInherited(transaction, administratorId, accountId);
    const changed = await sql`update member set status = 'REMOVED', updated_at = ${now}
      where account_id = ${accountId} and administrator_id = ${administratorId} and status = 'ENABLED'
      returning account_id`.execute(transaction);
    return changed.rows.length > 0;
  });
}

/** A present or former member of the administrator, or null. */
export async function getMember(db: Db, administratorId: string, accountId: string): Promise<Member | null> {
  const found =
    await sql<Member>`select ${columns} from account a join member m on m.account_id = a.account_id
    where a.account_id = ${accountId} and m.administrator_id = ${administratorId}`.execute(db);
  return found.rows[0] ?? null;
}

/**
 * One page of members in the order of their ids. With `onlyAssociated` false every other account of the organisation
 * comes too.
 */
export async function listMembers(
  db: Db,
  query: {
    readonly administratorId: string;
    readonly onlyAssociated: boolean;
    readonly after: string;
    readonly limit: number;
  },
): Promise<Member[]> {
  const { administratorId } = query;
  const only = query.onlyAssociated ? sql`and m.status = 'ENABLED'` : sql``;
  const found = await sql<Member>`
    select ${columns} from account a left join member m on m.account_id = a.account_id
      and m.administrator_id = ${administratorId}
    where a.account_id <> ${administratorId} and a.account_id > ${query.after} ${only}
    order by a.account_id limit ${query.limit}`.execute(db);
  return found.rows;
}

export async function countMembers(db: Db, administratorId: string): Promise<number> {
  const found = await sql<{ count: number }>`select count(*) as count from member
    where administrator_id = ${administratorId} and status = 'ENABLED'`.execute(db);
  return found.rows[0]?.count ?? 0;
}

/** Which of the accounts are members of the administrator now. */
export async function membersAmong(
  db: Db,
  administratorId: string,
  accountIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await sql<{ id: string }>`select account_id as id from member
    where administrator_id = ${administratorId} and status = 'ENABLED' and account_id = any(${accountIds}::text[])`.execute(
    db,
  );
  return new Set(found.rows.map(({ id }) => id));
}
