import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from './database.ts';
import { json } from './rows.ts';

export type ReportKind = 'FINDINGS' | 'SBOM';
export type ReportStatus = 'IN_PROGRESS' | 'SUCCEEDED' | 'CANCELLED' | 'FAILED';

export type ReportDestination = {
  readonly bucketName: string;
  readonly keyPrefix: string | null;
  readonly kmsKeyArn: string;
};

/** Why a report failed, in the words of the API. */
export type ReportError =
  | 'INTERNAL_ERROR'
  | 'INVALID_PERMISSIONS'
  | 'NO_FINDINGS_FOUND'
  | 'BUCKET_NOT_FOUND'
  | 'INCOMPATIBLE_BUCKET_REGION'
  | 'MALFORMED_KMS_KEY';

/** A report that an account asked for. */
export type Report = {
  readonly reportNumber: number;
  readonly reportId: string;
  readonly accountId: string;
  readonly kind: ReportKind;
  readonly format: string;
  /** In the shape of the API, times as ISO 8601; null: none were given. */
  readonly criteria: Readonly<Record<string, unknown>> | null;
  readonly destination: ReportDestination;
  readonly status: ReportStatus;
  readonly errorCode: ReportError | null;
  readonly errorMessage: string | null;
  readonly createdAt: number;
};

const columns = sql`report_number as "reportNumber", report_id as "reportId", account_id as "accountId", kind, format,
  criteria, destination, status, error_code as "errorCode", error_message as "errorMessage", created_at as "createdAt"`;

/** Null when the account has a report of that kind in progress. */
export async function createReport(
  db: Db,
  report: Pick<Report, 'accountId' | 'kind' | 'format' | 'criteria' | 'destination'>,
  now: number,
): Promise<Report | null> {
  const criteria = report.criteria === null ? sql`null` : json(report.criteria);
  const made = await sql<Report>`
    insert into report (report_id, account_id, kind, format, criteria, destination, status, created_at)
    values (${randomUUID()}, ${report.accountId}, ${report.kind}, ${report.format}, ${criteria},
      ${json(report.destination)}, 'IN_PROGRESS', ${now})
    on conflict (account_id, kind) where status = 'IN_PROGRESS' do nothing returning ${columns}`.execute(db);
  return made.rows[0] ?? null;
}

/** A report of the account by its id, or the one in progress where the id is null. */
export async function getReport(
  db: Db,
  accountId: string,
  kind: ReportKind,
  reportId: string | null,
): Promise<Report | null> {
  const which = reportId === null ? sql`status = 'IN_PROGRESS'` : sql`report_id = ${reportId}`;
  const found = await sql<Report>`select ${columns} from report
    where account_id = ${accountId} and kind = ${kind} and ${which}`.execute(db);
  return found.rows[0] ?? null;
}

export async function reportByNumber(db: Db, reportNumber: number): Promise<Report | null> {
  const found =
    await sql<Report>`select ${columns} from report where report_number = ${reportNumber}`.execute(db);
  return found.rows[0] ?? null;
}

/** Ends a report that is in progress; false when it had ended already, which stays as it was. */
export async function endReport(
  db: Db,
  reportNumber: number,
  status: Exclude<ReportStatus, 'IN_PROGRESS'>,
  error: { readonly code: ReportError; readonly message: string } | null,
  now: number,
): Promise<boolean> {
  const ended = await sql`update report set status = ${status}, error_code = ${error?.code ?? null},
      error_message = ${error?.message ?? null}, finished_at = ${now}
    where report_number = ${reportNumber} and status = 'IN_PROGRESS' returning report_number`.execute(db);
  return ended.rows.length > 0;
}
