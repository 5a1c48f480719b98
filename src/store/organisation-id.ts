import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from './database.ts';

/**
 * The id of the installation's organisation, `o-` and ten characters: made of its management account, and so the same
 * for ever.
 */
export async function organisationId(db: Db): Promise<string> {
  const found = await sql<{ id: string }>`
    select account_id as id from account order by created_at, account_id limit 1`.execute(db);
  const hash = createHash('sha256')
    .update(`organisation ${found.rows[0]?.id ?? ''}`)
    .digest('hex');
  return `o-${hash.slice(0, 10)}`;
}
