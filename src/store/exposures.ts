import { sql } from 'kysely';
import type { Exposure, NetworkState } from '../model/exposure.ts';
import type { ListeningSocket } from '../model/listening.ts';
import type { Db } from './database.ts';
import { inSlices, json, recordset } from './rows.ts';

/** A machine as a network describes it, for making or completing its resource. */
export type NetworkMachine = {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly details: Readonly<Record<string, unknown>>;
};

export type MachineResource = {
  readonly resourceId: number;
  readonly id: string;
  /** Fingerprint of the exposures that were stored last; null: none were. */
  readonly digest: string | null;
};

/** Makes the resources of machines that are not known otherwise, and completes those that are. */
export async function noteMachines(
  db: Db,
  accountId: string,
  location: string,
  machines: readonly NetworkMachine[],
  now: number,
): Promise<MachineResource[]> {
  const found = await sql<MachineResource>`
    insert into resource (account_id, region, type, id, name, target, location, fingerprint, tags, details,
      status_code, status_reason, first_seen_at, last_seen_at)
    select ${accountId}, region, 'AWS_EC2_INSTANCE', id, name, 'network', ${location}, '', '{}', details, 'INACTIVE',
      'UNMANAGED_EC2_INSTANCE', ${now}, ${now}
    from ${recordset(machines, 'id text, name text, region text, details jsonb')}
    on conflict (account_id, type, id) do update set details = resource.details || excluded.details,
      last_seen_at = excluded.last_seen_at,
      status_code = case when resource.target = 'network' then 'INACTIVE' else resource.status_code end,
      status_reason = case when resource.target = 'network' then 'UNMANAGED_EC2_INSTANCE' else resource.status_reason end,
      gone_at = case when resource.target = 'network' then null else resource.gone_at end
    returning resource_id as "resourceId", id, network ->> 'digest' as digest`.execute(db);
  return found.rows;
}

/** One finding that stands open by the network. */
export type OpenNetworkFinding = {
  readonly key: string;
  readonly title: string;
  readonly severity: number;
  readonly document: NetworkFindingDocument;
};

export type NetworkFindingDocument = {
  readonly description: string;
  readonly remediation: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly begin: number;
  readonly end: number;
  readonly steps: readonly { readonly componentId: string; readonly componentType: string }[];
  readonly sources: readonly (readonly [string, string])[];
};

export type ResourceNetwork = {
  readonly state: NetworkState;
  readonly evidence: string;
  readonly watch: number;
};

/** Keys of the findings that stand open by the network of a machine. */
export async function openNetworkKeys(
  db: Db,
  accountId: string,
  resourceId: number,
): Promise<readonly string[]> {
  const found = await sql<{ key: string }>`select key from network_finding
    where account_id = ${accountId} and resource_id = ${resourceId} and is_open`.execute(db);
  return found.rows.map(({ key }) => key);
}

/**
 * Replaces what is known of one machine's network: exposures, state and open findings, together. A finding that is no
 * longer open keeps its document, for the page that shows it closed. `kept`: keys of findings that stay as they are.
 * Null network: no network names the machine.
 */
export async function saveExposures(
  db: Db,
  accountId: string,
  resourceId: number,
  network: ResourceNetwork | null,
  exposures: readonly Exposure[],
  findings: readonly OpenNetworkFinding[],
  kept: readonly string[],
): Promise<void> {
  const rows = exposures.map((one, ordinal) => ({
    ordinal,
    interface: one.interface,
    edge: one.edge,
    edge_type: one.edgeType,
    protocol: one.protocol,
    verdict: one.verdict,
    document: one,
  }));
  await db.transaction().execute(async (tx) => {
    await sql`update resource set network = ${network === null ? sql`null` : json(network)}
      where resource_id = ${resourceId}`.execute(tx);
    await sql`delete from exposure where account_id = ${accountId} and resource_id = ${resourceId}`.execute(
      tx,
    );
    await sql`
      insert into exposure (account_id, resource_id, ordinal, interface, edge, edge_type, protocol, verdict, document)
      select ${accountId}, ${resourceId}, ordinal, interface, edge, edge_type, protocol, verdict, document
      from ${recordset(rows, 'ordinal int, interface text, edge text, edge_type text, protocol text, verdict text, document jsonb')}`.execute(
      tx,
    );
    const keys = [...findings.map(({ key }) => key), ...kept];
    await sql`update network_finding set is_open = false
      where account_id = ${accountId} and resource_id = ${resourceId} and not key = any(${keys}::text[])`.execute(
      tx,
    );
    await sql`
      insert into network_finding (account_id, resource_id, key, is_open, title, severity, document)
      select ${accountId}, ${resourceId}, key, true, title, severity, document
      from ${recordset(findings, 'key text, title text, severity smallint, document jsonb')}
      on conflict (account_id, resource_id, key) do update set is_open = true, title = excluded.title,
        severity = excluded.severity, document = excluded.document`.execute(tx);
  });
}

/** Notes which exposures were stored and recorded: until then they count as changed. */
export async function settleExposures(db: Db, digests: ReadonlyMap<number, string>): Promise<void> {
  const rows = [...digests].map(([id, digest]) => ({ id, digest }));
  await inSlices(rows, 2000, async (slice) => {
    await sql`update resource set network = network || jsonb_build_object('digest', t.digest)
      from ${recordset(slice, 'id bigint, digest text')} where resource.resource_id = t.id`.execute(db);
  });
}

/** Resources that a watched network names as far as we know. */
export async function resourcesOfNetwork(
  db: Db,
  watchId: number,
): Promise<{ readonly resourceId: number; readonly accountId: string; readonly id: string }[]> {
  const found = await sql<{ resourceId: number; accountId: string; id: string }>`
    select resource_id as "resourceId", account_id as "accountId", id from resource
    where network ->> 'watch' = ${String(watchId)}`.execute(db);
  return found.rows;
}

/** Forgets what no finding shows any more. */
export async function deleteUnusedNetworkFindings(db: Db): Promise<void> {
  await sql`delete from network_finding n where not is_open and not exists (
    select 1 from finding f where f.account_id = n.account_id and f.resource_id = n.resource_id
      and f.vulnerability_id = n.key)`.execute(db);
}

export type StoredExposure = {
  readonly resourceId: number;
  readonly ordinal: number;
  readonly resource: string;
  readonly exposure: Exposure;
  /** What listens on the machine; null: nobody has told. */
  readonly listening: readonly ListeningSocket[] | null;
};

/** One page of exposures of an account, by resource; `after`: the last of the page before. */
export async function listStoredExposures(
  db: Db,
  query: {
    readonly accountId: string;
    readonly resource: string | null;
    readonly verdict: 'reachable' | 'may' | null;
    readonly edgeType: string | null;
    readonly after: { readonly resourceId: number; readonly ordinal: number };
    readonly limit: number;
  },
): Promise<StoredExposure[]> {
  const { accountId, resource, verdict, edgeType, after, limit } = query;
  const found = await sql<StoredExposure>`
    select e.resource_id as "resourceId", e.ordinal, r.id as resource, e.document as exposure,
      i.facts -> 'listening' as listening
    from exposure e join resource r on r.resource_id = e.resource_id
    left join inventory i on i.inventory_id = r.inventory_id
    where e.account_id = ${accountId} and r.gone_at is null
      and (e.resource_id, e.ordinal) > (${after.resourceId}::bigint, ${after.ordinal}::int)
      and (${resource}::text is null or r.id = ${resource} or r.name = ${resource})
      and (${verdict}::text is null or e.verdict = ${verdict})
      and (${edgeType}::text is null or e.edge_type = ${edgeType})
    order by e.resource_id, e.ordinal limit ${limit}`.execute(db);
  return found.rows;
}

/** What the network says of the machines of an account, for people: id, state and why. */
export async function listNetworkStates(
  db: Db,
  accountId: string,
): Promise<
  {
    readonly resource: string;
    readonly name: string;
    readonly state: NetworkState;
    readonly evidence: string;
  }[]
> {
  const found = await sql<{ resource: string; name: string; state: NetworkState; evidence: string }>`
    select id as resource, name, network ->> 'state' as state, network ->> 'evidence' as evidence
    from resource where account_id = ${accountId} and network is not null and gone_at is null
    order by resource_id limit 10000`.execute(db);
  return found.rows;
}
