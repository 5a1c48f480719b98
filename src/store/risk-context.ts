import { sql } from 'kysely';
import type { ListeningSocket } from '../model/listening.ts';
import type { Db } from './database.ts';

/** What the store knows beside a finding itself that its risk depends on. Days are whole days since the epoch. */
export type RiskContext = {
  readonly network: { readonly state: string; readonly evidence: string } | null;
  /** Predictions seen so far: the last one, and the logarithm of the chance that none of the days before had it. */
  readonly lev: {
    readonly since: number;
    readonly day: number;
    readonly probability: number;
    readonly survival: number;
  } | null;
  /** What listens on the resource; null: nobody has told. */
  readonly listening: readonly ListeningSocket[] | null;
};

/** By finding id. */
export async function riskContexts(
  db: Db,
  accountId: string,
  findingIds: readonly number[],
): Promise<ReadonlyMap<number, RiskContext>> {
  const found = await sql<RiskContext & { id: number }>`
    select f.finding_id as id, r.network, v.lev, i.facts -> 'listening' as listening
    from finding f join resource r on r.resource_id = f.resource_id
    left join inventory i on i.inventory_id = r.inventory_id
    left join vulnerability v on v.vulnerability_id = f.vulnerability_id
    where f.account_id = ${accountId} and f.finding_id = any(${findingIds}::bigint[])`.execute(db);
  return new Map(found.rows.map(({ id, ...context }) => [id, context]));
}
