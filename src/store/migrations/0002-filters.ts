import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Saved filters and suppression rules, tags, and the settings that accounts make through the API. */
export const filters: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table filter (
    filter_id bigint generated always as identity primary key,
    account_id text not null references account,
    arn text not null unique,
    name text not null,
    action text not null,
    -- Criteria in the shape of the API, times as milliseconds
    criteria jsonb not null,
    description text,
    reason text,
    created_at bigint not null,
    updated_at bigint not null,
    unique (account_id, name)
  )`,
  `create table tag (
    arn text not null,
    key text not null,
    value text not null,
    primary key (arn, key)
  )`,
  // What an account configured: organisation, scan modes, re-scan durations, deep inspection paths.
  `create table account_setting (
    account_id text not null references account,
    name text not null,
    value jsonb not null,
    updated_at bigint not null,
    primary key (account_id, name)
  )`,
];
