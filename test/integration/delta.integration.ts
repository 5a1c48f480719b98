import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { sql } from 'kysely';
import { pino } from 'pino';
import { buildIntelligence } from '../../src/intel/build.ts';
import type { Intelligence } from '../../src/intel/contract.ts';
import { openRevision } from '../../src/intel/open.ts';
import { applyRevision } from '../../src/jobs/apply-revision.ts';
import type { JobContext } from '../../src/jobs/context.ts';
import { judgeVersions } from '../../src/jobs/judge-versions.ts';
import { fillVersionKeys, versionKeysOf } from '../../src/jobs/version-keys.ts';
import { below } from '../../src/model/advisory.ts';
import type { Subject } from '../../src/model/match.ts';
import type { Package } from '../../src/model/package.ts';
import { subjectDigest } from '../../src/pipeline/match/subject.ts';
import { lifecycleRules } from '../../src/pipeline/record/reconcile.ts';
import { record } from '../../src/pipeline/record/record.ts';
import type { Feed, FeedRecord } from '../../src/plugins/feeds/contract.ts';
import { ensureAccount } from '../../src/store/accounts.ts';
import { type Database, type Db, openDatabase } from '../../src/store/database.ts';
import { type Embedded, startEmbedded } from '../../src/store/embedded.ts';
import { findingStore } from '../../src/store/findings.ts';
import { saveInventory } from '../../src/store/inventories.ts';
import { getSetting, putSetting, versionsAfter } from '../../src/store/matches.ts';
import { versionsNamed } from '../../src/store/package-search.ts';
import { noteResource } from '../../src/store/resources.ts';
import { hexOf } from '../../src/store/version-keys.ts';
import { intervalsWithin, type VersionBound } from '../../src/versions/placed-key.ts';
import { statement } from '../../testkit/intelligence.ts';
import { feedIds, nextRecords, randomHistory } from './delta-histories.ts';

const histories = Number(process.env.DELTA_HISTORIES ?? 40);
const account = '111122223333';

describe('a delta', () => {
  const home = mkdtempSync(join(tmpdir(), 'openinspector-delta-'));
  let embedded: Embedded;
  let database: Database;
  before(async () => {
    embedded = await startEmbedded(join(home, 'db'));
    database = await openDatabase(embedded.connection, 'embedded');
  });
  after(async () => {
    await database?.close();
    await embedded?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  test(`never disagrees with judging everything, in ${histories} random histories`, async (t) => {
    const { db } = database;
    const sums = { judged: 0, left: 0, revisions: 0 };
    await fc.assert(
      fc.asyncProperty(randomHistory, async ({ first, steps, subjects }) => {
        await emptied(db);
        const world = await startWorld(db, mkdtempSync(join(home, 'intel-')), subjects);
        let records: readonly FeedRecord[] = first;
        await world.publish(records);
        await applyRevision(world.context, 'test');
        await agreesWithEverything(world);
        for (const step of steps) {
          records = nextRecords(records, step);
          const old = world.current();
          await world.publish(records);
          await applyRevision(world.context, 'test');
          if (old !== world.current()) {
            const { judged, left } = await counts(db);
            sums.judged += judged;
            sums.left += left;
            sums.revisions += 1;
            await agreesWithEverything(world);
          }
          // A scan that began under the revision before and ends only now; the next delta puts it right.
          const versions = await versionsAfter(db, 0, 1000);
          const late = step.late.flatMap((at) => versions[at % versions.length] ?? []);
          await judgeVersions(world.context, old, late);
        }
        world.close();
      }),
      { numRuns: histories, endOnFailure: true },
    );
    t.diagnostic(`${sums.revisions} deltas: ${sums.judged} versions judged again, ${sums.left} left alone`);
    // A delta that judges everything, or nothing, would agree too.
    assert.ok(sums.left > sums.judged && sums.judged > 0);
  });

  test('writes the keys of what is stored, and all of them anew when their form changed', async () => {
    const { db } = database;
    await emptied(db);
    const subjects = manyVersions();
    await storeSubjects(db, subjects);
    await fillVersionKeys(db);
    const wanted = subjects.map((subject) => hexOf(versionKeysOf(0, subject).key)).sort();
    const written = async () =>
      (
        await sql<{ own: string; place: string }>`
          select encode(v.version_key, 'hex') as own, encode(k.version_key, 'hex') as place
          from package_version v join package_key k using (package_version_id) order by own`.execute(db)
      ).rows;
    assert.deepEqual(
      (await written()).map(({ own }) => own),
      wanted,
    );
    assert.ok((await written()).every(({ own, place }) => own === place));
    assert.ok(wanted.includes('') && new Set(wanted).size > 1);
    await sql`update package_version set version_key = '\\x00'`.execute(db);
    await sql`update package_key set version_key = '\\x00'`.execute(db);
    await fillVersionKeys(db);
    assert.ok(
      (await written()).every(({ own }) => own === '00'),
      'what has keys is left alone',
    );
    await sql`update setting set value = '0' where name = 'versions.keyForm'`.execute(db);
    await fillVersionKeys(db);
    assert.deepEqual(
      (await written()).map(({ own }) => own),
      wanted,
    );
  });

  test('versions are found by name and range, and what has no key is always among them', async () => {
    const { db } = database;
    await emptied(db);
    await storeSubjects(db, manyVersions());
    const ask = async (...bounds: VersionBound[]) => {
      const ranges = intervalsWithin('semver', bounds);
      return (await versionsNamed(db, 'npm', 'left', ranges)).map(({ version }) => version).sort();
    };
    const every = (await versionsNamed(db, 'npm', 'left')).map(({ version }) => version).sort();
    assert.equal(every.length, 42);
    assert.deepEqual(await ask({ op: '>=', version: '1.39.0' }), every, 'no keys yet');
    await fillVersionKeys(db);
    assert.deepEqual((await versionsNamed(db, 'npm', 'left')).map(({ version }) => version).sort(), every);
    assert.deepEqual(await ask({ op: '>=', version: '1.38.0' }), ['1.2.3.4', '1.38.0', '1.39.0', 'latest']);
    assert.deepEqual(await ask({ op: '=', version: '1.9.0' }), ['1.2.3.4', '1.9.0', 'latest']);
    assert.deepEqual(await ask({ op: '>', version: '1.5.0' }, { op: '<', version: '1.7.0' }), [
      '1.2.3.4',
      '1.5.0',
      '1.6.0',
      'latest',
    ]);
    assert.deepEqual(await versionsNamed(db, 'npm', 'right'), []);
  });

  test('records what a cut-off attempt judged and did not record', async () => {
    const { db } = database;
    await emptied(db);
    const world = await startWorld(db, mkdtempSync(join(home, 'intel-')), manyVersions());
    await world.publish([]);
    await applyRevision(world.context, 'test');
    const old = world.current().meta.revision;
    await world.publish([affecting('1.10.0')]);
    // It died when all was judged and nothing recorded.
    await putSetting(db, 'intelligence.applying', world.current().meta.revision);
    await judgeVersions(world.context, world.current(), await versionsAfter(db, 0, 1000));
    assert.equal(await getSetting(db, 'intelligence.applied'), old);
    await applyRevision(world.context, 'test');
    await agreesWithEverything(world);
    const { rows } = await sql<{ count: number }>`select count(*) as count from finding`.execute(db);
    assert.equal(rows[0]?.count, 3);
    world.close();
  });

  test('judges no version beside the changed range, and says so', async () => {
    const { db } = database;
    await emptied(db);
    const world = await startWorld(db, mkdtempSync(join(home, 'intel-')), manyVersions());
    await world.publish([affecting('1.10.0')]);
    await applyRevision(world.context, 'test');
    await world.publish([affecting('1.10.0'), affecting('1.3.0', 'CVE-2024-0002')]);
    await applyRevision(world.context, 'test');
    // 1.0.0 to 1.2.0, and the two that have no place in the order.
    assert.deepEqual(await counts(db), { judged: 5, left: 37 });
    await agreesWithEverything(world);
    world.close();
  });
});

// Forty releases, one version that its specification does not allow, and one that is none.
function manyVersions(): Subject[] {
  const versions = [...Array.from({ length: 40 }, (_, i) => `1.${i}.0`), '1.2.3.4', 'latest'];
  return versions.map((version) => ({
    ecosystem: 'npm',
    name: 'left',
    version,
    arch: null,
    keys: [{ stream: 'npm', name: 'left', version }],
    module: null,
    distro: null,
  }));
}

function affecting(fixed: string, id = 'CVE-2024-0001'): FeedRecord {
  return {
    kind: 'statement',
    key: { stream: 'npm', name: 'left' },
    statement: statement(id, [below(fixed)], { feed: feedIds[0] ?? '' }),
  };
}

type World = {
  readonly context: JobContext;
  readonly resourceIds: readonly number[];
  publish(records: readonly FeedRecord[]): Promise<void>;
  current(): Intelligence;
  close(): void;
};

async function startWorld(db: Db, directory: string, subjects: readonly Subject[]): Promise<World> {
  const opened = new Map<string, Intelligence>();
  let current: Intelligence | null = null;
  const feedsDirectory = join(directory, 'feeds');
  mkdirSync(feedsDirectory);
  for (const id of feedIds) writeFileSync(join(feedsDirectory, id), '');
  const context = {
    db,
    intelligence: {
      current: () => current,
      refresh: async () => false,
      openRevision: (revision: string) => openRevision(directory, revision),
    },
    rules: lifecycleRules,
    log: pino({ level: 'silent' }),
    now: () => 1_780_000_000_000,
    // A delta reads nothing else: no reader, cache or network is asked.
  } as unknown as JobContext;
  return {
    context,
    resourceIds: await storeSubjects(db, subjects),
    async publish(records) {
      const { meta } = await buildIntelligence({
        feedsDirectory,
        outDirectory: directory,
        onProgress: () => {},
        now: new Date(1_780_000_000_000),
        feeds: feedIds.map((id) => feedOf(id, records)),
      });
      current = opened.get(meta.revision) ?? openRevision(directory, meta.revision);
      opened.set(meta.revision, current);
    },
    current() {
      assert.ok(current);
      return current;
    },
    close() {
      for (const one of opened.values()) one.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function feedOf(id: string, records: readonly FeedRecord[]): Feed {
  return {
    id,
    title: '',
    sources: [],
    licence: '',
    downloads: [],
    wants: (path) => path === id,
    read: () =>
      records.filter((one) => (one.kind === 'statement' ? one.statement.feed === id : id === feedIds[0])),
  };
}

// Two machines that share what they have, and a third with half of it.
async function storeSubjects(db: Db, subjects: readonly Subject[]): Promise<number[]> {
  await ensureAccount(db, account, ['EC2'], 0);
  const ids: number[] = [];
  for (const [i, some] of [subjects, subjects, subjects.slice(0, subjects.length / 2)].entries()) {
    const inventoryId = await saveInventory(
      db,
      {
        os: null,
        packages: [],
        problems: [],
        facts: { isContainer: false, runningKernel: null, layers: [] },
      },
      some.map((subject) => ({
        package: packageOf(subject),
        subject,
        digest: subjectDigest(subject),
        setAside: null,
      })),
      0,
    );
    const resource = await noteResource(db, account, 'eu-central-1', resourceOf(`i-${i}`), 0);
    await sql`update resource set inventory_id = ${inventoryId} where resource_id = ${resource.resourceId}`.execute(
      db,
    );
    ids.push(resource.resourceId);
  }
  return ids;
}

function packageOf({ ecosystem, name, version, arch }: Subject): Package {
  return {
    purl: `pkg:${ecosystem}/${name}@${version}` as Package['purl'],
    ecosystem,
    name,
    version,
    arch,
    source: null,
    evidence: [],
    scope: null,
    relation: null,
    introducedBy: [],
    owner: null,
    licences: [],
    attributes: {},
  };
}

function resourceOf(id: string): Parameters<typeof noteResource>[3] {
  return {
    type: 'AWS_EC2_INSTANCE',
    id,
    name: id,
    target: 'rootfs',
    location: `/${id}`,
    fingerprint: id,
    tags: {},
    details: {},
  };
}

/** Judging every stored version anew, and recording every resource anew, changes nothing. */
async function agreesWithEverything({ context, resourceIds, current }: World): Promise<void> {
  const { db } = context;
  const outside = await sql`
    select 1 from package_version where revision is distinct from ${current().meta.revision}`.execute(db);
  assert.equal(outside.rows.length, 0);
  const versions = await versionsAfter(db, 0, 1000);
  assert.deepEqual(await judgeVersions(context, current(), versions), []);
  const outcome = await record(findingStore(db), {
    resourceIds,
    vulnerabilities: null,
    now: context.now(),
    revision: current().meta.revision,
    rules: context.rules,
    adjust: () => null,
    closeReason: () => 'NOT_AFFECTED',
  });
  assert.deepEqual(outcome, { opened: 0, closed: 0, reopened: 0, updated: 0 });
}

/** What the job log says of the last delta. */
async function counts(db: Db): Promise<{ readonly judged: number; readonly left: number }> {
  const { rows } = await sql<{ why: string }>`
    select why from job_log where job = 'rematch' order by job_log_id desc limit 1`.execute(db);
  const [, judged, left] =
    /; (\d+) of \d+ package versions judged again, (\d+) left alone;/.exec(rows[0]?.why ?? '') ?? [];
  assert.ok(judged && left, rows[0]?.why);
  return { judged: Number(judged), left: Number(left) };
}

async function emptied(db: Db): Promise<void> {
  await sql`truncate finding_event, finding, resource, inventory_package, inventory, match, package_key,
    package_version, vulnerability, job_log, setting cascade`.execute(db);
}
