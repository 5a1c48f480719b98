import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import type { CisLevel } from './cis-configurations.ts';
import { endFinished } from './cis-scans.ts';
import type { Db } from './database.ts';
import { inSlices, json, recordset } from './rows.ts';

export type CisJobStatus = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'TIMED_OUT';

/** One machine in one scan: its agent opens a session for it, tells what it found, and closes it. */
export type CisJob = {
  readonly jobNumber: number;
  readonly jobId: string;
  readonly scanNumber: number;
  readonly accountId: string;
  readonly resourceId: string;
  readonly platform: string | null;
  readonly status: CisJobStatus;
  /** SHA-256 of the session's token, or null while there is no session. */
  readonly session: string | null;
};

/** What an agent says of one rule. */
export type CisRuleResult = {
  readonly ruleId: string;
  readonly checkId: string;
  readonly title: string;
  readonly description: string | null;
  readonly remediation: string | null;
  readonly level: CisLevel | null;
  readonly ruleStatus: string;
  readonly status: 'PASSED' | 'FAILED' | 'SKIPPED';
  readonly reason: string | null;
};

/** Most rules of one machine. Source: https://docs.aws.amazon.com/inspector/v2/APIReference/API_StopCisMessageProgress.html */
export const cisRulesMax = 65_536;

const columns = sql`job_number as "jobNumber", job_id as "jobId", scan_number as "scanNumber",
  account_id as "accountId", resource_id as "resourceId", platform, status, session`;

export async function getCisJob(db: Db, accountId: string, jobId: string): Promise<CisJob | null> {
  const found = await sql<CisJob>`
    select ${columns} from cis_job where account_id = ${accountId} and job_id = ${jobId}`.execute(db);
  return found.rows[0] ?? null;
}

/** The jobs that wait for the agent of a machine, oldest first: what the agent is to be told. */
export async function pendingCisJobs(db: Db, accountId: string, resourceId: string): Promise<CisJob[]> {
  const found = await sql<CisJob>`select ${columns} from cis_job
    where account_id = ${accountId} and resource_id = ${resourceId} and status = 'PENDING'
    order by job_number`.execute(db);
  return found.rows;
}

export function sessionHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Opens the session of a job. False: it has another session, or is over. */
export async function openCisSession(db: Db, job: CisJob, token: string, now: number): Promise<boolean> {
  const session = sessionHash(token);
  const opened = await sql`update cis_job set status = 'RUNNING', session = ${session}, heard_at = ${now}
    where job_number = ${job.jobNumber} and (status = 'PENDING' or (status = 'RUNNING' and session = ${session}))
    returning job_number`.execute(db);
  return opened.rows.length > 0;
}

/** Notes that the agent is alive. False: the session is not open. */
export async function hearCisSession(db: Db, job: CisJob, now: number): Promise<boolean> {
  const heard = await sql`update cis_job set heard_at = ${now}
    where job_number = ${job.jobNumber} and status = 'RUNNING' returning job_number`.execute(db);
  return heard.rows.length > 0;
}

const checkColumns =
  'digest text, rule_id text, check_id text, check_order text, title text, description text, remediation text, level text';

/**
 * Keeps what an agent says of rules; what is said again of a rule takes the place of what was said before. `closed`:
 * the session is not open; `full`: there would be too many rules, and nothing was kept.
 */
export async function keepCisResults(
  db: Db,
  job: CisJob,
  results: readonly CisRuleResult[],
  now: number,
): Promise<'kept' | 'closed' | 'full'> {
  const rows = rowsOf(results);
  return db
    .transaction()
    .execute(async (tx) => {
      // The row of the job is held to the end, so that two calls of one agent count one after the other.
      if (!(await hearCisSession(tx, job, now))) return 'closed';
      await keepChecks(tx, rows);
      const rules = rows.map(({ rule_id }) => rule_id);
      await sql`delete from cis_result r using cis_check k
      where r.account_id = ${job.accountId} and r.job_number = ${job.jobNumber}
        and k.check_number = r.check_number and k.rule_id = any(${rules}::text[])`.execute(tx);
      const kept = await sql`
        insert into cis_result (account_id, job_number, check_number, rule_status, status, reason)
        select ${job.accountId}, ${job.jobNumber}, k.check_number, t.rule_status, t.status, t.reason
        from ${recordset(rows, 'digest text, rule_status text, status text, reason text')}
        join cis_check k on k.digest = t.digest returning check_number`.execute(tx);
      // A check that was cleaned away between the two statements would take its result along without a word.
      if (kept.rows.length !== rows.length) throw new Error('a check went while its result was kept');
      return (await countResults(tx, job)) > cisRulesMax ? undo() : 'kept';
    })
    .catch((error) => {
      if (error === tooMany) return 'full';
      throw error;
    });
}

const tooMany = new Error('too many rules');

// Leaves the transaction, which takes back what it did.
function undo(): never {
  throw tooMany;
}

type Row = { readonly digest: string; readonly rule_id: string };

function rowsOf(results: readonly CisRuleResult[]): readonly Row[] {
  const byRule = new Map<string, Row>();
  for (const { ruleStatus, status, reason, ...check } of results) {
    const row = {
      digest: digestOf(check),
      rule_id: check.ruleId,
      check_id: check.checkId,
      check_order: checkOrder(check.checkId),
      title: check.title,
      description: check.description,
      remediation: check.remediation,
      level: check.level,
      rule_status: ruleStatus,
      status,
      reason,
    };
    byRule.set(row.rule_id, row);
  }
  // In one order always: two transactions that keep the same checks must not wait for each other crosswise.
  return [...byRule.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

function digestOf({
  ruleId,
  checkId,
  title,
  description,
  remediation,
  level,
}: Omit<CisRuleResult, 'ruleStatus' | 'status' | 'reason'>): string {
  const parts = [ruleId, checkId, title, description, remediation, level];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** A check id with its numbers padded. */
export function checkOrder(checkId: string): string {
  return checkId.replace(/\d{1,8}/g, (digits) => digits.padStart(8, '0'));
}

async function keepChecks(tx: Db, rows: readonly Row[]): Promise<void> {
  await inSlices(rows, 500, async (slice) => {
    await sql`insert into cis_check (digest, rule_id, check_id, check_order, title, description, remediation, level)
      select * from ${recordset(slice, checkColumns)} order by t.digest
      on conflict (digest) do nothing`.execute(tx);
  });
}

/** Counts the results of a job anew, adds what changed to its account's counts, and answers how many there are. */
async function countResults(tx: Db, { accountId, jobNumber, scanNumber }: CisJob): Promise<number> {
  const counted = await sql<{ total: number; passed: number; failed: number; skipped: number }>`
    with before as (select passed, failed, skipped from cis_job where job_number = ${jobNumber}),
    now as (select ${counts(sql`r.status`)} from cis_result r
      where r.account_id = ${accountId} and r.job_number = ${jobNumber}),
    kept as (update cis_job j set passed = now.passed, failed = now.failed, skipped = now.skipped
      from now where j.job_number = ${jobNumber})
    select now.passed + now.failed + now.skipped as total, now.passed - before.passed as passed,
      now.failed - before.failed as failed, now.skipped - before.skipped as skipped
    from before, now`.execute(tx);
  const change = counted.rows[0];
  if (!change) return 0;
  await sql`update cis_scan_account set passed = passed + ${change.passed}, failed = failed + ${change.failed},
      skipped = skipped + ${change.skipped}
    where account_id = ${accountId} and scan_number = ${scanNumber}`.execute(tx);
  return change.total;
}

export function counts(status: RawBuilder<unknown>): RawBuilder<unknown> {
  const of = (word: string) => sql`count(*) filter (where ${status} = ${sql.lit(word)})`;
  return sql`${of('PASSED')} as passed, ${of('FAILED')} as failed, ${of('SKIPPED')} as skipped`;
}

/** How an agent says that it is done. */
export type CisStop = {
  readonly status: 'COMPLETED' | 'CANCELLED';
  readonly statusReason: 'UNSUPPORTED_OS' | null;
  readonly platform: string | null;
  /** The agent's message. */
  readonly message: object;
};

/** Closes a session, and the scan when it was the last one. False: the session is not open. */
export async function closeCisSession(db: Db, job: CisJob, stop: CisStop, now: number): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const closed = await sql`update cis_job set status = ${stop.status}, status_reason = ${stop.statusReason},
        platform = coalesce(platform, ${stop.platform}), stop = ${json(stop.message)}, heard_at = ${now}, ended_at = ${now}
      where job_number = ${job.jobNumber} and status = 'RUNNING' returning job_number`.execute(tx);
    if (closed.rows.length === 0) return false;
    await endFinished(tx, now);
    return true;
  });
}
