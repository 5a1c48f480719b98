import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** CIS scans and what agents tell of them, code security, and connectors to other clouds. */
export const cisAndCode: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table cis_scan_configuration (
    configuration_number bigint generated always as identity primary key,
    arn text not null unique,
    -- Who made it
    account_id text not null references account,
    -- Whose it is: an account, or the organisation of its administrator
    owner_id text not null,
    name text not null,
    security_level text not null,
    -- The union of the API: {oneTime} or {daily}, {weekly}, {monthly}
    schedule jsonb not null,
    -- Account ids, or SELF, or ALL_ACCOUNTS
    target_accounts jsonb not null,
    -- Key to values
    target_tags jsonb not null,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  'create index cis_scan_configuration_account on cis_scan_configuration (account_id)',
  `create table cis_scan (
    scan_number bigint generated always as identity primary key,
    arn text not null unique,
    -- A configuration may go, and its scans stay
    configuration_arn text not null,
    account_id text not null references account,
    owner_id text not null,
    name text not null,
    security_level text not null,
    target_accounts jsonb not null,
    target_tags jsonb not null,
    status text not null check (status in ('IN_PROGRESS', 'COMPLETED', 'CANCELLED', 'FAILED')),
    started_at bigint not null,
    ended_at bigint
  )`,
  'create index cis_scan_account_time on cis_scan (account_id, started_at)',
  'create index cis_scan_time on cis_scan (started_at)',
  // What a scan came to in each account that it is for: nobody is shown sums over accounts that are not theirs.
  `create table cis_scan_account (
    account_id text not null references account,
    scan_number bigint not null references cis_scan on delete cascade,
    passed bigint not null default 0,
    failed bigint not null default 0,
    skipped bigint not null default 0,
    primary key (account_id, scan_number)
  )`,
  'create index cis_scan_account_scan on cis_scan_account (scan_number)',
  // One machine in one scan, and the session in which its agent tells what it found.
  `create table cis_job (
    job_number bigint generated always as identity primary key,
    job_id text not null unique,
    scan_number bigint not null references cis_scan on delete cascade,
    account_id text not null references account,
    -- The machine as the API shows it, with the tags that it had then: key to values
    resource_id text not null,
    tags jsonb not null,
    platform text,
    status text not null check (status in ('PENDING', 'RUNNING', 'COMPLETED', 'CANCELLED', 'TIMED_OUT')),
    status_reason text,
    -- SHA-256 of the token that the agent chose
    session text,
    -- What the agent said at its end
    stop jsonb,
    passed integer not null default 0,
    failed integer not null default 0,
    skipped integer not null default 0,
    created_at bigint not null,
    heard_at bigint not null,
    ended_at bigint,
    unique (scan_number, account_id, resource_id)
  )`,
  'create index cis_job_account on cis_job (account_id, scan_number)',
  `create index cis_job_open on cis_job (heard_at) where status in ('PENDING', 'RUNNING')`,
  // What is the same on every machine, kept once.
  `create table cis_check (
    check_number bigint generated always as identity primary key,
    digest text not null unique,
    rule_id text not null,
    check_id text not null,
    -- The id with its numbers padded, so that 1.9 comes before 1.10
    check_order text not null,
    title text not null,
    description text,
    remediation text,
    level text
  )`,
  `create table cis_result (
    account_id text not null,
    job_number bigint not null references cis_job on delete cascade,
    check_number bigint not null references cis_check,
    -- As the agent says it: one of seven
    rule_status text not null,
    -- As the API shows it: PASSED, FAILED, SKIPPED
    status text not null,
    reason text,
    primary key (account_id, job_number, check_number)
  )`,
  'create index cis_result_job on cis_result (job_number)',
  'create index cis_result_check on cis_result (check_number)',

  `create table code_integration (
    integration_number bigint generated always as identity primary key,
    arn text not null unique,
    account_id text not null references account,
    name text not null,
    type text not null,
    -- Of a self-managed provider
    instance_url text,
    status text not null,
    status_reason text not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (account_id, name)
  )`,
  `create table code_scan_configuration (
    configuration_number bigint generated always as identity primary key,
    arn text not null unique,
    account_id text not null references account,
    owner_id text not null,
    name text not null,
    level text not null,
    configuration jsonb not null,
    -- Whether it applies to all projects by itself
    is_default boolean not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (owner_id, name)
  )`,
  'create unique index code_scan_configuration_default on code_scan_configuration (owner_id) where is_default',
  `create table code_association (
    configuration_number bigint not null references code_scan_configuration on delete cascade,
    account_id text not null references account,
    resource_id bigint not null references resource on delete cascade,
    created_at bigint not null,
    primary key (configuration_number, resource_id)
  )`,
  'create index code_association_resource on code_association (resource_id)',
  // A project is a code repository that is watched; the id that the API knows it by is a hash of what it is here.
  `create index resource_project on resource (md5(account_id || ' ' || id)) where type = 'CODE_REPOSITORY'`,
  `create table code_scan (
    scan_number bigint generated always as identity primary key,
    scan_id text not null unique,
    account_id text not null references account,
    resource_id bigint not null references resource on delete cascade,
    client_token text,
    status text not null check (status in ('IN_PROGRESS', 'SUCCESSFUL', 'FAILED', 'SKIPPED')),
    status_reason text,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  'create unique index code_scan_token on code_scan (account_id, client_token)',
  `create unique index code_scan_running on code_scan (resource_id) where status = 'IN_PROGRESS'`,

  `create table connector (
    connector_number bigint generated always as identity primary key,
    arn text not null unique,
    account_id text not null references account,
    name text not null,
    provider text not null,
    description text,
    -- The connector of the other side's configuration records
    config_connector_arn text not null,
    regions jsonb not null,
    -- What is scanned and where, in the shape of the API
    scope jsonb not null,
    auto_install_scanner boolean not null,
    client_token text,
    created_at bigint not null,
    updated_at bigint not null,
    unique (account_id, name)
  )`,
  'create unique index connector_token on connector (account_id, client_token)',
  'create index connector_config on connector (account_id, config_connector_arn)',
  `create table connector_scan_configuration (
    account_id text not null references account,
    config_connector_arn text not null,
    -- In the shape of the API
    configuration jsonb not null,
    updated_at bigint not null,
    primary key (account_id, config_connector_arn)
  )`,
];
