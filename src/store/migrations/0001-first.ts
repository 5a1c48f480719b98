import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The first schema. Times are milliseconds since the epoch (bigint). `account_id` leads every index that grows with
 * the estate, so that partitioning by account is a setting. Findings are narrow rows: what is read on one page only
 * (packages, vulnerability texts) is joined for that page.
 */
export const first: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table account (
    account_id text primary key,
    created_at bigint not null,
    -- scan type to {status, since}
    scan_types jsonb not null default '{}'
  )`,
  `create table access_key (
    access_key_id text primary key,
    account_id text not null references account,
    user_name text not null,
    role text not null,
    -- AES-256-GCM under the installation's key: SigV4 needs the secret itself
    secret bytea not null,
    created_at bigint not null,
    is_disabled boolean not null default false
  )`,
  `create table inventory (
    inventory_id bigint generated always as identity primary key,
    digest text not null unique,
    os jsonb,
    facts jsonb not null,
    problems jsonb not null,
    package_count integer not null,
    created_at bigint not null
  )`,
  // One row per distinct package version as matching sees it, however many resources carry it.
  `create table package_version (
    package_version_id bigint generated always as identity primary key,
    digest text not null unique,
    ecosystem text not null,
    name text not null,
    version text not null,
    arch text,
    subject jsonb not null,
    -- The intelligence revision that its matches were judged under, null when they never were
    revision text
  )`,
  `create table package_key (
    stream text not null,
    name text not null,
    package_version_id bigint not null references package_version on delete cascade,
    primary key (stream, name, package_version_id)
  )`,
  'create index package_key_version on package_key (package_version_id)',
  `create table inventory_package (
    inventory_id bigint not null references inventory on delete cascade,
    ordinal integer not null,
    package_version_id bigint references package_version,
    -- The package as the inventory lists it, with its evidence
    package jsonb not null,
    -- Why it is listed and not judged, null when it is judged
    set_aside text,
    primary key (inventory_id, ordinal)
  )`,
  'create index inventory_package_version on inventory_package (package_version_id, inventory_id)',
  `create table resource (
    resource_id bigint generated always as identity primary key,
    account_id text not null references account,
    region text not null,
    type text not null,
    -- The id as the API shows it
    id text not null,
    name text not null,
    target text not null,
    location text not null,
    fingerprint text not null,
    -- The fingerprint that was last scanned; differs while a scan is due
    scanned_fingerprint text,
    tags jsonb not null,
    details jsonb not null,
    inventory_id bigint references inventory,
    status_code text not null,
    status_reason text not null,
    problem_count integer not null default 0,
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    last_scanned_at bigint,
    gone_at bigint,
    unique (account_id, type, id)
  )`,
  'create index resource_inventory on resource (inventory_id)',
  'create index resource_place on resource (target, location)',
  `create table vulnerability (
    vulnerability_id text primary key,
    document jsonb not null,
    updated_at bigint not null
  )`,
  // The verdict on package version x vulnerability, with severity and proof: judged once.
  `create table match (
    package_version_id bigint not null references package_version on delete cascade,
    vulnerability_id text not null,
    result text not null,
    status text not null,
    fixed_version text,
    severity smallint not null,
    score real,
    rating jsonb,
    verdict jsonb not null,
    primary key (package_version_id, vulnerability_id)
  )`,
  'create index match_vulnerability on match (vulnerability_id, package_version_id)',
  `create table finding (
    account_id text not null,
    finding_id bigint generated always as identity,
    resource_id bigint not null references resource,
    vulnerability_id text not null,
    arn text not null,
    title text not null,
    status smallint not null,
    severity smallint not null,
    score real,
    epss real,
    fix_available smallint not null,
    exploit_available boolean not null,
    first_observed_at bigint not null,
    last_observed_at bigint not null,
    updated_at bigint not null,
    closed_at bigint,
    close_reason text,
    revision text not null,
    primary key (account_id, finding_id),
    unique (account_id, resource_id, vulnerability_id)
  )`,
  'create unique index finding_arn on finding (arn)',
  'create index finding_list on finding (account_id, status, severity desc, finding_id)',
  'create index finding_score on finding (account_id, status, score desc nulls last, finding_id)',
  'create index finding_resource on finding (resource_id)',
  'create index finding_vulnerability on finding (account_id, vulnerability_id)',
  'create index finding_last_observed on finding (account_id, last_observed_at desc, finding_id)',
  'create index finding_closed on finding (closed_at) where closed_at is not null',
  // Append-only: what happened to each finding, and the stream that the outside reads.
  `create table finding_event (
    event_id bigint generated always as identity primary key,
    account_id text not null,
    finding_id bigint not null,
    at bigint not null,
    kind text not null,
    revision text not null,
    detail jsonb not null
  )`,
  'create index finding_event_finding on finding_event (finding_id, event_id)',
  `create table watch (
    watch_id bigint generated always as identity primary key,
    account_id text not null references account,
    target text not null,
    location text not null,
    created_at bigint not null,
    unique (account_id, target, location)
  )`,
  `create table job_log (
    job_log_id bigint generated always as identity primary key,
    at bigint not null,
    job text not null,
    -- What set it off
    trigger text not null,
    subject text not null,
    outcome text not null,
    why text not null,
    milliseconds integer not null
  )`,
  'create index job_log_at on job_log (at)',
  // The revision that every stored package version was last judged under.
  `create table setting (
    name text primary key,
    value jsonb not null
  )`,
];
