import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Who administers whom, exported reports, and who changed what. */
export const organisation: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  // An installation is one organisation: `only_one` keeps it to one administrator, whoever asks at the same time.
  `create table delegated_administrator (
    only_one boolean primary key default true check (only_one),
    account_id text not null references account,
    since bigint not null
  )`,
  // Accounts that were ever associated with the administrator; REMOVED ones stand alone again.
  `create table member (
    account_id text primary key references account,
    administrator_id text not null references account,
    status text not null check (status in ('ENABLED', 'REMOVED')),
    updated_at bigint not null
  )`,
  'create index member_administrator on member (administrator_id, account_id)',
  // Append-only: every change that was asked for through the API, and what it made of its subject.
  `create table audit_log (
    audit_id bigint generated always as identity primary key,
    account_id text not null,
    at bigint not null,
    user_name text not null,
    operation text not null,
    -- What was changed: an account id, an ARN, the id of a report
    subject text not null,
    before jsonb,
    after jsonb
  )`,
  'create index audit_log_account on audit_log (account_id, audit_id)',
  `create table report (
    report_number bigint generated always as identity primary key,
    report_id text not null unique,
    account_id text not null references account,
    kind text not null check (kind in ('FINDINGS', 'SBOM')),
    format text not null,
    -- Filter criteria in the shape of the API, times as ISO 8601; null: the default
    criteria jsonb,
    -- {bucketName, keyPrefix, kmsKeyArn}
    destination jsonb not null,
    status text not null check (status in ('IN_PROGRESS', 'SUCCEEDED', 'CANCELLED', 'FAILED')),
    error_code text,
    error_message text,
    created_at bigint not null,
    finished_at bigint
  )`,
  // One at a time for each account and kind.
  `create unique index report_running on report (account_id, kind) where status = 'IN_PROGRESS'`,
];
