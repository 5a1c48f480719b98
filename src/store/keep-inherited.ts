import { sql } from 'kysely';
import type { Db } from './database.ts';

/**
 * Writes what members inherit into their own settings, before they stand alone. All of it counts as their own from then
 * on, so that an administrator that takes them back is not held to what it once set. `accountId` null: all members.
 */
export async function keepInherited(
  db: Db,
  administratorId: string,
  accountId: string | null,
): Promise<void> {
  const only = accountId === null ? sql`` : sql`and m.account_id = ${accountId}`;
  await sql`
    insert into account_setting (account_id, name, value, updated_at)
    select m.account_id, s.name, s.value, s.updated_at
    from member m join account_setting s on s.account_id = m.administrator_id
      and s.name in ('configuration.ec2', 'configuration.ecr') and s.value <> 'null'::jsonb
    where m.administrator_id = ${administratorId} and m.status = 'ENABLED' ${only}
    on conflict (account_id, name) do update set value = excluded.value, updated_at = excluded.updated_at
      where account_setting.value ->> 'setBy' is distinct from ${administratorId}`.execute(db);
  await sql`
    update account_setting s set value = jsonb_set(s.value, '{setBy}', to_jsonb(s.account_id)) from member m
    where m.account_id = s.account_id and m.administrator_id = ${administratorId} and m.status = 'ENABLED' ${only}
      and s.name in ('configuration.ec2', 'configuration.ecr') and s.value ->> 'setBy' = ${administratorId}`.execute(
    db,
  );
}
