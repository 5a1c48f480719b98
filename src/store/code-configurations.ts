import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from './database.ts';
import { json } from './rows.ts';

/** How and when code is scanned, in the shape of the API. */
export type CodeScanSettings = {
  readonly periodicScanConfiguration?: {
    readonly frequency?: 'WEEKLY' | 'MONTHLY' | 'NEVER';
    readonly frequencyExpression?: string;
  };
  readonly continuousIntegrationScanConfiguration?: {
    readonly supportedEvents: readonly ('PULL_REQUEST' | 'PUSH')[];
  };
  readonly ruleSetCategories: readonly ('SAST' | 'IAC' | 'SCA')[];
};

export type CodeConfiguration = {
  readonly configurationNumber: number;
  readonly arn: string;
  readonly accountId: string;
  /** The account, or the organisation where the level says so. */
  readonly ownerId: string;
  readonly name: string;
  readonly level: 'ACCOUNT' | 'ORGANIZATION';
  readonly settings: CodeScanSettings;
  /** Applies to all projects by itself. */
  readonly isDefault: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
};

const columns = sql`c.configuration_number as "configurationNumber", c.arn, c.account_id as "accountId",
  c.owner_id as "ownerId", c.name, c.level, c.configuration as settings, c.is_default as "isDefault",
  c.created_at as "createdAt", c.updated_at as "updatedAt"`;

/** Most general configurations of an owner. Source: https://docs.aws.amazon.com/inspector/latest/user/quotas.html */
export const codeConfigurationsMax = 500;

/** `taken`: the owner has one of that name; `default`: it has a default one already; `full`: as many as it may. */
export async function createCodeConfiguration(
  db: Db,
  region: string,
  made: Omit<CodeConfiguration, 'configurationNumber' | 'arn' | 'createdAt' | 'updatedAt'>,
  now: number,
): Promise<CodeConfiguration | 'taken' | 'default' | 'full'> {
  const { accountId, ownerId, name } = made;
  const arn = `arn:aws:inspector2:${region}:${accountId}:owner/${ownerId}/codesecurity-configuration/${randomUUID()}`;
  const rows = await sql<CodeConfiguration>`
    insert into code_scan_configuration as c (arn, account_id, owner_id, name, level, configuration, is_default,
      created_at, updated_at)
    select ${arn}, ${accountId}, ${ownerId}, ${name}, ${made.level}, ${json(made.settings)}, ${made.isDefault},
      ${now}, ${now}
    where ${made.isDefault} or (select count(*) from code_scan_configuration
      where owner_id = ${ownerId} and not is_default) < ${codeConfigurationsMax}
    on conflict do nothing returning ${columns}`.execute(db);
  if (rows.rows[0]) return rows.rows[0];
  const present = await sql<{ isNamed: boolean }>`
    select name = ${name} as "isNamed" from code_scan_configuration
    where owner_id = ${ownerId} and (name = ${name} or (is_default and ${made.isDefault}))`.execute(db);
  if (present.rows.length === 0) return 'full';
  return present.rows.some(({ isNamed }) => isNamed) ? 'taken' : 'default';
}

export async function getCodeConfiguration(db: Db, arn: string): Promise<CodeConfiguration | null> {
  const rows = await sql<CodeConfiguration>`
    select ${columns} from code_scan_configuration c where c.arn = ${arn}`.execute(db);
  return rows.rows[0] ?? null;
}

export async function updateCodeConfiguration(
  db: Db,
  configurationNumber: number,
  settings: CodeScanSettings,
  now: number,
): Promise<void> {
  await sql`update code_scan_configuration set configuration = ${json(settings)}, updated_at = ${now}
    where configuration_number = ${configurationNumber}`.execute(db);
}

/** Takes the configuration away, with its associations and tags. */
export async function deleteCodeConfiguration(
  db: Db,
  { configurationNumber, arn }: CodeConfiguration,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`delete from code_scan_configuration where configuration_number = ${configurationNumber}`.execute(
      tx,
    );
    await sql`delete from tag where arn = ${arn}`.execute(tx);
  });
}

/** One page of the configurations of owners, oldest first. */
export async function listCodeConfigurations(
  db: Db,
  ownerIds: readonly string[],
  after: number,
  limit: number,
): Promise<CodeConfiguration[]> {
  const rows = await sql<CodeConfiguration>`
    select ${columns} from code_scan_configuration c
    where c.owner_id = any(${ownerIds}::text[]) and c.configuration_number > ${after}
    order by c.configuration_number limit ${limit}`.execute(db);
  return rows.rows;
}

/** What holds for a project: what it is associated with, and the default ones of its account and organisation. */
export async function settingsOfProject(
  db: Db,
  resourceId: number,
  ownerIds: readonly string[],
): Promise<CodeScanSettings[]> {
  const rows = await sql<{ settings: CodeScanSettings }>`
    select c.configuration as settings from code_scan_configuration c
    where (c.is_default and c.owner_id = any(${ownerIds}::text[])) or exists (
      select 1 from code_association a
      where a.configuration_number = c.configuration_number and a.resource_id = ${resourceId})
    order by c.configuration_number`.execute(db);
  return rows.rows.map(({ settings }) => settings);
}
