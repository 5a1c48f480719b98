import { sql } from 'kysely';
import type { Subject, Verdict } from '../model/match.ts';
import { severityRank } from '../model/severity.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import type { Rating } from '../pipeline/score/score.ts';
import type { Db } from './database.ts';
import { inSlices, json, recordset, withoutNul } from './rows.ts';

export type PackageVersion = { readonly id: number; readonly subject: Subject };

export type RatedVerdict = { readonly verdict: Verdict; readonly rating: Rating };

export type JudgedVersion = {
  readonly id: number;
  /** Only what matters later: affected and undetermined verdicts. */
  readonly verdicts: readonly RatedVerdict[];
};

const sliceRows = 2000;

/** Package versions of an inventory that were never judged under `revision`. */
export async function versionsToJudge(
  db: Db,
  inventoryId: number,
  revision: string,
): Promise<PackageVersion[]> {
  const found = await sql<PackageVersion>`
    select distinct on (v.package_version_id) v.package_version_id as id, v.subject
    from inventory_package p join package_version v using (package_version_id)
    where p.inventory_id = ${inventoryId} and v.revision is distinct from ${revision}`.execute(db);
  return found.rows;
}

/** Stored package versions of these ids. */
export async function versionsById(db: Db, ids: readonly number[]): Promise<PackageVersion[]> {
  const found = await sql<PackageVersion>`
    select package_version_id as id, subject from package_version
    where package_version_id = any(${ids}::bigint[]) order by package_version_id`.execute(db);
  return found.rows;
}

/** All stored package versions, by id, `limit` at a time. */
export async function versionsAfter(db: Db, after: number, limit: number): Promise<PackageVersion[]> {
  const found = await sql<PackageVersion>`
    select package_version_id as id, subject from package_version where package_version_id > ${after}
    order by package_version_id limit ${limit}`.execute(db);
  return found.rows;
}

/** Package versions with a match on any of the vulnerabilities. */
export async function versionIdsOfMatches(
  db: Db,
  vulnerabilities: readonly string[],
): Promise<readonly number[]> {
  const found = await sql<{ id: number }>`
    select distinct package_version_id as id from match
    where vulnerability_id = any(${vulnerabilities}::text[])`.execute(db);
  return found.rows.map(({ id }) => id);
}

/** Package versions that were judged last under another revision, or never, and which of both. */
export async function versionsOutside(
  db: Db,
  revision: string,
): Promise<readonly { readonly id: number; readonly wasJudged: boolean }[]> {
  const found = await sql<{ id: number; wasJudged: boolean }>`
    select package_version_id as id, revision is not null as "wasJudged" from package_version
    where revision is distinct from ${revision}`.execute(db);
  return found.rows;
}

/** The highest id among package versions, 0 when there is none. */
export async function lastVersionId(db: Db): Promise<number> {
  const found = await sql<{ id: number }>`
    select coalesce(max(package_version_id), 0) as id from package_version`.execute(db);
  return found.rows[0]?.id ?? 0;
}

/** How many package versions are stored at all, for saying how many were left alone. */
export async function countVersions(db: Db): Promise<number> {
  const found = await sql<{ count: number }>`select count(*) as count from package_version`.execute(db);
  return found.rows[0]?.count ?? 0;
}

/**
 * Replaces the matches of judged versions. Answers the (version, vulnerability) pairs whose verdict or rating is not
 * what it was: only resources that carry those need recording.
 */
export async function saveMatches(
  db: Db,
  judged: readonly JudgedVersion[],
  revision: string,
): Promise<{ readonly packageVersionId: number; readonly vulnerabilityId: string }[]> {
  const changed: { packageVersionId: number; vulnerabilityId: string }[] = [];
  await inSlices(judged, 500, async (slice) => {
    const rows = slice.flatMap(({ id, verdicts }) => verdicts.map((item) => matchRow(id, item)));
    const ids = slice.map(({ id }) => id);
    const columns =
      'package_version_id bigint, vulnerability_id text, result text, status text, fixed_version text, severity smallint, score real, rating jsonb, verdict jsonb';
    await db.transaction().execute(async (tx) => {
      const gone = await sql<{ id: number; vulnerability: string }>`
        delete from match m where m.package_version_id = any(${ids}::bigint[]) and not exists (
          select 1 from ${recordset(rows, columns)}
          where t.package_version_id = m.package_version_id and t.vulnerability_id = m.vulnerability_id)
        returning m.package_version_id as id, m.vulnerability_id as vulnerability`.execute(tx);
      for (const row of gone.rows)
        changed.push({ packageVersionId: row.id, vulnerabilityId: row.vulnerability });
      await inSlices(rows, sliceRows, async (part) => {
        const written = await sql<{ id: number; vulnerability: string }>`
          insert into match (package_version_id, vulnerability_id, result, status, fixed_version, severity, score, rating, verdict)
          select t.package_version_id, t.vulnerability_id, t.result, t.status, t.fixed_version, t.severity, t.score,
                 t.rating, t.verdict
          from ${recordset(part, columns)}
          on conflict (package_version_id, vulnerability_id) do update set
            result = excluded.result, status = excluded.status, fixed_version = excluded.fixed_version,
            severity = excluded.severity, score = excluded.score, rating = excluded.rating, verdict = excluded.verdict
          where (match.result, match.status, match.fixed_version, match.severity, match.score, match.rating, match.verdict)
            is distinct from (excluded.result, excluded.status, excluded.fixed_version, excluded.severity,
                              excluded.score, excluded.rating, excluded.verdict)
          returning package_version_id as id, vulnerability_id as vulnerability`.execute(tx);
        for (const row of written.rows)
          changed.push({ packageVersionId: row.id, vulnerabilityId: row.vulnerability });
      });
      await sql`update package_version set revision = ${revision} where package_version_id = any(${ids}::bigint[])`.execute(
        tx,
      );
    });
  });
  return changed;
}

function matchRow(id: number, { verdict, rating }: RatedVerdict): object {
  return {
    package_version_id: id,
    vulnerability_id: verdict.vulnerability,
    result: verdict.result,
    status: verdict.status,
    fixed_version: verdict.fixedVersion,
    severity: severityRank(rating.severity),
    score: rating.score,
    rating: { cvss: rating.cvss, vendorSeverity: rating.vendorSeverity, reason: rating.reason },
    verdict,
  };
}

/**
 * Marks the versions up to an id as judged under a revision that changed nothing for them: all that were judged under
 * the one before, but those that are to be judged again.
 */
export async function adoptRevision(
  db: Db,
  revisions: { readonly from: string; readonly to: string },
  upTo: number,
  butIds: readonly number[],
): Promise<void> {
  await sql`
    update package_version set revision = ${revisions.to}
    where revision = ${revisions.from} and package_version_id <= ${upTo}
      and package_version_id <> all(${butIds}::bigint[])`.execute(db);
}

function firstPrediction({ epss }: Vulnerability): object | null {
  const day = epss === null ? Number.NaN : Math.floor(Date.parse(epss.date) / 86_400_000);
  return Number.isNaN(day) ? null : { since: day, day, probability: epss?.score, survival: 0 };
}

// A newer prediction ends the one before it, whose days are added up. Source: pipeline/score/lev.ts
const nextPredictions = sql`case
  when excluded.lev is null then v.lev
  when v.lev is null then excluded.lev
  when (excluded.lev ->> 'day')::int <= (v.lev ->> 'day')::int then v.lev
  else v.lev || jsonb_build_object('day', excluded.lev -> 'day', 'probability', excluded.lev -> 'probability',
    'survival', (v.lev ->> 'survival')::float8 + ((excluded.lev ->> 'day')::int - (v.lev ->> 'day')::int) / 30.0
      * ln(1 - least((v.lev ->> 'probability')::float8, 1 - 1e-12)))
  end`;

/** Keeps what is known of vulnerabilities that findings name. */
export async function saveVulnerabilities(
  db: Db,
  found: readonly Vulnerability[],
  now: number,
): Promise<void> {
  const rows = found.map((document) => ({ id: document.id, document, lev: firstPrediction(document) }));
  rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  await inSlices(rows, 500, async (slice) => {
    await sql`
      insert into vulnerability as v (vulnerability_id, document, updated_at, lev)
      select t.id, t.document, ${now}, t.lev
      from jsonb_to_recordset(${withoutNul(JSON.stringify(slice))}::jsonb) as t(id text, document jsonb, lev jsonb)
      on conflict (vulnerability_id) do update set document = excluded.document, updated_at = excluded.updated_at,
        lev = ${nextPredictions}
      where v.document is distinct from excluded.document`.execute(db);
  });
}

/** A kept setting of the service (the revision applied last), or null. */
export async function getSetting<T>(db: Db, name: string): Promise<T | null> {
  const found = await sql<{ value: T }>`select value from setting where name = ${name}`.execute(db);
  return found.rows[0]?.value ?? null;
}

export async function putSetting(db: Db, name: string, value: unknown): Promise<void> {
  await sql`insert into setting (name, value) values (${name}, ${json(value)})
    on conflict (name) do update set value = excluded.value`.execute(db);
}
