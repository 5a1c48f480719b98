import { sql } from 'kysely';
import type { Db } from './database.ts';

/** One line of what the service did, or did not do and why. */
export type JobLine = {
  readonly at: number;
  readonly job: 'discover' | 'reach' | 'scan' | 'rematch' | 'retain' | 'report' | 'update';
  readonly trigger: string;
  readonly subject: string;
  readonly outcome: 'done' | 'skipped' | 'failed';
  readonly why: string;
  readonly milliseconds: number;
};

const textMax = 2000;

export async function logJob(db: Db, line: JobLine): Promise<void> {
  await sql`insert into job_log (at, job, trigger, subject, outcome, why, milliseconds)
    values (${line.at}, ${line.job}, ${line.trigger}, ${line.subject.slice(0, textMax)}, ${line.outcome},
      ${line.why.slice(0, textMax).replaceAll('\0', '')}, ${Math.round(line.milliseconds)})`.execute(db);
}

/** Newest first. */
export async function listJobs(db: Db, limit: number): Promise<JobLine[]> {
  const found = await sql<JobLine>`
    select at, job, trigger, subject, outcome, why, milliseconds from job_log
    order by job_log_id desc limit ${limit}`.execute(db);
  return found.rows;
}

export async function pruneJobs(db: Db, before: number): Promise<void> {
  await sql`delete from job_log where at < ${before}`.execute(db);
}
