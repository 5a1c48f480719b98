import { sql } from 'kysely';
import { reasonOf } from '../model/problem.ts';
import { deleteOldCisScans, settleCisScans } from '../store/cis-scans.ts';
import { deleteUnusedNetworkFindings } from '../store/exposures.ts';
import { deletePastRetention } from '../store/findings.ts';
import { logJob, pruneJobs } from '../store/job-log.ts';
import type { JobContext } from './context.ts';

const jobLogKept = 30 * 86_400_000;
// Tables that change all the time; the embedded database has nothing that would clean them by itself.
const busyTables = [
  'finding',
  'finding_event',
  'match',
  'resource',
  'inventory_package',
  'package_version',
  'job_log',
];

/** Deletes what is past its retention and keeps the embedded database lean. */
export async function retain(context: JobContext, trigger: string): Promise<void> {
  const { db, now } = context;
  const started = performance.now();
  const deleted = await deletePastRetention(db, now(), context.rules);
  await pruneJobs(db, now() - jobLogKept);
  // Inventories that no resource has any more, then package versions that no inventory names.
  await sql`delete from inventory i where not exists (select 1 from resource r where r.inventory_id = i.inventory_id)
    and i.created_at < ${now() - 3_600_000}`.execute(db);
  await sql`delete from package_version v where not exists (
      select 1 from inventory_package p where p.package_version_id = v.package_version_id)
    and not exists (select 1 from inventory i where i.created_at > ${now() - 3_600_000})`.execute(db);
  await deleteUnusedNetworkFindings(db);
  await settleCisScans(db, now());
  await deleteOldCisScans(db, now());
  for (const table of busyTables) {
    await sql`vacuum (analyze) ${sql.table(table)}`.execute(db).catch((error) => {
      context.log.warn({ table, why: reasonOf(error) }, 'vacuum did not run');
    });
  }
  await logJob(db, {
    at: now(),
    job: 'retain',
    trigger,
    subject: 'store',
    outcome: 'done',
    why: `${deleted} closed findings were past their retention`,
    milliseconds: performance.now() - started,
  });
}
