import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { FindingChange } from '../src/pipeline/record/ports.ts';
import type { Criteria, Criterion } from '../src/store/criteria.ts';
import { type Database, openDatabase } from '../src/store/database.ts';
import { startEmbedded } from '../src/store/embedded.ts';
import { aggregateFindings, dimensions } from '../src/store/finding-aggregations.ts';
import { type FindingQuery, findingSorts, listFindings, markOf } from '../src/store/finding-list.ts';
import { findingStore } from '../src/store/findings.ts';
import { postgresPrograms, startPostgres } from '../testkit/postgres.ts';
import { textTable } from './measure.ts';
import { administrator, epoch, fillEstate, smallMember } from './store-estate.ts';

/**
 * Pages and counts of findings at size.
 * usage: npm run bench -- store [postgresql|embedded] [FINDINGS] [--url URL] [--plans DIR] [--only recording] [--who member]
 * `--url` names a database that stays: empty, it is filled; filled, it is only asked.
 */
const [engine = 'postgresql', findings = engine === 'embedded' ? '1000000' : '10000000'] = process.argv
  .slice(2)
  .filter((word) => !word.startsWith('--') && !/[:/]/.test(word));
const option = (name: string) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
};
const rounds = 20;
const resourceTypes = ['AWS_EC2_INSTANCE', 'AWS_ECR_CONTAINER_IMAGE', 'AWS_LAMBDA_FUNCTION'] as const;
const members = Array.from({ length: 200 }, (_, n) => String(n + 1).padStart(12, '0'));
const print = (text: string) => process.stdout.write(`${text}\n`);

const folder = mkdtempSync(join(tmpdir(), 'openinspector-bench-store-'));
async function main(): Promise<void> {
  const opened = await openEngine();
  try {
    const { db } = opened.database;
    const filled = await sql`select 1 from finding limit 1`.execute(db);
    if (filled.rows.length === 0)
      await fillEstate(db, Number(findings), (text) =>
        process.stderr.write(`${text}
`),
      );
    await printSizes(opened.database);
    if (option('--only') !== 'recording') await measurePages(opened.database);
    await measureRecording(opened.database);
  } finally {
    await opened.close();
  }
}

async function openEngine(): Promise<{ database: Database; close(): Promise<void> }> {
  const url = option('--url');
  if (url !== null) {
    const database = await openDatabase({ connectionString: url }, 'postgresql');
    return { database, close: () => database.close() };
  }
  if (engine === 'embedded') {
    const embedded = await startEmbedded(folder);
    const database = await openDatabase(embedded.connection, 'embedded');
    return {
      database,
      close: async () => {
        await database.close();
        await embedded.stop();
      },
    };
  }
  const programs = postgresPrograms();
  if (programs === null) throw new Error('PostgreSQL is not installed here');
  const server = await startPostgres(programs);
  const database = await openDatabase({ connectionString: server.url }, 'postgresql');
  return {
    database,
    close: async () => {
      await database.close();
      server.stop();
    },
  };
}

async function printSizes({ db }: Database): Promise<void> {
  const found = await sql<{ findings: number; table: number; all: number }>`
    select (select count(*) from finding) as findings, pg_relation_size('finding') as table,
      pg_total_relation_size('finding') as all`.execute(db);
  const { findings: count = 0, table = 0, all = 0 } = found.rows[0] ?? {};
  const each = (bytes: number) =>
    `${(bytes / 2 ** 20).toFixed(0)} MiB, ${(bytes / count).toFixed(0)} bytes each`;
  print(`${count} findings: ${each(table)} of rows, ${each(all)} with indexes`);
}

async function measurePages(database: Database): Promise<void> {
  const rows = [['who', 'query', 'p50 ms', 'p95 ms', 'p99 ms', 'rows']];
  for (const [who, scope] of scopes) {
    if (option('--who') !== null && option('--who') !== who) continue;
    for (const shape of shapes) rows.push(await measureShape(database, who, scope, shape));
  }
  print(textTable(rows));
}

// New findings of new machines, and then all of them closed, beside those that are there.
async function measureRecording({ db }: Database): Promise<void> {
  const resources = 1000;
  const each = 100;
  const made = await sql<{ id: number }>`
    insert into resource (account_id, region, type, id, name, target, location, fingerprint, tags, details, status_code,
      status_reason, first_seen_at, last_seen_at)
    select ${smallMember}, 'eu-central-1', 'AWS_EC2_INSTANCE', 'i-new-' || n || '-' || ${Date.now()}::text, '', 'rootfs', '', '', '{}', '{}',
      'ACTIVE', 'SUCCESSFUL', 0, 0 from generate_series(1, ${resources}) n returning resource_id as id`.execute(
    db,
  );
  const store = findingStore(db);
  for (const [what, status] of [
    ['opened', 'ACTIVE'],
    ['closed', 'CLOSED'],
  ] as const) {
    const changes = made.rows.flatMap(({ id }) =>
      Array.from({ length: each }, (_, n) => newChange(id, cve(n * 61), status)),
    );
    const started = performance.now();
    await store.apply(changes, 'revision');
    const seconds = (performance.now() - started) / 1000;
    print(
      `${changes.length} findings ${what} in ${seconds.toFixed(1)} s: ${(changes.length / seconds).toFixed(0)} a second`,
    );
  }
  // What is asked afterwards is asked of the estate as it was.
  const ids = made.rows.map(({ id }) => id);
  await sql`delete from finding where resource_id = any(${ids}::bigint[])`.execute(db);
  await sql`delete from resource where resource_id = any(${ids}::bigint[])`.execute(db);
  await sql`vacuum analyze finding`.execute(db);
}

function newChange(resourceId: number, vulnerability: string, status: 'ACTIVE' | 'CLOSED'): FindingChange {
  const isOpen = status === 'ACTIVE';
  return {
    resource: {
      resourceId,
      accountId: smallMember,
      region: 'eu-central-1',
      id: `i-${resourceId}`,
      inventoryId: null,
      isGone: false,
      network: null,
    },
    vulnerability,
    event: isOpen ? 'OPENED' : 'CLOSED',
    before: null,
    next: {
      type: 'PACKAGE_VULNERABILITY',
      title: `${vulnerability} - openssl, libssl3`,
      status: isOpen ? 0 : 2,
      severity: 4,
      score: 7.5,
      epss: 0.01,
      fixAvailable: 2,
      exploitAvailable: false,
      adjustment: null,
      firstObservedAt: epoch,
      lastObservedAt: epoch,
      updatedAt: epoch,
      closedAt: isOpen ? null : epoch,
      closeReason: isOpen ? null : 'NOT_AFFECTED',
    },
  };
}

type Scope = Pick<FindingQuery, 'accountId' | 'resourceTypes' | 'members'>;

const scopes: readonly (readonly [string, Scope])[] = [
  [
    'administrator',
    { accountId: administrator, resourceTypes, members: [{ accountIds: members, resourceTypes }] },
  ],
  ['member', { accountId: smallMember, resourceTypes }],
];

type Shape = {
  readonly name: string;
  /** One question; `n` differs from round to round. */
  ask(db: Database['db'], scope: Scope, n: number): Promise<readonly unknown[]>;
};

const equals = (value: string): Criterion => ({ kind: 'text', comparison: 'EQUALS', value });
const prefix = (value: string): Criterion => ({ kind: 'text', comparison: 'PREFIX', value });
const range = (lower: number | null, upper: number | null): Criterion => ({ kind: 'range', lower, upper });
const cve = (n: number) => `CVE-${2010 + (n % 17)}-${1000 + n}`;
const active: Criteria = { findingStatus: [equals('ACTIVE')] };

function page(
  name: string,
  criteria: (n: number) => Criteria,
  sort: string | null,
  descending = true,
): Shape {
  return {
    name: `${name}${sort === null ? '' : `, by ${sort.toLowerCase()}`}`,
    ask: (db, scope, n) =>
      listFindings(db, { ...scope, criteria: criteria(n), sort, descending, limit: 26, after: null }),
  };
}

// The second page, which every client asks for that reads on.
function secondPage(name: string, criteria: Criteria, sort: string): Shape {
  return {
    name: `${name}, by ${sort.toLowerCase()}, page 2`,
    async ask(db, scope) {
      const query = { ...scope, criteria, sort, descending: true, limit: 26 };
      const last = (await listFindings(db, { ...query, after: null })).at(-1);
      if (last === undefined) return [];
      return listFindings(db, { ...query, after: markOf(last) });
    },
  };
}

function count(type: string, sortBy = 'CRITICAL'): Shape {
  return {
    name: `count by ${type.toLowerCase()}`,
    ask: (db, scope) => {
      const dimension = dimensions[type];
      if (dimension === undefined) throw new Error(`no such aggregation: ${type}`);
      return aggregateFindings(db, {
        ...scope,
        dimension,
        criteria: {},
        sortBy,
        descending: true,
        offset: 0,
        limit: 26,
      });
    },
  };
}

const shapes: readonly Shape[] = [
  page('everything', () => ({}), null),
  ...Object.keys(findingSorts).map((sort) => page('active', () => active, sort)),
  secondPage('active', active, 'SEVERITY'),
  secondPage('active', active, 'EPSS_SCORE'),
  page('critical', () => ({ ...active, severity: [equals('CRITICAL')] }), 'EPSS_SCORE'),
  page('one vulnerability', (n) => ({ vulnerabilityId: [equals(cve(n * 37))] }), 'SEVERITY'),
  page('a rare vulnerability', (n) => ({ vulnerabilityId: [equals(cve(19_000 + n))] }), 'LAST_OBSERVED_AT'),
  page('title', (n) => ({ title: [prefix(`${cve(n * 11)} - package`)] }), 'SEVERITY'),
  page('title beginning', (n) => ({ title: [prefix(cve(n * 11))] }), 'SEVERITY'),
  page(
    'one package',
    (n) => ({ vulnerablePackages: [{ kind: 'group', parts: { name: equals(`package-${n * 3}`) } }] }),
    'SEVERITY',
  ),
  page(
    'a rare package',
    (n) => ({ vulnerablePackages: [{ kind: 'group', parts: { name: equals(`package-${4900 + n}`) } }] }),
    'EPSS_SCORE',
  ),
  page(
    'score of 9 and more, exploit, fix',
    () => ({
      ...active,
      inspectorScore: [range(9, null)],
      exploitAvailable: [equals('YES')],
      fixAvailable: [equals('YES')],
    }),
    'EPSS_SCORE',
  ),
  page(
    'first seen in a week',
    (n) => ({ firstObservedAt: [range(epoch + n * 86_400_000, epoch + (n + 7) * 86_400_000)] }),
    'SEVERITY',
  ),
  page('one repository', (n) => ({ ecrImageRepositoryName: [equals(`app-${n}`)] }), 'SEVERITY'),
  page('a tag', (n) => ({ resourceTags: [{ kind: 'tag', key: 'Team', value: `team-${n}` }] }), 'EPSS_SCORE'),
  page('one VPC', (n) => ({ ec2InstanceVpcId: [equals(`vpc-${n}`)] }), 'INSPECTOR_SCORE'),
  page('nothing at all', () => ({ resourceId: [equals('i-none')] }), 'SEVERITY'),
  page('closed', () => ({ findingStatus: [equals('CLOSED')] }), 'LAST_OBSERVED_AT'),
  count('ACCOUNT'),
  count('FINDING_TYPE'),
  count('TITLE'),
  count('PACKAGE'),
  count('REPOSITORY'),
  count('AMI'),
  count('AWS_EC2_INSTANCE'),
  count('AWS_ECR_CONTAINER'),
  count('IMAGE_LAYER'),
];

async function measureShape(database: Database, who: string, scope: Scope, shape: Shape): Promise<string[]> {
  const { db } = database;
  const times: number[] = [];
  let rows = 0;
  const budget = performance.now() + 20_000;
  for (let n = 0; n < rounds && (n < 2 || performance.now() < budget); n++) {
    const started = performance.now();
    rows = (await shape.ask(db, scope, n)).length;
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1);
  await keepPlan(database, who, scope, shape);
  const row = [who, shape.name, at(0.5), at(0.95), at(0.99), String(rows)];
  process.stderr.write(`${row.join('  ')}\n`);
  return row;
}

// The plan of the last statement of a question, as the server ran it.
async function keepPlan({ pool }: Database, who: string, scope: Scope, shape: Shape): Promise<void> {
  const directory = option('--plans');
  if (directory === null) return;
  mkdirSync(directory, { recursive: true });
  let last: { sql: string; parameters: readonly unknown[] } | null = null;
  // biome-ignore lint/complexity/noBannedTypes: there is no builder schema
  const listening = new Kysely<{}>({
    dialect: new PostgresDialect({ pool }),
    log: ({ query }) => {
      last = { sql: query.sql, parameters: query.parameters };
    },
  });
  await shape.ask(listening, scope, 1);
  const { sql: text, parameters } = last ?? { sql: 'select 1', parameters: [] };
  const found = await pool.query(`explain (analyze, buffers) ${text}`, [...parameters]);
  const lines = found.rows.map((row) => String(Object.values(row)[0]));
  const name = `${who} ${shape.name}.txt`.replace(/[^a-z0-9.]+/gi, '-');
  writeFileSync(join(directory, name), `${text}\n\n${lines.join('\n')}\n`);
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
