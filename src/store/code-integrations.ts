import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from './database.ts';

/** A provider of code repositories that an account wants connected. */
export type CodeIntegration = {
  readonly integrationNumber: number;
  readonly arn: string;
  readonly accountId: string;
  readonly name: string;
  readonly type: 'GITHUB' | 'GITLAB_SELF_MANAGED';
  /** Of a self-managed provider, else null. */
  readonly instanceUrl: string | null;
  readonly status: 'PENDING' | 'IN_PROGRESS' | 'ACTIVE' | 'INACTIVE' | 'DISABLING';
  readonly statusReason: string;
  readonly createdAt: number;
  readonly updatedAt: number;
};

const columns = sql`integration_number as "integrationNumber", arn, account_id as "accountId", name, type,
  instance_url as "instanceUrl", status, status_reason as "statusReason", created_at as "createdAt",
  updated_at as "updatedAt"`;

/** Most integrations of an account: the service does not say, so it is what it says of scan configurations. */
export const codeIntegrationsMax = 500;

export async function createCodeIntegration(
  db: Db,
  region: string,
  made: Pick<CodeIntegration, 'accountId' | 'name' | 'type' | 'instanceUrl' | 'status' | 'statusReason'>,
  now: number,
): Promise<CodeIntegration | 'taken' | 'full'> {
  const { accountId, name } = made;
  const arn = `arn:aws:inspector2:${region}:${accountId}:codesecurity-integration/${randomUUID()}`;
  const rows = await sql<CodeIntegration>`
    insert into code_integration (arn, account_id, name, type, instance_url, status, status_reason, created_at, updated_at)
    select ${arn}, ${accountId}, ${name}, ${made.type}, ${made.instanceUrl}, ${made.status}, ${made.statusReason},
      ${now}, ${now}
    where (select count(*) from code_integration where account_id = ${accountId}) < ${codeIntegrationsMax}
    on conflict (account_id, name) do nothing returning ${columns}`.execute(db);
  if (rows.rows[0]) return rows.rows[0];
  const taken = await sql`select 1 from code_integration
    where account_id = ${accountId} and name = ${name}`.execute(db);
  return taken.rows.length > 0 ? 'taken' : 'full';
}

export async function getCodeIntegration(
  db: Db,
  accountId: string,
  arn: string,
): Promise<CodeIntegration | null> {
  const rows = await sql<CodeIntegration>`
    select ${columns} from code_integration where account_id = ${accountId} and arn = ${arn}`.execute(db);
  return rows.rows[0] ?? null;
}

export async function setCodeIntegrationStatus(
  db: Db,
  integrationNumber: number,
  { status, statusReason }: Pick<CodeIntegration, 'status' | 'statusReason'>,
  now: number,
): Promise<void> {
  await sql`update code_integration set status = ${status}, status_reason = ${statusReason}, updated_at = ${now}
    where integration_number = ${integrationNumber}`.execute(db);
}

/** Takes the integration and its tags away. */
export async function deleteCodeIntegration(
  db: Db,
  { integrationNumber, arn }: CodeIntegration,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`delete from code_integration where integration_number = ${integrationNumber}`.execute(tx);
    await sql`delete from tag where arn = ${arn}`.execute(tx);
  });
}

/** One page of an account's integrations, oldest first. */
export async function listCodeIntegrations(
  db: Db,
  accountId: string,
  after: number,
  limit: number,
): Promise<CodeIntegration[]> {
  const rows = await sql<CodeIntegration>`
    select ${columns} from code_integration where account_id = ${accountId} and integration_number > ${after}
    order by integration_number limit ${limit}`.execute(db);
  return rows.rows;
}
