import { sql } from 'kysely';
import type { ResourceType } from '../model/resource.ts';
import type { Db } from './database.ts';
import { json } from './rows.ts';

export const scanTypes = ['EC2', 'ECR', 'LAMBDA', 'LAMBDA_CODE', 'CODE_REPOSITORY'] as const;
export type ScanType = (typeof scanTypes)[number];
export type ScanTypeStatus = 'ENABLED' | 'DISABLED';

const scanTypeOfResource: Readonly<Record<ResourceType, ScanType>> = {
  AWS_EC2_INSTANCE: 'EC2',
  AWS_ECR_CONTAINER_IMAGE: 'ECR',
  AWS_ECR_REPOSITORY: 'ECR',
  AWS_LAMBDA_FUNCTION: 'LAMBDA',
  CODE_REPOSITORY: 'CODE_REPOSITORY',
};

/** The resource types that a scan type covers. */
export function resourceTypesOf(enabled: readonly ScanType[]): ResourceType[] {
  return (Object.keys(scanTypeOfResource) as ResourceType[]).filter((type) =>
    enabled.includes(scanTypeOfResource[type]),
  );
}

export type Account = {
  readonly accountId: string;
  readonly createdAt: number;
  readonly scanTypes: Readonly<
    Partial<Record<ScanType, { readonly status: ScanTypeStatus; readonly since: number }>>
  >;
};

const columns = sql`account_id as "accountId", created_at as "createdAt", scan_types as "scanTypes"`;

/** Makes the account when it is not there yet, with the given scan types enabled. */
export async function ensureAccount(
  db: Db,
  accountId: string,
  enabled: readonly ScanType[],
  now: number,
): Promise<void> {
  const types = Object.fromEntries(enabled.map((type) => [type, { status: 'ENABLED', since: now }]));
  await sql`insert into account (account_id, created_at, scan_types) values (${accountId}, ${now}, ${json(types)})
    on conflict (account_id) do nothing`.execute(db);
}

export async function getAccount(db: Db, accountId: string): Promise<Account | null> {
  return (
    (await sql<Account>`select ${columns} from account where account_id = ${accountId}`.execute(db))
      .rows[0] ?? null
  );
}

export async function listAccounts(db: Db): Promise<string[]> {
  const found = await sql<{ id: string }>`select account_id as id from account order by account_id`.execute(
    db,
  );
  return found.rows.map(({ id }) => id);
}

/** Sets the status of scan types; others stay. Answers the account as it then is. */
export async function setScanTypes(
  db: Db,
  accountId: string,
  types: readonly ScanType[],
  status: ScanTypeStatus,
  now: number,
): Promise<Account> {
  const change = Object.fromEntries(types.map((type) => [type, { status, since: now }]));
  const found = await sql<Account>`update account set scan_types = scan_types || ${json(change)}
    where account_id = ${accountId} returning ${columns}`.execute(db);
  return found.rows[0] as Account;
}

export function enabledTypes(account: Account): ScanType[] {
  return scanTypes.filter((type) => account.scanTypes[type]?.status === 'ENABLED');
}

export async function isScanTypeEnabled(db: Db, accountId: string, type: ResourceType): Promise<boolean> {
  const account = await getAccount(db, accountId);
  return account !== null && enabledTypes(account).includes(scanTypeOfResource[type]);
}
