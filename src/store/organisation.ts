import { sql } from 'kysely';
import type { Db } from './database.ts';
import { keepInherited } from './keep-inherited.ts';

/**
 * An installation is one organisation. Its management account is the one that the installation was set up with; that
 * account names the delegated administrator, which sees and configures its members.
 */
export type Standing = {
  readonly accountId: string;
  readonly isManagement: boolean;
  readonly isAdministrator: boolean;
  /** The administrator that it is a member of, or null. */
  readonly memberOf: string | null;
};

/** Where an account stands in the organisation; an account that is not known stands alone. */
export async function getStanding(db: Db, accountId: string): Promise<Standing> {
  const found = await sql<Omit<Standing, 'accountId'>>`
    select ${accountId} = (select account_id from account order by created_at, account_id limit 1) as "isManagement",
      exists (select 1 from delegated_administrator where account_id = ${accountId}) as "isAdministrator",
      (select m.administrator_id from member m join delegated_administrator d on d.account_id = m.administrator_id
        where m.account_id = ${accountId} and m.status = 'ENABLED') as "memberOf"`.execute(db);
  const row = found.rows[0];
  return {
    accountId,
    isManagement: row?.isManagement ?? false,
    isAdministrator: row?.isAdministrator ?? false,
    memberOf: row?.memberOf ?? null,
  };
}

/** The delegated administrator's account, or null when none was named. */
export async function getAdministrator(db: Db): Promise<string | null> {
  const found = await sql<{ id: string }>`select account_id as id from delegated_administrator`.execute(db);
  return found.rows[0]?.id ?? null;
}

/** False when there is one already, this or another. A former member no longer belongs to anybody. */
export async function nameAdministrator(db: Db, accountId: string, now: number): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    const made =
      await sql`insert into delegated_administrator (account_id, since) values (${accountId}, ${now})
      on conflict (only_one) do nothing returning account_id`.execute(transaction);
    if (made.rows.length === 0) return false;
    await sql`delete from member where account_id = ${accountId}`.execute(transaction);
    return true;
  });
}

/** Takes the administrator's office and sets its members free, each with the settings it has. False: it is not it. */
export async function dismissAdministrator(db: Db, accountId: string): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    const gone = await sql`delete from delegated_administrator where account_id = ${accountId}
      returning account_id`.execute(transaction);
    if (gone.rows.length === 0) return false;
    await keepInherited(transaction, accountId, null);
    await sql`delete from member where administrator_id = ${accountId}`.execute(transaction);
    // What is set for members that come later has nobody to come to.
    await sql`delete from account_setting where account_id = ${accountId} and name = 'autoEnable'`.execute(
      transaction,
    );
    return true;
  });
}
