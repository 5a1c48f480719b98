import { sql } from 'kysely';
import type { Db } from '../src/store/database.ts';

/**
 * Findings by the million, made by SQL: about 190 for each resource, resources by a steep law over 200 accounts under
 * one administrator, 400 inventories, 20,000 vulnerabilities. One account holds about a thousandth.
 */
export const administrator = '111122223333';
/** The member with about a thousandth of all findings. */
export const smallMember = '000000000150';
const memberCount = 200;
const inventoryCount = 400;
const packagesEach = 300;
const versionCount = 20_000;
export const findingsOfEach = 190;
/** First moment of the estate (ms since 1970), and how long it is looked back on. */
export const epoch = Date.UTC(2026, 0, 1);
const span = 200 * 86_400_000;

/** Fills an empty database with about so many findings; secondary indexes are made anew at the end. */
export async function fillEstate(db: Db, findings: number, say: (text: string) => void): Promise<void> {
  await sql`select setseed(0.5)`.execute(db);
  for (const [what, statement] of statements(Math.round(findings / findingsOfEach))) {
    const started = performance.now();
    await sql.raw(statement).execute(db);
    say(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  await insertFindings(db, say);
  await sql`analyze`.execute(db);
}

function statements(resources: number): readonly (readonly [string, string])[] {
  return [
    ['accounts', accounts],
    [
      'vulnerabilities',
      `insert into vulnerability (vulnerability_id, document, updated_at)
       select 'CVE-' || (2010 + n % 17) || '-' || (1000 + n), jsonb_build_object(
         'id', 'CVE-' || (2010 + n % 17) || '-' || (1000 + n), 'aliases', jsonb_build_array('GHSA-' || md5(n::text)),
         'title', 'Flaw ' || n, 'description', repeat('It does what it should not. ', 20), 'source', (array['NVD','DEBIAN_CVE','GITHUB','REDHAT_CVE'])[1 + n % 4],
         'cvss', '[]'::jsonb, 'references', '[]'::jsonb, 'cwes', '[]'::jsonb, 'labels', '[]'::jsonb, 'exploits', '[]'::jsonb,
         'epss', jsonb_build_object('score', power(random(), 6), 'percentile', random(), 'date', '2026-08-01')), ${epoch}
       from generate_series(1, 20000) n`,
    ],
    [
      'package versions',
      `insert into package_version (digest, ecosystem, name, version, subject)
       select md5(n::text), (array['deb','rpm','npm','pypi','golang'])[1 + n % 5], 'package-' || (n / 4), '1.' || n % 97 || '.0',
         jsonb_build_object('distro', case when n % 5 < 2 then 'debian' end) from generate_series(1, ${versionCount}) n`,
    ],
    [
      'matches',
      `insert into match (package_version_id, vulnerability_id, result, status, fixed_version, severity, score, rating, verdict)
       select p.package_version_id, 'CVE-' || (2010 + v % 17) || '-' || (1000 + v), 'affected', 'fixed',
         case when v % 3 > 0 then '2.0' end, least(5, 1 + floor(5 * power(random(), 0.8)))::int, round((10 * random())::numeric, 1),
         jsonb_build_object('cvss', null, 'source', 'NVD', 'vendorSeverity', (array['low','medium','high'])[1 + v % 3], 'reason', 'base score'), '{}'
       from package_version p, lateral (select distinct 1 + floor(20000 * power(random(), 1.5))::int as v
         from generate_series(1, case when p.package_version_id % 3 = 0 then 2 else 0 end)) g where v <= 20000`,
    ],
    [
      'inventories',
      `insert into inventory (digest, os, facts, problems, package_count, created_at)
       select md5('i' || n), '{"id":"debian","versionId":"12"}', '{"isContainer":false,"layers":[],"runningKernel":null}', '[]', ${packagesEach}, ${epoch}
       from generate_series(1, ${inventoryCount}) n`,
    ],
    [
      'inventory packages',
      `insert into inventory_package (inventory_id, ordinal, package_version_id, package)
       select i.inventory_id, row_number() over (partition by i.inventory_id), p.package_version_id,
         jsonb_build_object('purl', 'pkg:' || p.ecosystem || '/' || p.name || '@' || p.version, 'name', p.name, 'version', p.version,
           'ecosystem', p.ecosystem, 'arch', 'amd64', 'source', null, 'scope', null, 'relation', null, 'owner', null,
           'evidence', jsonb_build_array(jsonb_build_object('path', 'usr/lib/' || p.name, 'layer', 'sha256:' || md5((p.package_version_id % 50)::text), 'line', null)),
           'introducedBy', '[]'::jsonb, 'licences', '[]'::jsonb, 'attributes', '{}'::jsonb)
       from inventory i, lateral (select distinct 1 + floor(${versionCount} * power(random(), 2) + i.inventory_id * 0)::int as v
         from generate_series(1, ${packagesEach})) g join package_version p on p.package_version_id = g.v`,
    ],
    [
      'resources',
      `insert into resource (account_id, region, type, id, name, target, location, fingerprint, tags, details, inventory_id,
         status_code, status_reason, first_seen_at, last_seen_at)
       select lpad((1 + floor(${memberCount} * power(random(), 3)))::int::text, 12, '0'), 'eu-central-1',
         (array['AWS_EC2_INSTANCE','AWS_EC2_INSTANCE','AWS_ECR_CONTAINER_IMAGE','AWS_LAMBDA_FUNCTION'])[1 + n % 4],
         (array['i-','i-','arn:aws:ecr:eu-central-1:1:repository/app/','arn:aws:lambda:eu-central-1:1:function:f'])[1 + n % 4] || md5(n::text),
         'resource ' || n, 'rootfs', '/' || n, '',
         jsonb_build_object('Team', 'team-' || n % 40, 'Environment', (array['prod','test','dev'])[1 + n % 3]),
         jsonb_build_object('imageId', 'ami-' || md5((n % 300)::text), 'vpcId', 'vpc-' || n % 80, 'subnetId', 'subnet-' || n % 300,
           'platform', (array['DEBIAN_12','UBUNTU_22_04','AMAZON_LINUX_2023'])[1 + n % 3], 'repositoryName', 'app-' || n % 500,
           'imageHash', 'sha256:' || md5(n::text), 'imageTags', jsonb_build_array('v' || n % 50), 'architecture', 'amd64',
           'functionName', 'f' || n % 700, 'runtime', 'nodejs22.x'),
         1 + floor(${inventoryCount} * power(random(), 1.5))::int, 'ACTIVE', 'SUCCESSFUL', ${epoch} + n % ${span}, ${epoch} + ${span}
       from generate_series(1, ${resources}) n`,
    ],
  ];
}

const accounts = `
  insert into account (account_id, created_at, scan_types)
  select id, ${epoch}, jsonb_build_object('EC2', jsonb_build_object('status', 'ENABLED', 'since', ${epoch}),
    'ECR', jsonb_build_object('status', 'ENABLED', 'since', ${epoch}), 'LAMBDA', jsonb_build_object('status', 'ENABLED', 'since', ${epoch}))
  from (select '${administrator}' as id union all select lpad(n::text, 12, '0') from generate_series(1, ${memberCount}) n) a
  on conflict do nothing`;

/** Findings of every resource: what its inventory has. Gives how many were inserted in which time. */
async function insertFindings(db: Db, say: (text: string) => void): Promise<void> {
  const indexes = await sql<{ name: string; definition: string }>`
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i
    where i.indrelid = 'finding'::regclass and not i.indisprimary
      and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)`.execute(db);
  for (const { name } of indexes.rows) await sql.raw(`drop index ${name}`).execute(db);
  const started = performance.now();
  const made = await sql`
    insert into finding (account_id, resource_id, vulnerability_id, arn, title, status, severity, score, epss, fix_available,
      exploit_available, first_observed_at, last_observed_at, updated_at, closed_at, close_reason, revision, type)
    select r.account_id, r.resource_id, d.vulnerability_id, 'arn:aws:inspector2:eu-central-1:' || r.account_id || ':finding/' || md5(r.resource_id || d.vulnerability_id),
      d.vulnerability_id || ' - ' || d.name, case when h % 20 < 17 then 0 when h % 20 = 17 then 1 else 2 end, d.severity, d.score, d.epss, d.fix, h % 29 = 0,
      ${sql.lit(epoch)} + (h % ${sql.lit(span / 1000)}) * 1000, ${sql.lit(epoch + span)} - h % 86400000, ${sql.lit(epoch + span)} - h % 86400000,
      case when h % 20 > 17 then ${sql.lit(epoch + span)}::bigint end, case when h % 20 > 17 then 'NOT_AFFECTED' end, 'revision', 0
    from resource r join (
      select p.inventory_id, m.vulnerability_id, max(m.severity) as severity, max(m.score) as score, min(p.package ->> 'name') as name,
        case when bool_and(m.fixed_version is not null) then 2 else 0 end as fix, max((v.document -> 'epss' ->> 'score')::real) as epss
      from inventory_package p join match m using (package_version_id) join vulnerability v using (vulnerability_id)
      group by 1, 2) d using (inventory_id),
      lateral (select abs(hashtext(r.resource_id || d.vulnerability_id)::bigint) as h) x
    where d.vulnerability_id in (select vulnerability_id from match where package_version_id is not null)`.execute(
    db,
  );
  const count = Number(made.numAffectedRows ?? 0n);
  const seconds = (performance.now() - started) / 1000;
  say(`${count} findings: ${seconds.toFixed(1)} s without secondary indexes`);
  for (const { name, definition } of indexes.rows) {
    const began = performance.now();
    await sql.raw(definition).execute(db);
    say(`index ${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
}
