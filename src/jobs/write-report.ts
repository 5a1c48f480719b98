import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '@aws-sdk/client-inspector2';
import { reasonOf } from '../model/problem.ts';
import { type AccountScope, memberScopes } from '../store/account-scope.ts';
import { enabledTypes, getAccount, resourceTypesOf } from '../store/accounts.ts';
import { criteriaOf } from '../store/api-criteria.ts';
import { type FindingRow, listFindings, markOf, type PageMark } from '../store/finding-list.ts';
import { logJob } from '../store/job-log.ts';
import { endReport, type Report, reportByNumber } from '../store/reports.ts';
import type { JobContext } from './context.ts';
import { csvHeader, csvLine } from './report-csv.ts';
import { putFile, type ReportSettings, type Undelivered } from './report-destination.ts';

/** What a report needs beside what every job has. */
export type ReportContext = Pick<JobContext, 'db' | 'scratchDirectory' | 'now'> & {
  readonly reports: ReportSettings;
  /** A stored finding in the shape of the API. */
  readonly findingDocument: (row: FindingRow) => Finding;
};

const rowsAtOnce = 200;
// Source: https://docs.aws.amazon.com/inspector/latest/user/findings-managing-exporting-reports.html
const reportMilliseconds = 12 * 3_600_000;

/**
 * Writes one report page by page into a scratch file and puts it where it should go. A report that was cancelled
 * meanwhile is left; a process that is killed leaves it in progress, and the next run starts it anew.
 */
export async function writeReport(
  context: ReportContext,
  reportNumber: number,
  trigger: string,
): Promise<void> {
  const { db, now } = context;
  const started = performance.now();
  const report = await reportByNumber(db, reportNumber);
  if (report?.status !== 'IN_PROGRESS') return;
  const file = join(context.scratchDirectory, `report-${report.reportId}`);
  const error = await attempt(context, report, file);
  await rm(file, { force: true });
  if (error !== 'cancelled') await endReport(db, reportNumber, error ? 'FAILED' : 'SUCCEEDED', error, now());
  await logJob(db, {
    at: now(),
    job: 'report',
    trigger,
    subject: report.reportId,
    outcome: error === null ? 'done' : error === 'cancelled' ? 'skipped' : 'failed',
    why: error === null ? 'the report was put' : error === 'cancelled' ? 'it was cancelled' : error.message,
    milliseconds: performance.now() - started,
  });
}

async function attempt(
  context: ReportContext,
  report: Report,
  file: string,
): Promise<Undelivered | 'cancelled' | null> {
  try {
    const handle = await open(file, 'w', 0o600);
    const written = await writeAll(context, report, handle).finally(() => handle.close());
    if (typeof written !== 'number') return written;
    if (written === 0) return { code: 'NO_FINDINGS_FOUND', message: 'No finding fits the filter criteria.' };
    const name = `${report.reportId}.${report.format.toLowerCase()}`;
    return await putFile(file, report.destination, name, context.reports);
  } catch (error) {
    return { code: 'INTERNAL_ERROR', message: `The report could not be written: ${reasonOf(error)}` };
  }
}

/** Answers how many findings were written, or why not all. */
async function writeAll(
  context: ReportContext,
  report: Report,
  handle: FileHandle,
): Promise<number | Undelivered | 'cancelled'> {
  const { db, now, findingDocument } = context;
  const isCsv = report.format === 'CSV';
  const scope = await scopeOfAccount(context, report.accountId);
  const criteria = criteriaOf({ ...onlyActive, ...report.criteria });
  await handle.write(isCsv ? csvHeader : '{"findings":[');
  let after: PageMark | null = null;
  let count = 0;
  for (;;) {
    if ((await reportByNumber(db, report.reportNumber))?.status !== 'IN_PROGRESS') return 'cancelled';
    if (now() - report.createdAt > reportMilliseconds)
      return { code: 'INTERNAL_ERROR', message: 'The report took longer than 12 hours.' };
    const query = { ...scope, criteria, sort: null, descending: false, limit: rowsAtOnce, after };
    const rows: readonly FindingRow[] = await listFindings(db, query);
    const documents = rows.map(findingDocument);
    const text = isCsv
      ? documents.map((finding) => csvLine(finding, now())).join('')
      : documents
          .map((finding, index) => `${count + index === 0 ? '' : ','}\n${JSON.stringify(finding)}`)
          .join('');
    if (text !== '') await handle.write(text);
    count += rows.length;
    const last = rows.at(-1);
    if (!last || rows.length < rowsAtOnce) break;
    after = markOf(last);
  }
  if (!isCsv) await handle.write('\n]}\n');
  return count;
}

const onlyActive = { findingStatus: [{ comparison: 'EQUALS', value: 'ACTIVE' }] };

async function scopeOfAccount({ db }: ReportContext, accountId: string): Promise<AccountScope> {
  const account = await getAccount(db, accountId);
  const resourceTypes = account ? resourceTypesOf(enabledTypes(account)) : [];
  return { accountId, resourceTypes, members: await memberScopes(db, accountId) };
}
