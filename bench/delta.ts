import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { Intelligence } from '../src/intel/contract.ts';
import { diffRevisions } from '../src/intel/diff.ts';
import { openRevision } from '../src/intel/open.ts';
import { applyRevision } from '../src/jobs/apply-revision.ts';
import type { JobContext } from '../src/jobs/context.ts';
import { below } from '../src/model/advisory.ts';
import { lifecycleRules } from '../src/pipeline/record/reconcile.ts';
import { record } from '../src/pipeline/record/record.ts';
import { type Db, openDatabase } from '../src/store/database.ts';
import { startEmbedded } from '../src/store/embedded.ts';
import { findingStore } from '../src/store/findings.ts';
import { buildDay, hasBothTimes } from '../testkit/day-of-feeds.ts';
import {
  copyFindings,
  debianPackage,
  drawEstate,
  type Estate,
  storeInventories,
  storeResources,
} from '../testkit/estate.ts';
import { statement } from '../testkit/intelligence.ts';
import { postgresPrograms, startPostgres } from '../testkit/postgres.ts';
import { sharedReason } from '../testkit/shared.ts';
import { textTable } from './measure.ts';

/**
 * New and withdrawn advisories on estates of several sizes: how long until the findings that change are changed.
 * usage: npm run bench -- delta [postgresql|embedded] [RESOURCES...]
 */
const [engine = 'postgresql', ...rest] = process.argv.slice(2);
const sizes = rest.length > 0 ? rest.map(Number) : [10_000, 100_000, 1_000_000];
const inventoryCount = 300;
const daysBetween = 31;
// The same machines at every size carry the package of the advisory that flips equally many findings.
const rareCarriers = 1000;
// Of each resource, beside those that the day touches: more would only take longer to load.
const findingsOfEach = 3;
const account = '111122223333';

if (!hasBothTimes()) {
  process.stderr.write(`${sharedReason}\n`);
  process.exit(2);
}
const home = mkdtempSync(join(tmpdir(), 'openinspector-bench-delta-'));
const print = (text: string) => process.stdout.write(`${text}\n`);
try {
  await main();
} finally {
  rmSync(home, { recursive: true, force: true });
}

type Revisions = {
  readonly base: string;
  readonly day: string;
  readonly wide: string;
  readonly rare: string;
};

async function main(): Promise<void> {
  const base = await buildDay(home, { days: null, extra: [] });
  const view = openRevision(home, base);
  const estate = withRare(drawEstate(view, inventoryCount));
  const wideName = widest(estate);
  const advisory = (name: string) => ({
    key: { stream: 'debian:12', name },
    statement: statement(`CVE-2099-${name.length}`, [below('99:1')], { scheme: 'deb', feed: 'extra' }),
  });
  const day = await buildDay(home, { days: daysBetween, extra: [] });
  const wide = await buildDay(home, { days: daysBetween, extra: [advisory(wideName)] });
  const rare = await buildDay(home, { days: daysBetween, extra: [advisory('rare')] });
  const diff = diffRevisions(view, openRevision(home, day));
  print(
    `base: ${view.meta.statementCount} statements on ${view.meta.keyCount} keys; a day: ${diff.keys.length} keys, ${diff.vulnerabilities.length} vulnerabilities; the wide package: ${wideName}`,
  );
  const rows = [['case', 'resources', 'findings', 'seconds', 'judged', 'left', 'flips', 'rows written']];
  const seconds = new Map<string, number[]>();
  for (const size of sizes) {
    const measured = await measureSize(size, estate, { base, day, wide, rare });
    for (const one of measured) {
      rows.push(one.cells);
      seconds.set(one.name, [...(seconds.get(one.name) ?? []), one.seconds]);
    }
  }
  print(textTable(rows));
  print(
    textTable([['seconds against the size before', ...sizes.slice(1).map(String)], ...ratioRows(seconds)]),
  );
}

function ratioRows(seconds: ReadonlyMap<string, readonly number[]>): string[][] {
  return [...seconds].map(([name, times]) => [
    name,
    ...times.slice(1).map((time, i) => `${(time / (times[i] ?? time)).toFixed(2)}x`),
  ]);
}

type Measured = { readonly name: string; readonly seconds: number; readonly cells: string[] };

async function measureSize(size: number, estate: Estate, revisions: Revisions): Promise<readonly Measured[]> {
  const opened = await openEngine();
  const views = new Map(Object.values(revisions).map((name) => [name, openRevision(home, name)]));
  let current: Intelligence | null = null;
  const { db } = opened.database;
  const context = {
    db,
    intelligence: {
      current: () => current,
      refresh: async () => false,
      openRevision: (name: string) => openRevision(home, name),
    },
    rules: lifecycleRules,
    log: pino({ level: 'silent' }),
    now: () => Date.now(),
    // A delta asks nothing else of its context.
  } as unknown as JobContext;
  const goTo = async (name: string) => {
    current = views.get(name) ?? null;
    await applyRevision(context, 'bench');
  };
  try {
    const started = performance.now();
    const inventories = await storeInventories(db, estate);
    await goTo(revisions.base);
    await load(context, inventories, size, changedBetween(revisions));
    const count = await countOf(db, 'finding');
    print(`${size}: loaded with ${count} findings in ${((performance.now() - started) / 1000).toFixed(0)} s`);
    const measured: Measured[] = [];
    for (const [name, revision] of [
      ['a day of feeds', revisions.day],
      ['advisory, equal flips', revisions.rare],
      ['withdrawn, equal flips', revisions.day],
      ['advisory, wide', revisions.wide],
      ['withdrawn, wide', revisions.day],
    ] as const) {
      const since = await nextTransaction(db);
      await goTo(revision);
      const { why, milliseconds } = await lastLine(db);
      const [, judged = '', left = '', flips = ''] =
        /; (\d+) of \d+ package versions judged again, (\d+) left alone; (.*)$/.exec(why) ?? [];
      const written = String(await rowsWritten(db, since));
      const seconds = milliseconds / 1000;
      const cells = [name, String(size), String(count), seconds.toFixed(2), judged, left, flips, written];
      measured.push({ name, seconds, cells });
      print(cells.join('  '));
    }
    return measured;
  } finally {
    for (const view of views.values()) view.close();
    await opened.stop();
  }
}

/** Resources by shares that fall off steeply, the findings of one of each inventory, and copies of those. */
async function load(
  context: JobContext,
  inventories: readonly number[],
  size: number,
  touched: readonly string[],
): Promise<void> {
  const { db } = context;
  const common = inventories.slice(0, -1);
  const weight = common.reduce((sum, _, i) => sum + 1 / (i + 1), 0);
  const shares = common.map((inventory, i) => ({
    inventory,
    count: Math.max(1, Math.round((size - rareCarriers) / (i + 1) / weight)),
  }));
  await storeResources(db, [...shares, { inventory: inventories.at(-1) ?? 0, count: rareCarriers }]);
  const first = await sql<{
    id: number;
  }>`select min(resource_id) as id from resource group by inventory_id`.execute(db);
  await record(findingStore(db), {
    resourceIds: first.rows.map(({ id }) => id),
    vulnerabilities: null,
    now: 0,
    revision: context.intelligence.current()?.meta.revision ?? '',
    rules: context.rules,
    adjust: () => null,
    closeReason: () => 'NOT_AFFECTED',
  });
  const each = (await countOf(db, 'finding')) / first.rows.length;
  const oneIn = Math.max(1, Math.round(each / findingsOfEach));
  await copyFindings(db, { vulnerabilities: touched, oneIn });
  await sql`analyze`.execute(db);
}

/** Vulnerabilities that a day changes anything of: all of their findings have to be there. */
function changedBetween({ base, day }: Revisions): readonly string[] {
  const [from, to] = [openRevision(home, base), openRevision(home, day)];
  const { keys, vulnerabilities } = diffRevisions(from, to);
  const changed = new Set(vulnerabilities);
  for (const key of keys) {
    const said = [from, to].map(
      (view) =>
        new Set(
          view.statements(key).map((one) => `${view.displayId(one.vulnerability)}\t${JSON.stringify(one)}`),
        ),
    );
    for (const [i, own] of said.entries())
      for (const text of own) if (!said[1 - i]?.has(text)) changed.add(text.split('\t')[0] ?? '');
  }
  from.close();
  to.close();
  return [...changed];
}

// A last inventory that alone has the rare package.
function withRare({ inventories, systems }: Estate): Estate {
  const [packages = [], system] = [inventories[0], systems[0]];
  if (!system) throw new Error('the estate is empty');
  return {
    inventories: [...inventories, [...packages.slice(1), debianPackage('rare', '1.0-1')]],
    systems: [...systems, system],
  };
}

/** The Debian package that is in most inventories. */
function widest({ inventories, systems }: Estate): string {
  const counts = new Map<string, number>();
  for (const [i, packages] of inventories.entries()) {
    if (systems[i]?.id !== 'debian') continue;
    for (const name of new Set(packages.filter((one) => one.ecosystem === 'deb').map(({ name }) => name)))
      counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

async function openEngine() {
  if (engine === 'embedded') {
    const place = mkdtempSync(join(home, 'db-'));
    const embedded = await startEmbedded(place);
    const database = await openDatabase(embedded.connection, 'embedded');
    const stop = async () => {
      await database.close();
      await embedded.stop();
      rmSync(place, { recursive: true, force: true });
    };
    return { database, stop };
  }
  const programs = postgresPrograms();
  if (programs === null) throw new Error('PostgreSQL is not installed here (apt-get install postgresql)');
  const server = await startPostgres(programs);
  const database = await openDatabase({ connectionString: server.newDatabase() }, 'postgresql');
  const stop = async () => {
    await database.close();
    server.stop();
  };
  return { database, stop };
}

async function lastLine(db: Db): Promise<{ readonly why: string; readonly milliseconds: number }> {
  const { rows } = await sql<{ why: string; milliseconds: number }>`
    select why, milliseconds from job_log order by job_log_id desc limit 1`.execute(db);
  return rows[0] ?? { why: '', milliseconds: 0 };
}

/** The transaction that comes next: whatever it and later ones write is new. */
async function nextTransaction(db: Db): Promise<number> {
  const { rows } = await sql<{ xid: number }>`select pg_current_xact_id()::text::bigint as xid`.execute(db);
  return (rows[0]?.xid ?? 0) + 1;
}

/** Rows that were inserted or updated from a transaction on. */
async function rowsWritten(db: Db, since: number): Promise<number> {
  let sum = 0;
  for (const table of ['finding', 'finding_event', 'match', 'package_version', 'vulnerability']) {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from ${sql.table(table)} where xmin::text::bigint >= ${since}`.execute(db);
    sum += rows[0]?.count ?? 0;
  }
  return sum;
}

async function countOf(db: Db, table: 'finding'): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(table)} where account_id = ${account}`.execute(db);
  return rows[0]?.count ?? 0;
}
