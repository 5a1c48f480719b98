import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type Criteria, type Field, whereOf } from './criteria.ts';
import type { Db } from './database.ts';
import { json } from './rows.ts';

/** What of another cloud is to be scanned, by kind, in the shape of the API. */
export type ConnectorScope = Readonly<
  Partial<
    Record<
      'vmScanning' | 'containerImageScanning' | 'serverlessScanning',
      { readonly scopeType: 'SUBSCRIPTION' | 'TENANT'; readonly scopeValues?: readonly string[] }
    >
  >
>;

/** Another cloud that an account wants scanned. */
export type Connector = {
  readonly connectorNumber: number;
  readonly arn: string;
  readonly accountId: string;
  readonly name: string;
  readonly provider: 'AZURE';
  readonly description: string | null;
  readonly configConnectorArn: string;
  readonly regions: readonly string[];
  readonly scope: ConnectorScope;
  readonly autoInstallScanner: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
};

const columns = sql`c.connector_number as "connectorNumber", c.arn, c.account_id as "accountId", c.name, c.provider,
  c.description, c.config_connector_arn as "configConnectorArn", c.regions, c.scope,
  c.auto_install_scanner as "autoInstallScanner", c.created_at as "createdAt", c.updated_at as "updatedAt"`;

/** Most connectors of an account. The service does not say how many it allows. */
export const connectorsMax = 100;

/** With a token that was used before, what was made then. `taken`: the name is; `full`: as many as it may have. */
export async function createConnector(
  db: Db,
  region: string,
  made: Omit<Connector, 'connectorNumber' | 'arn' | 'createdAt' | 'updatedAt'>,
  clientToken: string | null,
  now: number,
): Promise<Connector | 'taken' | 'full'> {
  const { accountId, name } = made;
  const known = await sql<Connector>`select ${columns} from connector c
    where c.account_id = ${accountId} and c.client_token = ${clientToken}`.execute(db);
  if (known.rows[0]) return known.rows[0];
  const arn = `arn:aws:inspector2:${region}:${accountId}:connector/${randomUUID()}`;
  const rows = await sql<Connector>`
    insert into connector as c (arn, account_id, name, provider, description, config_connector_arn, regions, scope,
      auto_install_scanner, client_token, created_at, updated_at)
    select ${arn}, ${accountId}, ${name}, ${made.provider}, ${made.description}, ${made.configConnectorArn},
      ${json(made.regions)}, ${json(made.scope)}, ${made.autoInstallScanner}, ${clientToken}, ${now}, ${now}
    where (select count(*) from connector where account_id = ${accountId}) < ${connectorsMax}
    on conflict do nothing returning ${columns}`.execute(db);
  if (rows.rows[0]) return rows.rows[0];
  const taken = await sql`select 1 from connector where account_id = ${accountId} and name = ${name}`.execute(
    db,
  );
  return taken.rows.length > 0 ? 'taken' : 'full';
}

export async function getConnector(db: Db, arn: string): Promise<Connector | null> {
  const rows = await sql<Connector>`select ${columns} from connector c where c.arn = ${arn}`.execute(db);
  return rows.rows[0] ?? null;
}

export async function updateConnector(
  db: Db,
  changed: Pick<Connector, 'connectorNumber' | 'description' | 'regions' | 'scope' | 'autoInstallScanner'>,
  now: number,
): Promise<void> {
  await sql`update connector set description = ${changed.description}, regions = ${json(changed.regions)},
      scope = ${json(changed.scope)}, auto_install_scanner = ${changed.autoInstallScanner}, updated_at = ${now}
    where connector_number = ${changed.connectorNumber}`.execute(db);
}

/** Takes a connector and its tags away, and what was set for its configuration where no other one uses that. */
export async function deleteConnector(
  db: Db,
  { connectorNumber, arn, accountId, configConnectorArn }: Connector,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`delete from connector where connector_number = ${connectorNumber}`.execute(tx);
    await sql`delete from tag where arn = ${arn}`.execute(tx);
    await sql`delete from connector_scan_configuration s
      where s.account_id = ${accountId} and s.config_connector_arn = ${configConnectorArn} and not exists (
        select 1 from connector c where c.account_id = s.account_id
          and c.config_connector_arn = s.config_connector_arn)`.execute(tx);
  });
}

/** Every criterion of ListConnectors, by its API name. There are none but customers' own. */
const fields: Readonly<Record<string, Field>> = {
  connectorArns: { kind: 'text', of: sql`c.arn` },
  accounts: { kind: 'text', of: sql`c.account_id` },
  awsConfigConnectorArns: { kind: 'text', of: sql`c.config_connector_arn` },
  connectorType: { kind: 'text', of: sql`'CUSTOMER_MANAGED'::text` },
  provider: { kind: 'text', of: sql`c.provider` },
};

/** One page of the connectors of accounts, oldest first. */
export async function listConnectors(
  db: Db,
  accountIds: readonly string[],
  criteria: Criteria,
  after: number,
  limit: number,
): Promise<Connector[]> {
  const rows = await sql<Connector>`
    select ${columns} from connector c
    where c.account_id = any(${accountIds}::text[]) and ${whereOf(criteria, fields)} and c.connector_number > ${after}
    order by c.connector_number limit ${limit}`.execute(db);
  return rows.rows;
}

/** How images are scanned that connectors with one configuration bring, in the words of the API. */
export type ConnectorScanSettings = { readonly pushDuration?: string; readonly pullDuration?: string };

export type ConnectorScanRow = {
  readonly configConnectorArn: string;
  readonly connectorArns: readonly string[];
  /** Null: nobody set anything. */
  readonly settings: ConnectorScanSettings | null;
  readonly number: number;
};

/** One page of the configurations that connectors of accounts have. `only` null: all. */
export async function listConnectorScans(
  db: Db,
  accountIds: readonly string[],
  only: readonly string[] | null,
  after: number,
  limit: number,
): Promise<ConnectorScanRow[]> {
  const named = only === null ? sql`true` : sql`c.config_connector_arn = any(${only}::text[])`;
  const rows = await sql<ConnectorScanRow>`
    select t.*, s.configuration as settings from (
      select c.account_id, c.config_connector_arn as "configConnectorArn", min(c.connector_number) as number,
        jsonb_agg(c.arn order by c.connector_number) as "connectorArns"
      from connector c where c.account_id = any(${accountIds}::text[]) and ${named}
      group by c.account_id, c.config_connector_arn) t
    left join connector_scan_configuration s
      on s.account_id = t.account_id and s.config_connector_arn = t."configConnectorArn"
    where t.number > ${after} order by t.number limit ${limit}`.execute(db);
  return rows.rows;
}

/** What is not named stays. */
export async function putConnectorScan(
  db: Db,
  accountId: string,
  configConnectorArn: string,
  settings: ConnectorScanSettings,
  now: number,
): Promise<void> {
  await sql`insert into connector_scan_configuration as s (account_id, config_connector_arn, configuration, updated_at)
    values (${accountId}, ${configConnectorArn}, ${json(settings)}, ${now})
    on conflict (account_id, config_connector_arn) do update
      set configuration = s.configuration || excluded.configuration, updated_at = excluded.updated_at`.execute(
    db,
  );
}
