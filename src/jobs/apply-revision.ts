import type { Intelligence } from '../intel/contract.ts';
import { diffRevisions } from '../intel/diff.ts';
import { reasonOf } from '../model/problem.ts';
import type { RecordOutcome } from '../pipeline/record/record.ts';
import type { Db } from '../store/database.ts';
import { logJob } from '../store/job-log.ts';
import {
  adoptRevision,
  countVersions,
  getSetting,
  lastVersionId,
  type PackageVersion,
  putSetting,
  versionIdsOfMatches,
  versionsAfter,
  versionsById,
} from '../store/matches.ts';
import { inSlices } from '../store/rows.ts';
import { changedFacts, changedVersions } from './changed-versions.ts';
import type { JobContext } from './context.ts';
import { judgeVersions } from './judge-versions.ts';
import { recordVersions, suppressVersions } from './record-versions.ts';
import { outcomeText } from './scan-resource.ts';
import { fillVersionKeys } from './version-keys.ts';

const appliedSetting = 'intelligence.applied';
const applyingSetting = 'intelligence.applying';
const versionsAtOnce = 2000;
const vulnerabilitiesAtOnce = 1000;

/**
 * Brings stored matches and findings to the current revision. Only package versions in the ranges that the revision
 * changed, and those whose vulnerability's facts changed, are judged again; the rest adopt the revision as it is.
 */
export async function applyRevision(context: JobContext, trigger: string): Promise<void> {
  const { db, now } = context;
  const started = performance.now();
  await fillVersionKeys(db);
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
    const total = await countVersions(db);
    const isAgain = (await getSetting<string>(db, applyingSetting)) === revision;
    await putSetting(db, applyingSetting, revision);
    const work = await workOf(context, applied, intelligence);
    const { judged, outcome } = await judgeAndRecord(context, intelligence, { ...work, isAgain });
    await suppressVersions(context, judged);
    await putSetting(db, appliedSetting, revision);
    const left = Math.max(0, total - judged.length);
    await line(
      'done',
      `${work.why}; ${judged.length} of ${total} package versions judged again, ${left} left alone; ${outcomeText(outcome)}`,
    );
  } catch (error) {
    await line('failed', reasonOf(error));
    throw error;
  }
}

type Work = {
  readonly versions: AsyncIterable<readonly PackageVersion[]>;
  /** Whether the matches of a version may have changed before without being recorded. */
  readonly isUnsure: (id: number) => boolean;
  /** Vulnerabilities whose facts findings carry, changed now. */
  readonly facts: readonly string[];
  readonly why: string;
};

/**
 * The versions to judge. Those that are left alone adopt the revision first: a scan that still works with the revision
 * before marks what it judges so, and only what was there and looked at here may count as judged under the new one.
 */
async function workOf(context: JobContext, applied: string | null, to: Intelligence): Promise<Work> {
  const { db } = context;
  const from = applied === null ? null : context.intelligence.openRevision(applied);
  if (from === null) {
    const why = 'there is no earlier revision to compare with';
    return { versions: everyVersion(db), isUnsure: () => applied !== null, facts: [], why };
  }
  try {
    const upTo = await lastVersionId(db);
    const diff = diffRevisions(from, to);
    const { all, unsure } = await changedVersions(db, { from, to }, diff);
    const ids = [...all].sort((a, b) => a - b);
    await adoptRevision(db, diff, upTo, ids);
    return {
      versions: versionsOf(db, ids),
      isUnsure: (id) => unsure.has(id),
      facts: changedFacts({ from, to }, diff),
      why: `${diff.keys.length} keys and ${diff.vulnerabilities.length} vulnerabilities changed`,
    };
  } finally {
    from.close();
  }
}

async function* everyVersion(db: Db): AsyncGenerator<readonly PackageVersion[]> {
  let after = 0;
  while (true) {
    const versions = await versionsAfter(db, after, versionsAtOnce);
    if (versions.length === 0) return;
    yield versions;
    after = versions.at(-1)?.id ?? after;
  }
}

async function* versionsOf(db: Db, ids: readonly number[]): AsyncGenerator<readonly PackageVersion[]> {
  for (let from = 0; from < ids.length; from += versionsAtOnce)
    yield await versionsById(db, ids.slice(from, from + versionsAtOnce));
}

/**
 * Judges and records what flipped, at last what changed beside the matches. `isAgain`: an earlier attempt was cut off
 * and may have stored matches without recording what they mean.
 */
async function judgeAndRecord(
  context: JobContext,
  intelligence: Intelligence,
  work: Work & { readonly isAgain: boolean },
): Promise<{ readonly judged: readonly number[]; readonly outcome: RecordOutcome }> {
  const judged: number[] = [];
  const outcome = { opened: 0, closed: 0, reopened: 0, updated: 0 };
  const recordAll = async (ids: readonly number[], vulnerabilities: readonly string[] | null) => {
    if (ids.length === 0) return;
    add(outcome, await recordVersions(context, intelligence, ids, vulnerabilities));
  };
  for await (const versions of work.versions) {
    for (const { id } of versions) judged.push(id);
    const changed = await judgeVersions(context, intelligence, versions);
    await inSlices(changed, versionsAtOnce, async (slice) => {
      const vulnerabilities = new Set(slice.map(({ vulnerabilityId }) => vulnerabilityId));
      const ids = new Set(slice.map(({ packageVersionId }) => packageVersionId));
      await recordAll([...ids], [...vulnerabilities]);
    });
    const unsure = versions.filter(({ id }) => work.isAgain || work.isUnsure(id));
    await recordAll(
      unsure.map(({ id }) => id),
      null,
    );
  }
  await inSlices(work.facts, vulnerabilitiesAtOnce, async (slice) => {
    await recordAll(await versionIdsOfMatches(context.db, slice), slice);
  });
  return { judged, outcome };
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
