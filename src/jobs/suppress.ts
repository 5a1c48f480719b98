import { criteriaOf } from '../store/api-criteria.ts';
import type { Db } from '../store/database.ts';
import { applySuppression, listFilters, type SuppressionOutcome } from '../store/filters.ts';

const rulesMax = 500;

/** Applies an account's suppression rules to its findings, or to those of some resources. */
export async function suppress(
  db: Db,
  accountId: string,
  resourceIds: readonly number[] | null,
  now: number,
): Promise<SuppressionOutcome> {
  const rules = await listFilters(db, accountId, { arns: null, action: 'SUPPRESS' }, 0, rulesMax);
  return applySuppression(
    db,
    accountId,
    rules.map(({ criteria }) => criteriaOf(criteria)),
    resourceIds,
    now,
  );
}
