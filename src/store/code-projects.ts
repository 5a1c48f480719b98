import { sql } from 'kysely';
import type { CodeConfiguration } from './code-configurations.ts';
import type { Db } from './database.ts';

/** A code repository that is watched, as code security knows it. */
export type CodeProject = {
  readonly resourceId: number;
  readonly accountId: string;
  /** `project-` and a UUID. */
  readonly projectId: string;
};

// The same for ever, and different for each account that watches the same place.
const key = sql`md5(r.account_id || ' ' || r.id)`;
const columns = sql`r.resource_id as "resourceId", r.account_id as "accountId",
  'project-' || ${key}::uuid::text as "projectId"`;
// Projects of accounts that have code scanning enabled; what is gone is none.
const isProject = sql`r.type = 'CODE_REPOSITORY' and r.gone_at is null and exists (select 1 from account o
  where o.account_id = r.account_id and o.scan_types -> 'CODE_REPOSITORY' ->> 'status' = 'ENABLED')`;

/** A project of one of the accounts, or null. */
export async function getCodeProject(
  db: Db,
  projectId: string,
  accountIds: readonly string[],
): Promise<CodeProject | null> {
  const hash = projectId.replace(/^project-/, '').replaceAll('-', '');
  const rows = await sql<CodeProject>`
    select ${columns} from resource r
    where ${isProject} and ${key} = ${hash} and r.account_id = any(${accountIds}::text[])`.execute(db);
  return rows.rows[0] ?? null;
}

// Source: https://docs.aws.amazon.com/inspector/latest/user/quotas.html
const projectsMax = 100_000;
const configurationsOfProjectMax = 4;

/** Attaches a configuration; attaching it again changes nothing. False: it or the project has as many as it may. */
export async function associateProject(
  db: Db,
  { configurationNumber }: CodeConfiguration,
  { resourceId, accountId }: CodeProject,
  now: number,
): Promise<boolean> {
  const made = await sql`
    insert into code_association (configuration_number, account_id, resource_id, created_at)
    select ${configurationNumber}, ${accountId}, ${resourceId}, ${now}
    where (select count(*) from code_association where resource_id = ${resourceId}) < ${configurationsOfProjectMax}
      and (select count(*) from code_association where configuration_number = ${configurationNumber}) < ${projectsMax}
    on conflict do nothing returning resource_id`.execute(db);
  if (made.rows.length > 0) return true;
  const present = await sql`select 1 from code_association
    where configuration_number = ${configurationNumber} and resource_id = ${resourceId}`.execute(db);
  return present.rows.length > 0;
}

/** False: they were not associated. */
export async function disassociateProject(
  db: Db,
  { configurationNumber }: CodeConfiguration,
  { resourceId }: CodeProject,
): Promise<boolean> {
  const gone = await sql`delete from code_association
    where configuration_number = ${configurationNumber} and resource_id = ${resourceId} returning resource_id`.execute(
    db,
  );
  return gone.rows.length > 0;
}

/** One page of the projects of accounts that a configuration holds for. A default one holds for all of them. */
export async function listProjectsOf(
  db: Db,
  { configurationNumber, isDefault }: CodeConfiguration,
  accountIds: readonly string[],
  after: number,
  limit: number,
): Promise<CodeProject[]> {
  const isAttached = sql`exists (select 1 from code_association a
    where a.configuration_number = ${configurationNumber} and a.resource_id = r.resource_id)`;
  const rows = await sql<CodeProject>`
    select ${columns} from resource r
    where ${isProject} and r.account_id = any(${accountIds}::text[]) and r.resource_id > ${after}
      and ${isDefault ? sql`true` : isAttached}
    order by r.resource_id limit ${limit}`.execute(db);
  return rows.rows;
}
