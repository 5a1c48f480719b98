import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { CodeProject } from './code-projects.ts';
import type { Db } from './database.ts';

export type CodeScanStatus = 'IN_PROGRESS' | 'SUCCESSFUL' | 'FAILED' | 'SKIPPED';

/** A scan of a project that somebody asked for. */
export type CodeScan = {
  readonly scanNumber: number;
  readonly scanId: string;
  readonly accountId: string;
  readonly resourceId: number;
  readonly status: CodeScanStatus;
  readonly statusReason: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
};

const columns = sql`scan_number as "scanNumber", scan_id as "scanId", account_id as "accountId",
  resource_id as "resourceId", status, status_reason as "statusReason", created_at as "createdAt",
  updated_at as "updatedAt"`;

/** Null: a scan of the project is in progress. */
export async function createCodeScan(
  db: Db,
  { accountId, resourceId }: CodeProject,
  clientToken: string | null,
  now: number,
): Promise<CodeScan | null> {
  const made = await sql<CodeScan>`
    insert into code_scan (scan_id, account_id, resource_id, client_token, status, created_at, updated_at)
    values (${randomUUID()}, ${accountId}, ${resourceId}, ${clientToken}, 'IN_PROGRESS', ${now}, ${now})
    on conflict do nothing returning ${columns}`.execute(db);
  return made.rows[0] ?? null;
}

/** The scan that an account asked for with a token, or null. */
export async function codeScanOfToken(
  db: Db,
  accountId: string,
  clientToken: string,
): Promise<CodeScan | null> {
  const found = await sql<CodeScan>`
    select ${columns} from code_scan where account_id = ${accountId} and client_token = ${clientToken}`.execute(
    db,
  );
  return found.rows[0] ?? null;
}

export async function getCodeScan(
  db: Db,
  { resourceId }: CodeProject,
  scanId: string,
): Promise<CodeScan | null> {
  const found = await sql<CodeScan>`
    select ${columns} from code_scan where resource_id = ${resourceId} and scan_id = ${scanId}`.execute(db);
  return found.rows[0] ?? null;
}

export async function codeScanByNumber(db: Db, scanNumber: number): Promise<CodeScan | null> {
  const found = await sql<CodeScan>`
    select ${columns} from code_scan where scan_number = ${scanNumber}`.execute(db);
  return found.rows[0] ?? null;
}

export async function endCodeScan(
  db: Db,
  scanNumber: number,
  status: Exclude<CodeScanStatus, 'IN_PROGRESS'>,
  statusReason: string | null,
  now: number,
): Promise<void> {
  await sql`update code_scan set status = ${status}, status_reason = ${statusReason}, updated_at = ${now}
    where scan_number = ${scanNumber} and status = 'IN_PROGRESS'`.execute(db);
}
