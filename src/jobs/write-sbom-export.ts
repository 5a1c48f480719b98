import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { reasonOf } from '../model/problem.ts';
import { type AccountScope, memberScopes } from '../store/account-scope.ts';
import { enabledTypes, getAccount, resourceTypesOf } from '../store/accounts.ts';
import { criteriaOf } from '../store/api-criteria.ts';
import { loadInventory } from '../store/inventories.ts';
import { logJob } from '../store/job-log.ts';
import { endReport, type Report, reportByNumber } from '../store/reports.ts';
import { listSbomResources, type SbomResource, sbomVulnerabilities } from '../store/sbom-resources.ts';
import type { JobContext } from './context.ts';
import { putFile, type Undelivered } from './report-destination.ts';
import { exportedCycloneDx } from './sbom-export-cyclonedx.ts';
import { exportedSpdx } from './sbom-export-spdx.ts';

export type SbomExportContext = Pick<JobContext, 'db' | 'scratchDirectory' | 'now' | 'reports'>;

const resourcesAtOnce = 50;
const fileNameBytesMax = 255;
// The bound of findings reports, which exports share.
// Source: https://docs.aws.amazon.com/inspector/latest/user/findings-managing-exporting-reports.html
const exportMilliseconds = 12 * 3_600_000;

type Outcome = { readonly written: number; readonly ended: Undelivered | 'cancelled' | null };

/**
 * Puts one document for each resource where the export should go, one resource in memory at a time. An export that
 * was cancelled meanwhile is left; a process that is killed leaves it in progress, and the next run puts the same
 * documents under the same keys again.
 */
export async function writeSbomExport(
  context: SbomExportContext,
  reportNumber: number,
  trigger: string,
): Promise<void> {
  const { db, now } = context;
  const started = performance.now();
  const report = await reportByNumber(db, reportNumber);
  if (report?.status !== 'IN_PROGRESS' || report.kind !== 'SBOM') return;
  const { written, ended } = await attempt(context, report);
  if (ended !== 'cancelled') await endReport(db, reportNumber, ended ? 'FAILED' : 'SUCCEEDED', ended, now());
  const isCancelled = ended === 'cancelled';
  const end = ended === null ? '' : isCancelled ? '; it was cancelled' : `; ${ended.message}`;
  await logJob(db, {
    at: now(),
    job: 'report',
    trigger,
    subject: report.reportId,
    outcome: ended === null ? 'done' : isCancelled ? 'skipped' : 'failed',
    why: `${written} documents were put${end}`,
    milliseconds: performance.now() - started,
  });
}

async function attempt(context: SbomExportContext, report: Report): Promise<Outcome> {
  const file = join(context.scratchDirectory, `sbom-${report.reportId}`);
  const count = { written: 0 };
  try {
    const ended = await writeAll(context, report, file, count);
    return { written: count.written, ended };
  } catch (error) {
    const message = `The export could not be written: ${reasonOf(error)}`;
    return { written: count.written, ended: { code: 'INTERNAL_ERROR', message } };
  } finally {
    await rm(file, { force: true });
  }
}

async function writeAll(
  context: SbomExportContext,
  report: Report,
  file: string,
  count: { written: number },
): Promise<Outcome['ended']> {
  const { db, now } = context;
  const criteria = criteriaOf(report.criteria ?? {});
  const scope = { ...(await scopeOfAccount(context, report.accountId)), criteria };
  let after = 0;
  for (;;) {
    const page = await listSbomResources(db, scope, after, resourcesAtOnce);
    for (const resource of page) {
      if ((await reportByNumber(db, report.reportNumber))?.status !== 'IN_PROGRESS') return 'cancelled';
      if (now() - report.createdAt > exportMilliseconds)
        return { code: 'INTERNAL_ERROR', message: 'The export took longer than 12 hours.' };
      const wrong = await putDocument(context, report, resource, file);
      if (wrong) return wrong;
      count.written++;
      after = resource.resourceId;
    }
    if (page.length < resourcesAtOnce) break;
  }
  // The API's errors have one word for an export of nothing.
  return count.written > 0
    ? null
    : { code: 'NO_FINDINGS_FOUND', message: 'No monitored resource fits the filter criteria.' };
}

async function putDocument(
  { db, reports }: SbomExportContext,
  report: Report,
  resource: SbomResource,
  file: string,
): Promise<Undelivered | null> {
  const inventory = await loadInventory(db, resource.inventoryId);
  if (!inventory) {
    const message = `The inventory of ${resource.id} changed while it was read; ask for the export again.`;
    return { code: 'INTERNAL_ERROR', message };
  }
  const vulnerabilities = await sbomVulnerabilities(db, resource);
  const now = new Date(report.createdAt);
  const subject = { resource, inventory, vulnerabilities, now, version: packageJson.version };
  const document = report.format === 'SPDX_2_3' ? exportedSpdx(subject) : exportedCycloneDx(subject);
  await writeFile(file, JSON.stringify(document), { mode: 0o600 });
  const { folders, name } = placeOf(report, resource);
  const keyPrefix = [report.destination.keyPrefix ?? '', ...folders].join('/');
  return putFile(file, { ...report.destination, keyPrefix }, name, reports);
}

/**
 * Where a document goes below the key prefix, in Inspector's layout. A name that no file system would take is cut, and
 * a hash keeps it apart from its neighbours.
 */
export function placeOf(
  { format, reportId }: Pick<Report, 'format' | 'reportId'>,
  { accountId, type, id }: Pick<SbomResource, 'accountId' | 'type' | 'id'>,
): { readonly folders: readonly string[]; readonly name: string } {
  const folders = [`${format}_outputs_${reportId}`, `account=${accountId}`, `resource=${type}`];
  const plain = id.replace(/[/\\\0]/g, '_');
  const end = `_${format}.json`;
  if (Buffer.byteLength(plain + end) <= fileNameBytesMax) return { folders, name: plain + end };
  const hash = `_${createHash('sha256').update(id).digest('hex').slice(0, 16)}`;
  const kept = Buffer.from(plain).subarray(0, fileNameBytesMax - hash.length - end.length);
  return { folders, name: `${kept.toString('utf8').replace(/\ufffd+$/, '')}${hash}${end}` };
}

async function scopeOfAccount({ db }: SbomExportContext, accountId: string): Promise<AccountScope> {
  const account = await getAccount(db, accountId);
  const resourceTypes = account ? resourceTypesOf(enabledTypes(account)) : [];
  return { accountId, resourceTypes, members: await memberScopes(db, accountId) };
}
