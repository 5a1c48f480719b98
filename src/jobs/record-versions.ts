import { sql } from 'kysely';
import type { Intelligence } from '../intel/contract.ts';
import type { CloseReason } from '../model/finding.ts';
import { type RecordOutcome, record } from '../pipeline/record/record.ts';
import { adjustForNetwork } from '../pipeline/score/exposure-score.ts';
import { listAccounts } from '../store/accounts.ts';
import type { Db } from '../store/database.ts';
import { listFilters } from '../store/filters.ts';
import { findingStore } from '../store/findings.ts';
import { inSlices } from '../store/rows.ts';
import type { JobContext } from './context.ts';
import { suppress } from './suppress.ts';

const versionsAtOnce = 2000;
const resourcesAtOnce = 5000;

/**
 * Brings the findings of the resources that carry any of the package versions to what the matches say, looking at
 * those vulnerabilities only; null: at all.
 */
export async function recordVersions(
  context: JobContext,
  intelligence: Intelligence,
  ids: readonly number[],
  vulnerabilities: readonly string[] | null,
): Promise<RecordOutcome> {
  const carriers = await resourcesWith(context.db, ids);
  return record(findingStore(context.db), {
    resourceIds: carriers.map(({ id }) => id),
    vulnerabilities,
    now: context.now(),
    revision: intelligence.meta.revision,
    rules: context.rules,
    adjust: adjustForNetwork,
    closeReason: (id) => reasonNow(id, intelligence),
  });
}

/**
 * Applies suppression rules to the resources that carry any of the versions that were judged again: the findings of
 * all others are as they were.
 */
export async function suppressVersions({ db, now }: JobContext, ids: readonly number[]): Promise<void> {
  const ruled = new Set<string>();
  for (const accountId of await listAccounts(db)) {
    const rules = await listFilters(db, accountId, { arns: null, action: 'SUPPRESS' }, 0, 1);
    if (rules.length > 0) ruled.add(accountId);
  }
  if (ruled.size === 0) return;
  const byAccount = new Map<string, Set<number>>();
  await inSlices(ids, versionsAtOnce, async (slice) => {
    for (const { id, account } of await resourcesWith(db, slice)) {
      if (!ruled.has(account)) continue;
      byAccount.set(account, (byAccount.get(account) ?? new Set()).add(id));
    }
  });
  for (const [accountId, resourceIds] of byAccount)
    await inSlices([...resourceIds], resourcesAtOnce, async (slice) => {
      await suppress(db, accountId, slice, now());
    });
}

async function resourcesWith(
  db: Db,
  ids: readonly number[],
): Promise<readonly { readonly id: number; readonly account: string }[]> {
  const found = await sql<{ id: number; account: string }>`
    select r.resource_id as id, r.account_id as account from resource r
    where r.gone_at is null and r.inventory_id in (
      select p.inventory_id from inventory_package p where p.package_version_id = any(${ids}::bigint[]))
    order by r.resource_id`.execute(db);
  return found.rows;
}

function reasonNow(vulnerability: string, intelligence: Intelligence): CloseReason {
  const known = intelligence.vulnerability(vulnerability);
  // A record that vanished from its feed was taken back as much as one that says so.
  return known === null || known.withdrawn !== null || intelligence.keysOf(vulnerability).length === 0
    ? 'WITHDRAWN'
    : 'NOT_AFFECTED';
}
