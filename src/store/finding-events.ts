import { sql } from 'kysely';
import type { FindingEventKind } from '../model/finding.ts';
import type { Db } from './database.ts';

/** One thing that happened to a finding. */
export type FindingEvent = {
  readonly eventId: number;
  readonly at: number;
  readonly kind: FindingEventKind;
  readonly revision: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly findingArn: string | null;
  readonly title: string | null;
  readonly vulnerabilityId: string | null;
  readonly severity: number | null;
  readonly resourceId: string | null;
  readonly resourceType: string | null;
};

/** Events of an account after one, oldest first. */
export async function eventsAfter(
  db: Db,
  accountId: string,
  after: number,
  limit: number,
): Promise<FindingEvent[]> {
  const found = await sql<FindingEvent>`
    select e.event_id as "eventId", e.at, e.kind, e.revision, e.detail, f.arn as "findingArn", f.title,
      f.vulnerability_id as "vulnerabilityId", f.severity, r.id as "resourceId", r.type as "resourceType"
    from finding_event e
    left join finding f on f.account_id = e.account_id and f.finding_id = e.finding_id
    left join resource r on r.resource_id = f.resource_id
    where e.account_id = ${accountId} and e.event_id > ${after}
    order by e.event_id limit ${limit}`.execute(db);
  return found.rows;
}

export async function lastEventId(db: Db): Promise<number> {
  return (
    (await sql<{ id: number | null }>`select max(event_id) as id from finding_event`.execute(db)).rows[0]
      ?.id ?? 0
  );
}
