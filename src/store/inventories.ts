import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Inventory, InventoryFacts } from '../model/inventory.ts';
import type { Subject } from '../model/match.ts';
import type { OsRelease } from '../model/os-release.ts';
import type { Package } from '../model/package.ts';
import type { Problem } from '../model/problem.ts';
import type { Db } from './database.ts';
import { inSlices, json, recordset } from './rows.ts';

export type PreparedPackage = {
  readonly package: Package;
  /** Null when the package is listed and not judged; `setAside` then says why. */
  readonly subject: Subject | null;
  readonly digest: string | null;
  readonly setAside: string | null;
};

const sliceRows = 2000;

/**
 * Keeps an inventory under the hash of its content and interns its package versions. The same content from any
 * number of resources is one row; answers its id.
 */
export async function saveInventory(
  db: Db,
  inventory: Inventory,
  packages: readonly PreparedPackage[],
  now: number,
): Promise<number> {
  const digest = createHash('sha256')
    .update(
      JSON.stringify([
        inventory.os,
        inventory.facts,
        inventory.problems,
        packages.map((p) => [p.package, p.digest, p.setAside]),
      ]),
    )
    .digest('hex');
  const known = await sql<{
    id: number;
  }>`select inventory_id as id from inventory where digest = ${digest}`.execute(db);
  if (known.rows[0]) return known.rows[0].id;
  return db.transaction().execute(async (tx) => {
    const made = await sql<{ id: number }>`
      insert into inventory (digest, os, facts, problems, package_count, created_at)
      values (${digest}, ${json(inventory.os)}, ${json(inventory.facts)}, ${json(inventory.problems)},
              ${packages.length}, ${now})
      on conflict (digest) do update set digest = excluded.digest
      returning inventory_id as id`.execute(tx);
    const id = (made.rows[0] as { id: number }).id;
    await internVersions(tx, packages);
    await sql`delete from inventory_package where inventory_id = ${id}`.execute(tx);
    const rows = packages.map((item, ordinal) => ({
      ordinal,
      digest: item.digest,
      package: item.package,
      set_aside: item.setAside,
    }));
    await inSlices(rows, sliceRows, async (slice) => {
      await sql`
        insert into inventory_package (inventory_id, ordinal, package_version_id, package, set_aside)
        select ${id}, t.ordinal, v.package_version_id, t.package, t.set_aside
        from ${recordset(slice, 'ordinal integer, digest text, package jsonb, set_aside text')}
        left join package_version v on v.digest = t.digest`.execute(tx);
    });
    return id;
  });
}

async function internVersions(tx: Db, packages: readonly PreparedPackage[]): Promise<void> {
  const distinct = new Map<string, Subject>();
  for (const { subject, digest } of packages) if (subject && digest) distinct.set(digest, subject);
  const rows = [...distinct].map(([digest, subject]) => ({
    digest,
    ecosystem: subject.ecosystem,
    name: subject.name,
    version: subject.version,
    arch: subject.arch,
    subject,
  }));
  // In one order always: two transactions that intern the same versions must not wait for each other crosswise.
  rows.sort((a, b) => (a.digest < b.digest ? -1 : 1));
  await inSlices(rows, sliceRows, async (slice) => {
    await sql`
      with fresh as (
        insert into package_version (digest, ecosystem, name, version, arch, subject)
        select t.digest, t.ecosystem, t.name, t.version, t.arch, t.subject
        from ${recordset(slice, 'digest text, ecosystem text, name text, version text, arch text, subject jsonb')}
        order by t.digest
        on conflict (digest) do nothing
        returning package_version_id, subject)
      insert into package_key (stream, name, package_version_id)
      select distinct k.stream, k.name, fresh.package_version_id
      from fresh, jsonb_to_recordset(fresh.subject -> 'keys') as k(stream text, name text)`.execute(tx);
  });
}

export type StoredInventory = {
  readonly os: OsRelease | null;
  readonly facts: InventoryFacts;
  readonly problems: readonly Problem[];
  readonly packages: readonly StoredPackage[];
};

export type StoredPackage = {
  readonly package: Package;
  readonly packageVersionId: number | null;
  readonly subject: Subject | null;
  readonly setAside: string | null;
};

/** One inventory, whole. */
export async function loadInventory(db: Db, inventoryId: number): Promise<StoredInventory | null> {
  const head = await sql<{ os: OsRelease | null; facts: InventoryFacts; problems: Problem[] }>`
    select os, facts, problems from inventory where inventory_id = ${inventoryId}`.execute(db);
  const row = head.rows[0];
  if (!row) return null;
  const packages = await sql<StoredPackage>`
    select p.package, p.package_version_id as "packageVersionId", v.subject, p.set_aside as "setAside"
    from inventory_package p left join package_version v using (package_version_id)
    where p.inventory_id = ${inventoryId} order by p.ordinal`.execute(db);
  return { ...row, packages: packages.rows };
}
