import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListFiltersCommand, ListFindingsCommand } from '@aws-sdk/client-inspector2';
import type { TestFeed } from '../testkit/feeds-directory.ts';
import { postgresPrograms, startPostgres } from '../testkit/postgres.ts';
import { type RunningService, runService } from '../testkit/running-service.ts';
import type { LoadOrder, LoadReport } from './load-clients.ts';
import { textTable } from './measure.ts';

/**
 * Many clients that read and write at once while revisions are applied: what is answered, how fast, and whether
 * anything is lost.
 * usage: npm run bench -- load [postgresql|embedded] [CLIENTS] [SECONDS] [REQUESTS-PER-SECOND]
 */
const [engine = 'postgresql', clients = '200', seconds = '60', rate = '0'] = process.argv.slice(2);
const machines = 20;
const packagesEach = 200;
const print = (text: string) => process.stdout.write(`${text}\n`);

const folder = mkdtempSync(join(tmpdir(), 'openinspector-bench-load-'));
const programs = postgresPrograms();
if (engine === 'postgresql' && programs === null) throw new Error('PostgreSQL is not installed here');
const postgres = engine === 'postgresql' && programs !== null ? await startPostgres(programs) : null;
const service = await runService({
  databaseUrl: postgres?.url ?? null,
  feed: feedAt(0),
  watches: Array.from({ length: machines }, (_, n) => ({ target: 'rootfs', location: machine(n) })),
  requestsPerSecond: Number(rate),
});
try {
  await main(service);
} finally {
  await service.stop();
  postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function main(running: RunningService): Promise<void> {
  const before = await findingsWhen(running, (count) => count >= machines * packagesEach);
  print(
    `${machines} machines of ${packagesEach} packages, ${before} active findings; ${clients} clients for ${seconds} s`,
  );
  const order: LoadOrder = {
    address: running.service.address,
    region: running.settings.region,
    key: running.key,
    clients: Number(clients),
    seconds: Number(seconds),
  };
  const revisions = applyRevisions(running, Number(seconds));
  const report = await loadOf(order);
  const applied = await revisions;
  print(`${applied} revisions were built and applied meanwhile`);
  print(tableOf(report));
  for (const [name, { count, message }] of Object.entries(report.errors))
    print(`${name}: ${count} times (${message})`);
  const after = await findingsWhen(running, (count) => count === expectedAt(applied));
  print(`findings: ${after} active, ${expectedAt(applied)} expected`);
  const stored = await filterNames(running);
  const isSame = JSON.stringify(stored) === JSON.stringify(report.filters);
  print(
    `filters: ${stored.length} stored, ${report.filters.length} as the clients were told${isSame ? ', the same' : ': NOT THE SAME'}`,
  );
}

function loadOf(order: LoadOrder): Promise<LoadReport> {
  const child = fork(join(import.meta.dirname, 'load-clients.ts'), [], { serialization: 'advanced' });
  return new Promise((resolve, reject) => {
    child.once('message', (report) => resolve(report as LoadReport));
    child.once('error', reject);
    child.send(order);
  });
}

// A new revision every few seconds, each of which opens a finding on every machine.
async function applyRevisions(running: RunningService, during: number): Promise<number> {
  const end = Date.now() + during * 1000;
  let applied = 0;
  while (Date.now() < end - 5000) {
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    if (Date.now() >= end) break;
    applied += 1;
    await running.build(feedAt(applied));
  }
  return applied;
}

function feedAt(revision: number): TestFeed {
  const debian: Record<string, Record<string, string>> = {};
  for (let n = 0; n < packagesEach; n++) debian[`package-${n}`] = { [`CVE-2024-${1000 + n}`]: '2.0' };
  for (let n = 1; n <= revision; n++)
    debian[`package-${n}`] = { ...debian[`package-${n}`], [`CVE-2025-${1000 + n}`]: '3.0' };
  return { debian, npm: {} };
}

function expectedAt(revision: number): number {
  return machines * (packagesEach + revision);
}

function machine(n: number): string {
  const root = join(folder, `machine-${n}`);
  mkdirSync(join(root, 'etc'), { recursive: true });
  mkdirSync(join(root, 'var/lib/dpkg'), { recursive: true });
  writeFileSync(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n');
  const status = Array.from(
    { length: packagesEach },
    (_, at) => `Package: package-${at}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.${n}\n`,
  );
  writeFileSync(join(root, 'var/lib/dpkg/status'), `${status.join('\n')}\n`);
  return root;
}

async function findingsWhen(running: RunningService, isEnough: (count: number) => boolean): Promise<number> {
  let count = 0;
  await running.until(
    'findings',
    async () => {
      count = await countFindings(running);
      return isEnough(count);
    },
    120,
  );
  return count;
}

async function countFindings({ client }: RunningService): Promise<number> {
  const filterCriteria = { findingStatus: [{ comparison: 'EQUALS' as const, value: 'ACTIVE' }] };
  let count = 0;
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListFindingsCommand({ filterCriteria, nextToken }));
    count += page.findings?.length ?? 0;
    nextToken = page.nextToken;
  } while (nextToken);
  return count;
}

async function filterNames({ client }: RunningService): Promise<string[]> {
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListFiltersCommand({ nextToken }));
    names.push(...(page.filters ?? []).map(({ name }) => name ?? ''));
    nextToken = page.nextToken;
  } while (nextToken);
  return names.sort();
}

function tableOf({ times }: LoadReport): string {
  const rows = Object.entries(times).map(([name, all]) => {
    const sorted = [...all].sort((a, b) => a - b);
    const at = (share: number) =>
      (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
    return [name, String(sorted.length), at(0.5), at(0.95), at(0.99)];
  });
  const sum = Object.values(times).reduce((total, all) => total + all.length, 0);
  rows.push(['all', String(sum), '', '', `${(sum / Number(seconds)).toFixed(0)}/s`]);
  return textTable([['operation', 'answered', 'p50 ms', 'p95 ms', 'p99 ms'], ...rows]);
}
