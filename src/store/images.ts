import { sql } from 'kysely';
import type { Db } from './database.ts';

/** Whether the account has an image of this ARN, or any of the repository that it names. */
export async function hasImage(db: Db, accountId: string, arn: string): Promise<boolean> {
  const found = await sql`select 1 from resource where account_id = ${accountId}
    and type = 'AWS_ECR_CONTAINER_IMAGE' and (id = ${arn} or starts_with(id, ${`${arn}/`})) limit 1`.execute(
    db,
  );
  return found.rows.length > 0;
}
