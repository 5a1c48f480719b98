import { sql } from 'kysely';
import type { Db } from './database.ts';
import { json } from './rows.ts';

/** What an account set under a name, or null. */
export async function getAccountSetting<T>(
  db: Db,
  accountId: string,
  name: string,
): Promise<{ readonly value: T; readonly updatedAt: number } | null> {
  const found = await sql<{ value: T; updatedAt: number }>`
    select value, updated_at as "updatedAt" from account_setting
    where account_id = ${accountId} and name = ${name}`.execute(db);
  return found.rows[0] ?? null;
}

export async function putAccountSetting(
  db: Db,
  accountId: string,
  name: string,
  value: unknown,
  now: number,
): Promise<void> {
  await sql`insert into account_setting (account_id, name, value, updated_at)
    values (${accountId}, ${name}, ${json(value)}, ${now})
    on conflict (account_id, name) do update set value = excluded.value, updated_at = excluded.updated_at`.execute(
    db,
  );
}
