import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type CisSearch, cisWhere } from './cis-filters.ts';
import type { Field } from './criteria.ts';
import type { Db } from './database.ts';
import { json } from './rows.ts';
import { afterMark, inOrder, markColumns, type Sort, type SortMark } from './sorted-page.ts';

export type CisLevel = 'LEVEL_1' | 'LEVEL_2';

/** Which machines a CIS scan is for. Accounts may be `SELF` or `ALL_ACCOUNTS`. */
export type CisTargets = {
  readonly accounts: readonly string[];
  readonly tags: Readonly<Record<string, readonly string[]>>;
};

export type CisConfiguration = {
  readonly configurationNumber: number;
  readonly arn: string;
  /** Who made it. */
  readonly accountId: string;
  /** Whose it is: that account, or the organisation. */
  readonly ownerId: string;
  readonly name: string;
  readonly securityLevel: CisLevel;
  /** The union of the API. */
  readonly schedule: Readonly<Record<string, unknown>>;
  readonly targets: CisTargets;
};

const columns = sql`c.configuration_number as "configurationNumber", c.arn, c.account_id as "accountId",
  c.owner_id as "ownerId", c.name, c.security_level as "securityLevel", c.schedule,
  jsonb_build_object('accounts', c.target_accounts, 'tags', c.target_tags) as targets`;

/** Most configurations of an owner. Source: https://docs.aws.amazon.com/inspector/latest/user/quotas.html */
export const cisConfigurationsMax = 500;

/** Null when the owner has as many as it may. */
export async function createCisConfiguration(
  db: Db,
  region: string,
  made: Omit<CisConfiguration, 'configurationNumber' | 'arn'>,
  now: number,
): Promise<CisConfiguration | null> {
  const arn = `arn:aws:inspector2:${region}:${made.accountId}:owner/${made.ownerId}/cis-configuration/${randomUUID()}`;
  const rows = await sql<CisConfiguration>`
    insert into cis_scan_configuration as c (arn, account_id, owner_id, name, security_level, schedule,
      target_accounts, target_tags, created_at, updated_at)
    select ${arn}, ${made.accountId}, ${made.ownerId}, ${made.name}, ${made.securityLevel}, ${json(made.schedule)},
      ${json(made.targets.accounts)}, ${json(made.targets.tags)}, ${now}, ${now}
    where (select count(*) from cis_scan_configuration where owner_id = ${made.ownerId}) < ${cisConfigurationsMax}
    returning ${columns}`.execute(db);
  return rows.rows[0] ?? null;
}

export async function getCisConfiguration(db: Db, arn: string): Promise<CisConfiguration | null> {
  const rows = await sql<CisConfiguration>`
    select ${columns} from cis_scan_configuration c where c.arn = ${arn}`.execute(db);
  return rows.rows[0] ?? null;
}

export async function updateCisConfiguration(
  db: Db,
  changed: Pick<CisConfiguration, 'configurationNumber' | 'name' | 'securityLevel' | 'schedule' | 'targets'>,
  now: number,
): Promise<void> {
  await sql`update cis_scan_configuration set name = ${changed.name}, security_level = ${changed.securityLevel},
      schedule = ${json(changed.schedule)}, target_accounts = ${json(changed.targets.accounts)},
      target_tags = ${json(changed.targets.tags)}, updated_at = ${now}
    where configuration_number = ${changed.configurationNumber}`.execute(db);
}

/** Takes the configuration and its tags away; its scans stay as long as scans do. */
export async function deleteCisConfiguration(
  db: Db,
  { configurationNumber, arn }: CisConfiguration,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`delete from cis_scan_configuration where configuration_number = ${configurationNumber}`.execute(
      transaction,
    );
    await sql`delete from tag where arn = ${arn}`.execute(transaction);
  });
}

const fields: Readonly<Record<string, Field>> = {
  scanName: { kind: 'text', of: sql`c.name` },
  scanConfigurationArn: { kind: 'text', of: sql`c.arn` },
};

export const cisConfigurationSorts: Readonly<Record<string, Sort>> = {
  SCAN_NAME: { of: sql`c.name`, kind: 'text' },
  SCAN_CONFIGURATION_ARN: { of: sql`c.arn`, kind: 'text' },
};

export type CisConfigurationRow = CisConfiguration & { readonly sortValue: string; readonly sortId: string };

/** One page of the configurations that accounts made or that belong to one of the owners. */
export async function listCisConfigurations(
  db: Db,
  query: CisSearch & {
    readonly accountIds: readonly string[];
    readonly ownerIds: readonly string[];
    readonly sort: Sort;
    readonly descending: boolean;
    readonly after: SortMark | null;
    readonly limit: number;
  },
): Promise<CisConfigurationRow[]> {
  const page = { ...query, id: sql`c.arn` };
  const rows = await sql<CisConfigurationRow>`
    select ${columns}, ${markColumns(page)} from cis_scan_configuration c
    where (c.account_id = any(${query.accountIds}::text[]) or c.owner_id = any(${query.ownerIds}::text[]))
      and ${cisWhere(query, fields, sql`c.target_tags`)} and ${afterMark(page)} ${inOrder(page)}`.execute(db);
  return rows.rows;
}
