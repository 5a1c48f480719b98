import { sql } from 'kysely';
import type { Db } from './database.ts';
import { json } from './rows.ts';

/** One change that somebody asked for through the API. `before` and `after` are null where there was nothing. */
export type AuditEntry = {
  readonly auditId: number;
  readonly at: number;
  readonly userName: string;
  readonly operation: string;
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
};

/** Notes a change, under the account whose key asked for it. */
export async function noteChange(
  db: Db,
  accountId: string,
  entry: Omit<AuditEntry, 'auditId'>,
): Promise<void> {
  await sql`insert into audit_log (account_id, at, user_name, operation, subject, before, after)
    values (${accountId}, ${entry.at}, ${entry.userName}, ${entry.operation}, ${entry.subject},
      ${nullable(entry.before)}, ${nullable(entry.after)})`.execute(db);
}

/** One page of an account's changes, newest first. `before` null: from the newest. */
export async function listChanges(
  db: Db,
  accountId: string,
  before: number | null,
  limit: number,
): Promise<AuditEntry[]> {
  const older = before === null ? sql`` : sql`and audit_id < ${before}`;
  const found = await sql<AuditEntry>`
    select audit_id as "auditId", at, user_name as "userName", operation, subject, before, after
    from audit_log where account_id = ${accountId} ${older} order by audit_id desc limit ${limit}`.execute(
    db,
  );
  return found.rows;
}

function nullable(value: unknown) {
  return value === null || value === undefined ? sql`null` : json(value);
}
