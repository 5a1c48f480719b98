import { type RawBuilder, sql } from 'kysely';
import type { ResourceType } from '../model/resource.ts';
import { type Account, enabledTypes, resourceTypesOf } from './accounts.ts';
import type { Db } from './database.ts';

/** Accounts whose enabled scan types show the same resource types. */
export type ScopeGroup = {
  readonly accountIds: readonly string[];
  readonly resourceTypes: readonly ResourceType[];
};

/** What a caller sees: its own account and, for an administrator, its members, each with what is enabled there. */
export type AccountScope = {
  readonly accountId: string;
  readonly resourceTypes: readonly ResourceType[];
  /** Left out: no members. */
  readonly members?: readonly ScopeGroup[];
};

/** The members of an administrator by what is enabled there: few groups, however many members. */
export async function memberScopes(db: Db, administratorId: string): Promise<ScopeGroup[]> {
  const found = await sql<Account>`
    select a.account_id as "accountId", a.created_at as "createdAt", a.scan_types as "scanTypes"
    from member m join delegated_administrator d on d.account_id = m.administrator_id
    join account a on a.account_id = m.account_id
    where m.administrator_id = ${administratorId} and m.status = 'ENABLED' order by a.account_id`.execute(db);
  const groups = new Map<string, { accountIds: string[]; resourceTypes: ResourceType[] }>();
  for (const account of found.rows) {
    const resourceTypes = resourceTypesOf(enabledTypes(account));
    const key = resourceTypes.join();
    const group = groups.get(key) ?? { accountIds: [], resourceTypes };
    group.accountIds.push(account.accountId);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The condition for columns that hold account and resource type. One account stays an equality, for its index. */
export function inScope(
  { accountId, resourceTypes, members = [] }: AccountScope,
  account: RawBuilder<unknown>,
  type: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const own = sql`(${account} = ${accountId} and ${type} = any(${resourceTypes}::text[]))`;
  const further = members.map(
    (group) =>
      sql`(${account} = any(${group.accountIds}::text[]) and ${type} = any(${group.resourceTypes}::text[]))`,
  );
  return further.length === 0 ? own : sql`(${sql.join([own, ...further], sql` or `)})`;
}

/** The condition on the account alone, for a table that does not know the resource type. */
export function ofScope(
  { accountId, members = [] }: AccountScope,
  account: RawBuilder<unknown>,
): RawBuilder<unknown> {
  if (members.length === 0) return sql`${account} = ${accountId}`;
  const all = [accountId, ...members.flatMap(({ accountIds }) => accountIds)];
  return sql`${account} = any(${all}::text[])`;
}
