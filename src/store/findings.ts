import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import type { CloseReason, FindingEventKind } from '../model/finding.ts';
import { findingTypes } from '../model/finding.ts';
import type {
  DesiredOfInventory,
  FindingChange,
  FindingStore,
  RecordingResource,
} from '../pipeline/record/ports.ts';
import type { Desired, LifecycleRules, Recorded } from '../pipeline/record/reconcile.ts';
import type { Db } from './database.ts';
import { json, recordset } from './rows.ts';

const sliceRows = 2000;
// Any number that nothing else in this database locks.
const eventOrderLock = 7_480_001;

/** The store behind the record stage. */
export function findingStore(db: Db): FindingStore {
  return {
    resources: (ids) => recordingResources(db, ids),
    desired: (inventoryIds, vulnerabilities, withRatings) =>
      desiredFindings(db, inventoryIds, vulnerabilities, withRatings),
    desiredOfNetwork: (resourceIds, keys) => networkFindings(db, resourceIds, keys),
    recorded: (resourceIds, vulnerabilities) => recordedFindings(db, resourceIds, vulnerabilities),
    apply: (changes, revision) => applyChanges(db, changes, revision),
  };
}

async function recordingResources(db: Db, ids: readonly number[]): Promise<RecordingResource[]> {
  const found = await sql<RecordingResource>`
    select resource_id as "resourceId", account_id as "accountId", region, id, inventory_id as "inventoryId",
      gone_at is not null as "isGone", network ->> 'state' as network
    from resource where resource_id = any(${ids}::bigint[])`.execute(db);
  return found.rows;
}

/**
 * What each inventory has, by vulnerability: judged once for the inventory, however many resources share it. Titles
 * name the first two packages and count the rest, as Inspector's do.
 */
async function desiredFindings(
  db: Db,
  inventoryIds: readonly number[],
  vulnerabilities: readonly string[] | null,
  withRatings: boolean,
): Promise<Map<number, Map<string, DesiredOfInventory>>> {
  const ratings = withRatings
    ? sql`array_agg(distinct jsonb_build_object('score', m.score, 'vector', m.rating -> 'cvss' ->> 'vector'))
        filter (where m.score is not null)`
    : sql`null::jsonb[]`;
  const only =
    vulnerabilities === null ? sql`` : sql`and m.vulnerability_id = any(${vulnerabilities}::text[])`;
  const found = await sql<{
    inventory: number;
    vulnerability: string;
    severity: number;
    score: number | null;
    epss: number | null;
    packages: number;
    fixed: number;
    exploit: boolean;
    names: string[];
    ratings: { score: number; vector: string }[] | null;
  }>`
    select g.*, (v.document -> 'epss' ->> 'score')::real as epss,
      coalesce(jsonb_array_length(v.document -> 'exploits') > 0 or v.document ->> 'kev' is not null, false) as exploit
    from (
      select p.inventory_id as inventory, m.vulnerability_id as vulnerability, max(m.severity) as severity,
        max(m.score) as score, count(*)::int as packages, count(m.fixed_version)::int as fixed,
        (array_agg(p.package ->> 'name' order by p.ordinal))[1:2] as names, to_jsonb(${ratings}) as ratings
      from inventory_package p join match m using (package_version_id)
      where p.inventory_id = any(${inventoryIds}::bigint[]) and p.set_aside is null and m.result = 'affected' ${only}
      group by p.inventory_id, m.vulnerability_id) g
    left join vulnerability v on v.vulnerability_id = g.vulnerability`.execute(db);
  const byInventory = new Map<number, Map<string, DesiredOfInventory>>(
    inventoryIds.map((id) => [id, new Map()]),
  );
  for (const row of found.rows) {
    byInventory.get(row.inventory)?.set(row.vulnerability, {
      type: 'PACKAGE_VULNERABILITY',
      title: titleOf(row.vulnerability, row.names, row.packages),
      severity: row.severity,
      score: row.score,
      epss: row.epss,
      fixAvailable: row.fixed === row.packages ? 2 : row.fixed > 0 ? 1 : 0,
      exploitAvailable: row.exploit,
      adjustment: null,
      ratings: row.ratings ?? [],
    });
  }
  return byInventory;
}

/** Open network findings by resource and key. */
async function networkFindings(
  db: Db,
  resourceIds: readonly number[],
  keys: readonly string[] | null,
): Promise<Map<number, Map<string, Desired>>> {
  const only = keys === null ? sql`` : sql`and key = any(${keys}::text[])`;
  const found = await sql<{ resource: number; key: string; title: string; severity: number }>`
    select resource_id as resource, key, title, severity from network_finding
    where resource_id = any(${resourceIds}::bigint[]) and is_open ${only}`.execute(db);
  const byResource = new Map<number, Map<string, Desired>>();
  for (const { resource, key, title, severity } of found.rows) {
    const own = byResource.get(resource) ?? new Map<string, Desired>();
    byResource.set(resource, own);
    own.set(key, {
      type: 'NETWORK_REACHABILITY',
      title,
      severity,
      score: null,
      epss: null,
      fixAvailable: 0,
      exploitAvailable: false,
      adjustment: null,
    });
  }
  return byResource;
}

function titleOf(vulnerability: string, names: readonly string[], count: number): string {
  const shown = names.join(', ');
  return `${vulnerability} - ${shown}${count > names.length ? ` and ${count - names.length} more` : ''}`.slice(
    0,
    1024,
  );
}

async function recordedFindings(
  db: Db,
  resourceIds: readonly number[],
  vulnerabilities: readonly string[] | null,
): Promise<Map<number, Map<string, Recorded>>> {
  const only = vulnerabilities === null ? sql`` : sql`and vulnerability_id = any(${vulnerabilities}::text[])`;
  const found = await sql<Omit<Recorded, 'type'> & { resource: number; vulnerability: string; kind: number }>`
    select resource_id as resource, vulnerability_id as vulnerability, title, status, severity, score, epss,
      fix_available as "fixAvailable", exploit_available as "exploitAvailable",
      first_observed_at as "firstObservedAt", last_observed_at as "lastObservedAt", updated_at as "updatedAt",
      closed_at as "closedAt", close_reason as "closeReason", adjustment, type as kind
    from finding where resource_id = any(${resourceIds}::bigint[]) ${only}`.execute(db);
  const byResource = new Map<number, Map<string, Recorded>>(resourceIds.map((id) => [id, new Map()]));
  for (const { resource, vulnerability, kind, ...recorded } of found.rows)
    byResource
      .get(resource)
      ?.set(vulnerability, { ...recorded, type: findingTypes[kind] ?? findingTypes[0] });
  return byResource;
}

/**
 * Writes changed findings and their history, each slice in one statement, so that no event is told of what did not
 * happen. While the database works on a slice the next one is put in words.
 */
async function applyChanges(db: Db, changes: readonly FindingChange[], revision: string): Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  for (let from = 0; from < changes.length; from += sliceRows) {
    const rows = recordset(changes.slice(from, from + sliceRows).map(findingRow), findingColumns);
    await running;
    running = writeSlice(db, rows, revision);
    // Whoever waits above hears of an error; without this it would be unhandled until then.
    running.catch(() => {});
  }
  await running;
}

const findingColumns = `account_id text, resource_id bigint, vulnerability_id text, arn text, title text, status smallint,
  severity smallint, score real, epss real, fix_available smallint, exploit_available boolean,
  first_observed_at bigint, last_observed_at bigint, updated_at bigint, closed_at bigint, close_reason text,
  event text, detail jsonb, type smallint, adjustment jsonb`;

// Events are read by id: a lower id must never become visible after a higher one, so writers take turns. The lock comes
// before the rows, and is let go of when the statement is committed.
async function writeSlice(db: Db, rows: RawBuilder<unknown>, revision: string): Promise<void> {
  await sql`
    with turn as materialized (select pg_advisory_xact_lock(${eventOrderLock})),
    given as materialized (select t.* from turn, ${rows}),
    written as (
      insert into finding (account_id, resource_id, vulnerability_id, arn, title, status, severity, score, epss,
        fix_available, exploit_available, first_observed_at, last_observed_at, updated_at, closed_at, close_reason,
        revision, type, adjustment)
      select account_id, resource_id, vulnerability_id, arn, title, status, severity, score, epss, fix_available,
        exploit_available, first_observed_at, last_observed_at, updated_at, closed_at, close_reason, ${revision}, type,
        adjustment
      from given
      on conflict (resource_id, vulnerability_id, account_id) do update set
        title = excluded.title, status = excluded.status, severity = excluded.severity, score = excluded.score,
        epss = excluded.epss, fix_available = excluded.fix_available,
        exploit_available = excluded.exploit_available, first_observed_at = excluded.first_observed_at,
        last_observed_at = excluded.last_observed_at, updated_at = excluded.updated_at,
        closed_at = excluded.closed_at, close_reason = excluded.close_reason, revision = excluded.revision,
        adjustment = excluded.adjustment
      returning account_id, finding_id, resource_id, vulnerability_id)
    insert into finding_event (account_id, finding_id, at, kind, revision, detail)
    select written.account_id, written.finding_id, given.updated_at, given.event, ${revision}, given.detail
    from written join given using (resource_id, vulnerability_id)
    where given.event is not null
    order by given.resource_id, given.vulnerability_id`.execute(db);
}

function findingRow({ resource, vulnerability, next, event, before }: FindingChange): object {
  return {
    account_id: resource.accountId,
    resource_id: resource.resourceId,
    vulnerability_id: vulnerability,
    arn: findingArn(resource.accountId, resource.region, resource.id, vulnerability),
    title: next.title,
    status: next.status,
    severity: next.severity,
    score: next.score,
    epss: next.epss,
    fix_available: next.fixAvailable,
    exploit_available: next.exploitAvailable,
    first_observed_at: next.firstObservedAt,
    last_observed_at: next.lastObservedAt,
    updated_at: next.updatedAt,
    closed_at: next.closedAt,
    close_reason: next.closeReason,
    event,
    type: findingTypes.indexOf(next.type),
    adjustment: next.adjustment,
    detail: {
      reason: next.closeReason,
      severity: next.severity,
      score: next.score,
      ...(next.adjustment ? { adjustments: next.adjustment.adjustments } : {}),
      before,
    },
  };
}

/** A finding's name survives everything: it is a hash of what the finding is about. */
export function findingArn(
  accountId: string,
  region: string,
  resourceId: string,
  vulnerability: string,
): string {
  const hash = createHash('sha256')
    .update(`${accountId}\0${region}\0${resourceId}\0${vulnerability}`)
    .digest('hex');
  return `arn:aws:inspector2:${region}:${accountId}:finding/${hash.slice(0, 32)}`;
}

/** Deletes closed findings that are past their retention; answers how many. Their history stays. */
export async function deletePastRetention(db: Db, now: number, rules: LifecycleRules): Promise<number> {
  const gone: CloseReason[] = ['RESOURCE_GONE', 'INELIGIBLE'];
  const deleted: FindingEventKind = 'DELETED';
  const found = await sql`
    with old as (
      delete from finding where closed_at is not null and closed_at <
        ${now} - case when close_reason = any(${gone}::text[]) then ${rules.keepClosedGone}::bigint
                      else ${rules.keepClosed}::bigint end
      returning account_id, finding_id, revision)
    insert into finding_event (account_id, finding_id, at, kind, revision, detail)
    select account_id, finding_id, ${now}, ${deleted}, revision, ${json({})} from old returning event_id`.execute(
    db,
  );
  return found.rows.length;
}
