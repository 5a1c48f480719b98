import { sql } from 'kysely';
import type { PackageKey } from '../model/advisory.ts';
import type { Db } from './database.ts';
import type { PackageVersion } from './matches.ts';
import { inSlices, recordset } from './rows.ts';

/** A version's own key and that of the version under each of its package keys; null: it has no place in an order. */
export type VersionKeys = {
  readonly id: number;
  readonly key: Uint8Array | null;
  readonly places: readonly (PackageKey & { readonly key: Uint8Array | null })[];
};

/** Half-open: low <= key < high, by bytes. */
export type KeyRange = { readonly low: Uint8Array; readonly high: Uint8Array };

/** Everything that is stored: keys begin with the name of their scheme, which is ASCII. */
export const everyRange: readonly KeyRange[] = [{ low: new Uint8Array(0), high: Uint8Array.of(255) }];

const sliceRows = 2000;

/** Package versions that have no keys yet, by id, `limit` at a time. */
export async function unkeyedVersions(db: Db, after: number, limit: number): Promise<PackageVersion[]> {
  const found = await sql<PackageVersion>`
    select package_version_id as id, subject from package_version
    where version_key is null and package_version_id > ${after}
    order by package_version_id limit ${limit}`.execute(db);
  return found.rows;
}

/** Writes keys. The own key comes last: a version whose own key is there has all of them. */
export async function saveVersionKeys(db: Db, versions: readonly VersionKeys[]): Promise<void> {
  const places = versions.flatMap(({ id, places }) =>
    places.map(({ stream, name, key }) => ({ id, stream, name, key: hexOf(key) })),
  );
  const own = versions.map(({ id, key }) => ({ id, key: hexOf(key) }));
  await db.transaction().execute(async (tx) => {
    await inSlices(places, sliceRows, async (slice) => {
      await sql`
        update package_key k set version_key = decode(t.key, 'hex')
        from ${recordset(slice, 'id bigint, stream text, name text, key text')}
        where k.package_version_id = t.id and k.stream = t.stream and k.name = t.name`.execute(tx);
    });
    await inSlices(own, sliceRows, async (slice) => {
      await sql`
        update package_version v set version_key = decode(t.key, 'hex')
        from ${recordset(slice, 'id bigint, key text')} where v.package_version_id = t.id`.execute(tx);
    });
  });
}

/** Those of the keys that stored versions have, each with the other keys that versions under it have. */
export async function storedKeys(
  db: Db,
  keys: readonly PackageKey[],
): Promise<{ readonly key: PackageKey; readonly others: readonly PackageKey[] }[]> {
  const found = await sql<{ stream: string; name: string; others: PackageKey[] }>`
    select k.stream, k.name, coalesce(
      jsonb_agg(distinct jsonb_build_object('stream', o.stream, 'name', o.name))
        filter (where o.stream <> k.stream or o.name <> k.name), '[]') as others
    from ${recordset(keys, 'stream text, name text')}
    join package_key k on k.stream = t.stream and k.name = t.name
    join package_key o on o.package_version_id = k.package_version_id
    group by k.stream, k.name order by k.stream, k.name`.execute(db);
  return found.rows.map(({ stream, name, others }) => ({ key: { stream, name }, others }));
}

/** Stored package versions whose version under a key lies in one of its ranges, or has no key yet. */
export async function versionIdsIn(
  db: Db,
  places: readonly { readonly key: PackageKey; readonly intervals: readonly KeyRange[] }[],
): Promise<readonly number[]> {
  const rows = places.flatMap(({ key, intervals }) =>
    intervals.map(({ low, high }) => ({ ...key, low: hexOf(low), high: hexOf(high) })),
  );
  const ids: number[] = [];
  await inSlices(rows, sliceRows, async (slice) => {
    const found = await sql<{ id: number }>`
      with t as materialized (
        select t.stream, t.name, decode(t.low, 'hex') as low, decode(t.high, 'hex') as high
        from ${recordset(slice, 'stream text, name text, low text, high text')})
      select k.package_version_id as id from t join package_key k
        on k.stream = t.stream and k.name = t.name and k.version_key >= t.low and k.version_key < t.high
      union
      select k.package_version_id from t join package_key k
        on k.stream = t.stream and k.name = t.name and k.version_key is null`.execute(db);
    for (const { id } of found.rows) ids.push(id);
  });
  return ids;
}

/** A key as a parameter. Having no place is the empty key, below all others; null is a key that was not written. */
export function hexOf(key: Uint8Array | null): string {
  return key === null ? '' : Buffer.from(key).toString('hex');
}
