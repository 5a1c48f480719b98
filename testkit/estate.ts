import { sql } from 'kysely';
import type { IntelligenceRevision } from '../src/intel/open.ts';
import type { InventoryFacts } from '../src/model/inventory.ts';
import type { OsRelease } from '../src/model/os-release.ts';
import type { Package } from '../src/model/package.ts';
import { prepare } from '../src/pipeline/match/subject.ts';
import { ensureAccount } from '../src/store/accounts.ts';
import type { Db } from '../src/store/database.ts';
import { saveInventory } from '../src/store/inventories.ts';
import { recordset } from '../src/store/rows.ts';

/** An estate of machines: many resources that share few inventories, as instances of the same images do. */
export type Estate = {
  readonly inventories: readonly (readonly Package[])[];
  readonly systems: readonly OsRelease[];
};

const account = '111122223333';
const systemPackages = 250;
const languagePackages = 150;

const systems = [
  { id: 'debian', versionId: '12', ecosystem: 'deb', stream: 'debian:12', codename: 'bookworm' },
  { id: 'ubuntu', versionId: '24.04', ecosystem: 'deb', stream: 'ubuntu:24.04', codename: 'noble' },
  { id: 'almalinux', versionId: '9.4', ecosystem: 'rpm', stream: 'almalinux:9', codename: null },
  { id: 'alpine', versionId: '3.20.1', ecosystem: 'apk', stream: 'alpine:3.20', codename: null },
] as const;
const languages = ['pypi', 'golang', 'cargo', 'gem', 'composer', 'npm'] as const;

/**
 * `count` inventories of about 400 packages each, drawn from a pool of about 20,000 package versions by a steep law.
 * About half of the pool are packages that the intelligence knows, at versions that its advisories name, mostly late
 * ones; the others are unknown to it.
 */
export function drawEstate(intelligence: IntelligenceRevision, count: number): Estate {
  const dice = seeded(20260822);
  const pools = systems.map(({ ecosystem, stream }) => poolOf(intelligence, ecosystem, stream, 2500, dice));
  const own = languages.map((ecosystem) => poolOf(intelligence, ecosystem, ecosystem, 1700, dice));
  const inventories: Package[][] = [];
  const releases: OsRelease[] = [];
  for (let i = 0; i < count; i++) {
    const place = i % systems.length;
    const system = systems[place] ?? systems[0];
    const language = own[Math.floor(dice() * own.length)] ?? [];
    const packages = new Set<Package>();
    while (packages.size < systemPackages) packages.add(pick(pools[place] ?? [], dice));
    while (packages.size < systemPackages + languagePackages) packages.add(pick(language, dice));
    inventories.push([...packages]);
    releases.push({ ...system, idLike: [], prettyName: null });
  }
  return { inventories, systems: releases };
}

/** A Debian package that nothing else has. */
export function debianPackage(name: string, version: string): Package {
  return packageOf('deb', name, version);
}

/** Stores the inventories; answers their ids. */
export async function storeInventories(db: Db, { inventories, systems }: Estate): Promise<readonly number[]> {
  await ensureAccount(db, account, ['EC2'], 0);
  const facts: InventoryFacts = { isContainer: true, runningKernel: null, layers: [] };
  const ids: number[] = [];
  for (const [i, packages] of inventories.entries()) {
    const os = systems[i] ?? null;
    const prepared = packages.map((pkg) => {
      const made = prepare(pkg, os, facts);
      return made.kind === 'subject'
        ? { package: pkg, subject: made.subject, digest: made.digest, setAside: null }
        : { package: pkg, subject: null, digest: null, setAside: made.why };
    });
    ids.push(await saveInventory(db, { os, packages, problems: [], facts }, prepared, 0));
  }
  return ids;
}

/** Makes so many resources of each inventory, in one statement. */
export async function storeResources(
  db: Db,
  shares: readonly { readonly inventory: number; readonly count: number }[],
): Promise<void> {
  await sql`
    insert into resource (account_id, region, type, id, name, target, location, fingerprint, tags, details,
      inventory_id, status_code, status_reason, first_seen_at, last_seen_at)
    select ${account}, 'eu-central-1', 'AWS_EC2_INSTANCE', 'i-' || t.inventory || '-' || n, 'machine ' || n, 'rootfs',
      '/' || t.inventory || '/' || n, '', '{}', '{}', t.inventory, 'ACTIVE', 'SUCCESSFUL', 0, 0
    from ${recordset(shares, 'inventory bigint, count integer')}, generate_series(1, t.count) as n`.execute(
    db,
  );
}

/**
 * Gives every resource the findings that the first resource of its inventory has, in one statement: those of the
 * named vulnerabilities, and one in so many of the others.
 */
export async function copyFindings(
  db: Db,
  kept: { readonly vulnerabilities: readonly string[]; readonly oneIn: number },
): Promise<void> {
  await sql`
    insert into finding (account_id, resource_id, vulnerability_id, arn, title, status, severity, score, epss,
      fix_available, exploit_available, first_observed_at, last_observed_at, updated_at, revision, type)
    select f.account_id, o.resource_id, f.vulnerability_id,
      'arn:' || o.resource_id || ':' || f.vulnerability_id, f.title, f.status, f.severity, f.score, f.epss,
      f.fix_available, f.exploit_available, f.first_observed_at, f.last_observed_at, f.updated_at, f.revision, f.type
    from finding f join resource r using (resource_id)
    join resource o on o.inventory_id = r.inventory_id and o.resource_id <> r.resource_id
    where f.vulnerability_id = any(${kept.vulnerabilities}::text[])
      or abs(hashtext(f.vulnerability_id)) % ${kept.oneIn}::int = 0`.execute(db);
}

function poolOf(
  intelligence: IntelligenceRevision,
  ecosystem: string,
  stream: string,
  size: number,
  dice: () => number,
): Package[] {
  const names = intelligence.namesIn(stream, '', 100_000);
  const pool: Package[] = [];
  for (let i = 0; i < size; i++) {
    const known = i % 2 === 0 && names.length > 0 ? names[Math.floor(dice() * names.length)] : undefined;
    if (known === undefined) pool.push(packageOf(ecosystem, `unknown-${i >> 2}`, `1.${i % 40}.0`));
    else pool.push(packageOf(ecosystem, known, versionOf(intelligence, { stream, name: known }, dice)));
  }
  return pool;
}

// Five in six of them the highest version that any advisory names as a fix, else one of the others.
function versionOf(
  intelligence: IntelligenceRevision,
  key: { readonly stream: string; readonly name: string },
  dice: () => number,
): string {
  const bounds = intelligence
    .statements(key)
    .flatMap(({ ranges }) => ranges.flatMap(({ fixed }) => (fixed === null ? [] : [fixed])));
  if (bounds.length === 0) return '1.0.0';
  const late = dice() < 5 / 6;
  return bounds[late ? bounds.length - 1 : Math.floor(dice() * bounds.length)] ?? '1.0.0';
}

function packageOf(ecosystem: string, name: string, version: string): Package {
  return {
    purl: `pkg:${ecosystem}/${name}@${version}` as Package['purl'],
    ecosystem,
    name,
    version,
    arch: null,
    source: null,
    evidence: [{ path: `packages/${name}`, layer: null, line: null }],
    scope: null,
    relation: null,
    introducedBy: [],
    owner: null,
    licences: [],
    attributes: {},
  };
}

// The first ones of a pool are in most inventories, the last ones in few.
function pick(pool: readonly Package[], dice: () => number): Package {
  const [first] = pool;
  if (first === undefined) throw new Error('the pool of packages is empty');
  return pool[Math.floor(dice() ** 3 * pool.length)] ?? first;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
