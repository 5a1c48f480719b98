import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { type Embedded, startEmbedded } from '../../src/store/embedded.ts';

const home = mkdtempSync(join(tmpdir(), 'openinspector-counts-'));
let embedded: Embedded;
let database: Database;
before(async () => {
  embedded = await startEmbedded(join(home, 'db'));
  database = await openDatabase(embedded.connection, 'embedded');
  await sql`insert into account (account_id, created_at) values ('111122223333', 0), ('444455556666', 0)`.execute(
    database.db,
  );
  await sql`insert into resource (account_id, region, type, id, name, target, location, fingerprint, tags, details,
      status_code, status_reason, first_seen_at, last_seen_at)
    select (array['111122223333', '444455556666'])[1 + n % 2], 'eu-central-1', 'AWS_EC2_INSTANCE', 'i-' || n, '', '', '', '',
      '{}', '{}', '', '', 0, 0 from generate_series(1, 4) n`.execute(database.db);
});
after(async () => {
  await database?.close();
  await embedded?.stop();
  rmSync(home, { recursive: true, force: true });
});

const finding = fc.record({
  resource: fc.integer({ min: 1, max: 4 }),
  vulnerability: fc.integer({ min: 1, max: 6 }),
  status: fc.integer({ min: 0, max: 2 }),
  severity: fc.integer({ min: 0, max: 5 }),
  type: fc.integer({ min: 0, max: 1 }),
  fix: fc.integer({ min: 0, max: 2 }),
  exploit: fc.boolean(),
});
const step = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    findings: fc.array(finding, { minLength: 1, maxLength: 8 }),
  }),
  fc.record({ kind: fc.constant('suppress' as const), severity: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ kind: fc.constant('delete' as const), vulnerability: fc.integer({ min: 1, max: 6 }) }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(taken: Step): Promise<void> {
  const { db } = database;
  if (taken.kind === 'suppress') {
    await sql`update finding set status = 1 - status % 2 where severity >= ${taken.severity}`.execute(db);
  } else if (taken.kind === 'delete') {
    await sql`delete from finding where vulnerability_id = ${`V${taken.vulnerability}`}`.execute(db);
  } else {
    const distinct = [
      ...new Map(taken.findings.map((one) => [`${one.resource} ${one.vulnerability}`, one])).values(),
    ];
    // As findings are recorded: some rows are new and some are there, in one statement.
    await sql`
      insert into finding (account_id, resource_id, vulnerability_id, arn, title, status, severity, fix_available,
        exploit_available, first_observed_at, last_observed_at, updated_at, revision, type)
      select r.account_id, r.resource_id, 'V' || g.vulnerability, r.resource_id || '/' || g.vulnerability, '', g.status,
        g.severity, g.fix, g.exploit, 0, 0, 0, '', g.type
      from jsonb_to_recordset(${JSON.stringify(distinct)}::jsonb) as g(resource bigint, vulnerability int, status int,
        severity int, type int, fix int, exploit boolean) join resource r on r.resource_id = g.resource
      on conflict (resource_id, vulnerability_id, account_id) do update set status = excluded.status,
        severity = excluded.severity, type = excluded.type, fix_available = excluded.fix_available,
        exploit_available = excluded.exploit_available`.execute(db);
  }
}

const counted = sql`select account_id, resource_id, type, severity, findings::int, exploits::int, fixes::int
  from finding_count where findings <> 0 or exploits <> 0 or fixes <> 0 order by 1, 2, 3, 4`;
const anew = sql`select account_id, resource_id, type, severity, count(*)::int as findings,
    count(*) filter (where exploit_available)::int as exploits, count(*) filter (where fix_available = 2)::int as fixes
  from finding where status = 0 group by 1, 2, 3, 4 order by 1, 2, 3, 4`;

test('the counts that the database keeps are those of the findings, whatever was written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await sql`delete from finding`.execute(database.db);
      for (const taken of steps) await take(taken);
      const [kept, made] = [await counted.execute(database.db), await anew.execute(database.db)];
      assert.deepEqual(kept.rows, made.rows);
    }),
    { numRuns: 60 },
  );
});

test('what is only seen again writes no count', async () => {
  const one = { resource: 1, vulnerability: 1, status: 0, severity: 4, type: 0, fix: 2, exploit: true };
  await take({ kind: 'put', findings: [one] });
  const written = sql<{
    count: string;
  }>`select string_agg(xmin::text, ' ' order by resource_id, type, severity) as count
    from finding_count`;
  const [before] = (await written.execute(database.db)).rows;
  await sql`update finding set last_observed_at = last_observed_at + 1`.execute(database.db);
  assert.deepEqual((await written.execute(database.db)).rows, [before]);
  await sql`update finding set severity = 5`.execute(database.db);
  assert.notDeepEqual((await written.execute(database.db)).rows, [before]);
});
