import { sql } from 'kysely';
import type { Intelligence, RevisionDiff } from '../intel/contract.ts';
import { diffRevisions } from '../intel/diff.ts';
import type { CloseReason } from '../model/finding.ts';
import { reasonOf } from '../model/problem.ts';
import { type RecordOutcome, record } from '../pipeline/record/record.ts';
import { adjustForNetwork } from '../pipeline/score/exposure-score.ts';
import { listAccounts } from '../store/accounts.ts';
import type { Db } from '../store/database.ts';
import { findingStore } from '../store/findings.ts';
import { logJob } from '../store/job-log.ts';
import {
  adoptRevision,
  countVersions,
  getSetting,
  type PackageVersion,
  putSetting,
  versionsOfKeys,
} from '../store/matches.ts';
import { inSlices, recordset } from '../store/rows.ts';
import type { JobContext } from './context.ts';
import { type ChangedMatch, judgeVersions } from './judge-versions.ts';
import { outcomeText } from './scan-resource.ts';
import { suppress } from './suppress.ts';

const appliedSetting = 'intelligence.applied';
const versionsAtOnce = 2000;
const keysAtOnce = 5000;

/**
 * Brings stored matches and findings to the current revision. Only package versions under keys that the revision
 * changed, and those whose vulnerability's facts changed, are judged again; the rest adopt the revision as it is.
 */
export async function applyRevision(context: JobContext, trigger: string): Promise<void> {
  const { db, now } = context;
  const started = performance.now();
  const intelligence = context.intelligence.current();
  if (!intelligence) return;
  const { revision } = intelligence.meta;
  const applied = await getSetting<string>(db, appliedSetting);
  const line = (outcome: 'done' | 'skipped' | 'failed', why: string) =>
    logJob(db, {
      at: now(),
      job: 'rematch',
      trigger,
      subject: revision,
      outcome,
      why,
      milliseconds: performance.now() - started,
    });
  if (applied === revision) return line('skipped', 'this revision was applied already');
  try {
    const diff = applied === null ? null : diffFrom(context, applied, intelligence);
    const total = await countVersions(db);
    let judged = 0;
    const outcome = { opened: 0, closed: 0, reopened: 0, updated: 0 };
    for await (const versions of versionsToJudge(db, diff)) {
      judged += versions.length;
      const changed = await judgeVersions(context, intelligence, versions);
      add(outcome, await recordChanged(context, intelligence, changed));
    }
    if (outcome.opened + outcome.reopened + outcome.updated > 0) {
      for (const accountId of await listAccounts(db)) await suppress(db, accountId, null, now());
    }
    if (diff && applied !== null) await adoptRevision(db, applied, revision);
    await putSetting(db, appliedSetting, revision);
    const what = diff
      ? `${diff.keys.length} keys and ${diff.vulnerabilities.length} vulnerabilities changed`
      : 'there is no earlier revision to compare with';
    await line(
      'done',
      `${what}; ${judged} of ${total} package versions judged again, ${total - judged} left alone; ${outcomeText(outcome)}`,
    );
  } catch (error) {
    await line('failed', reasonOf(error));
    throw error;
  }
}

function diffFrom(context: JobContext, applied: string, intelligence: Intelligence): RevisionDiff | null {
  const before = context.intelligence.openRevision(applied);
  if (!before) return null;
  try {
    return diffRevisions(before, intelligence);
  } finally {
    before.close();
  }
}

async function* versionsToJudge(
  db: Db,
  diff: RevisionDiff | null,
): AsyncGenerator<readonly PackageVersion[]> {
  if (diff === null) {
    yield* paged((after) => everyVersion(db, after));
    return;
  }
  const seen = new Set<number>();
  const fresh = (versions: readonly PackageVersion[]) =>
    versions.filter(({ id }) => !seen.has(id) && seen.add(id) !== undefined);
  for (let from = 0; from < diff.keys.length; from += keysAtOnce) {
    const keys = diff.keys.slice(from, from + keysAtOnce);
    for await (const versions of paged((after) => versionsOfKeys(db, keys, after, versionsAtOnce)))
      yield fresh(versions);
  }
  for (let from = 0; from < diff.vulnerabilities.length; from += keysAtOnce) {
    const ids = diff.vulnerabilities.slice(from, from + keysAtOnce);
    for await (const versions of paged((after) => versionsWithMatches(db, ids, after))) yield fresh(versions);
  }
}

async function* paged(
  load: (after: number) => Promise<readonly PackageVersion[]>,
): AsyncGenerator<readonly PackageVersion[]> {
  let after = 0;
  while (true) {
    const versions = await load(after);
    if (versions.length === 0) return;
    yield versions;
    after = versions.at(-1)?.id ?? after;
  }
}

async function everyVersion(db: Db, after: number): Promise<readonly PackageVersion[]> {
  const found = await sql<PackageVersion>`
    select package_version_id as id, subject from package_version where package_version_id > ${after}
    order by package_version_id limit ${versionsAtOnce}`.execute(db);
  return found.rows;
}

// A rating, an exploit or a withdrawal changes what a stored match is worth, not which packages match.
async function versionsWithMatches(
  db: Db,
  vulnerabilities: readonly string[],
  after: number,
): Promise<readonly PackageVersion[]> {
  const found = await sql<PackageVersion>`
    select package_version_id as id, subject from package_version
    where package_version_id > ${after} and package_version_id in (
      select package_version_id from match where vulnerability_id = any(${vulnerabilities}::text[]))
    order by package_version_id limit ${versionsAtOnce}`.execute(db);
  return found.rows;
}

/** Records the resources that carry a changed match, looking at the changed vulnerabilities only. */
async function recordChanged(
  context: JobContext,
  intelligence: Intelligence,
  changed: readonly ChangedMatch[],
): Promise<RecordOutcome> {
  const outcome = { opened: 0, closed: 0, reopened: 0, updated: 0 };
  await inSlices(changed, versionsAtOnce, async (slice) => {
    const rows = slice.map((item) => ({ id: item.packageVersionId }));
    const found = await sql<{ id: number }>`
      select distinct r.resource_id as id from resource r
      where r.gone_at is null and r.inventory_id in (
        select p.inventory_id from inventory_package p
        join ${recordset(rows, 'id bigint')} on t.id = p.package_version_id)
      order by r.resource_id`.execute(context.db);
    add(
      outcome,
      await record(findingStore(context.db), {
        resourceIds: found.rows.map(({ id }) => id),
        vulnerabilities: [...new Set(slice.map(({ vulnerabilityId }) => vulnerabilityId))],
        now: context.now(),
        revision: intelligence.meta.revision,
        rules: context.rules,
        adjust: adjustForNetwork,
        closeReason: (id) => reasonNow(id, intelligence),
      }),
    );
  });
  return outcome;
}

function reasonNow(vulnerability: string, intelligence: Intelligence): CloseReason {
  const known = intelligence.vulnerability(vulnerability);
  // A record that vanished from its feed was taken back as much as one that says so.
  return known === null || known.withdrawn !== null || intelligence.keysOf(vulnerability).length === 0
    ? 'WITHDRAWN'
    : 'NOT_AFFECTED';
}

function add(
  sum: { opened: number; closed: number; reopened: number; updated: number },
  more: RecordOutcome,
): void {
  sum.opened += more.opened;
  sum.closed += more.closed;
  sum.reopened += more.reopened;
  sum.updated += more.updated;
}
