import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What the network lets through to machines, and the findings that come of it. */
export const network: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  // What the network as a whole says of the resource: {state, evidence, digest, at}. Null where no network names it.
  'alter table resource add column network jsonb',
  `create index resource_network on resource ((network ->> 'watch')) where network is not null`,
  // 0 PACKAGE_VULNERABILITY, 1 NETWORK_REACHABILITY. Network findings have their key as vulnerability_id.
  'alter table finding add column type smallint not null default 0',
  // What facts of the resource made of the score: [{metric, reason}] with the vector; null where it is the base score.
  'alter table finding add column adjustment jsonb',
  // Predictions seen so far: {since, day, probability, survival}; one number a day is enough for LEV.
  'alter table vulnerability add column lev jsonb',
  `create table exposure (
    account_id text not null,
    resource_id bigint not null references resource on delete cascade,
    ordinal integer not null,
    interface text not null,
    edge text not null,
    edge_type text not null,
    protocol text not null,
    verdict text not null,
    document jsonb not null,
    primary key (account_id, resource_id, ordinal)
  )`,
  `create table network_finding (
    account_id text not null,
    resource_id bigint not null references resource on delete cascade,
    key text not null,
    is_open boolean not null,
    title text not null,
    severity smallint not null,
    -- What only a page that is read needs: protocol, port range, steps, texts
    document jsonb not null,
    primary key (account_id, resource_id, key)
  )`,
];
