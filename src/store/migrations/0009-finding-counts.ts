import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Active findings counted by resource, kept by the database itself whatever writes findings: what an administrator
 * counts over ten million findings is a sum over the resources.
 */
export const findingCounts: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const sums = `account_id, resource_id, type, severity, sum(n)::int, sum(n * exploit_available::int)::int,
    sum(n * (fix_available = 2)::int)::int`;
const columns = 'account_id, resource_id, type, severity, exploit_available, fix_available';
const added = `select ${columns}, 1 as n from added where status = 0`;
const removed = `select ${columns}, -1 as n from removed where status = 0`;

// What only was seen again changes no count, and writes none. In the order of the key, so that two writers never wait for one another crosswise.
const keep = (changes: string) => `
  insert into finding_count as c (account_id, resource_id, type, severity, findings, exploits, fixes)
  select ${sums} from (${changes}) changes
  group by account_id, resource_id, type, severity
  having sum(n) <> 0 or sum(n * exploit_available::int) <> 0 or sum(n * (fix_available = 2)::int) <> 0
  order by resource_id, type, severity, account_id
  on conflict (resource_id, type, severity, account_id) do update set findings = c.findings + excluded.findings,
    exploits = c.exploits + excluded.exploits, fixes = c.fixes + excluded.fixes;`;

const statements = [
  `create table finding_count (
    account_id text not null,
    resource_id bigint not null references resource on delete cascade,
    type smallint not null,
    severity smallint not null,
    findings integer not null,
    -- Of them, those with an exploit and those with a fix
    exploits integer not null,
    fixes integer not null,
    primary key (resource_id, type, severity, account_id)
  )`,
  'create index finding_count_account on finding_count (account_id)',
  `insert into finding_count (account_id, resource_id, type, severity, findings, exploits, fixes)
    select ${sums} from (select ${columns}, 1 as n from finding where status = 0) f
    group by account_id, resource_id, type, severity`,
  ...trigger('insert', added, 'new table as added'),
  ...trigger('update', `${added} union all ${removed}`, 'old table as removed new table as added'),
  ...trigger('delete', removed, 'old table as removed'),
];

function trigger(event: string, changes: string, tables: string): string[] {
  return [
    `create function finding_count_${event}() returns trigger language plpgsql as $$
    begin ${keep(changes)} return null; end $$`,
    `create trigger finding_count_${event} after ${event} on finding referencing ${tables}
      for each statement execute function finding_count_${event}()`,
  ];
}
