import type pg from 'pg';
import { type Job, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { reasonOf } from '../model/problem.ts';
import { applyRevision } from './apply-revision.ts';
import type { JobContext } from './context.ts';
import { discoverWatch } from './discover-watch.ts';
import { retain } from './retain.ts';
import { scanProject } from './scan-project.ts';
import { scanResource } from './scan-resource.ts';
import { writeReport } from './write-report.ts';
import { writeSbomExport } from './write-sbom-export.ts';

/** Asks for work. Asking again while the same work waits changes nothing. */
export type Queue = {
  discover(watchId: number, trigger: string): Promise<void>;
  scan(resourceId: number, trigger: string): Promise<void>;
  rematch(trigger: string): Promise<void>;
  retain(trigger: string): Promise<void>;
  report(reportNumber: number, trigger: string): Promise<void>;
  scanProject(codeScanNumber: number, trigger: string): Promise<void>;
  sbomExport(reportNumber: number, trigger: string): Promise<void>;
  /** Resolves when nothing waits or runs, or after the time; answers whether all was done. */
  idle(withinMilliseconds: number): Promise<boolean>;
  stop(): Promise<void>;
};

const queues = {
  // One waiting and one running per key: a change during a run asks for exactly one more run.
  discover: { policy: 'stately', retryLimit: 3, retryDelay: 2, retryBackoff: true, expireInSeconds: 600 },
  scan: { policy: 'stately', retryLimit: 2, retryDelay: 5, retryBackoff: true, expireInSeconds: 3600 },
  'scan-project': {
    policy: 'stately',
    retryLimit: 2,
    retryDelay: 5,
    retryBackoff: true,
    expireInSeconds: 3600,
  },
  rematch: { policy: 'stately', retryLimit: 3, retryDelay: 5, retryBackoff: true, expireInSeconds: 7200 },
  retain: { policy: 'stately', retryLimit: 1, retryDelay: 60, retryBackoff: true, expireInSeconds: 3600 },
  report: { policy: 'stately', retryLimit: 2, retryDelay: 5, retryBackoff: true, expireInSeconds: 43_200 },
  'sbom-export': {
    policy: 'stately',
    retryLimit: 2,
    retryDelay: 5,
    retryBackoff: true,
    expireInSeconds: 43_200,
  },
} as const;
type QueueName = keyof typeof queues;
const lookEveryMilliseconds = 500;
const stopMilliseconds = 3000;
const queueNames = Object.keys(queues) as QueueName[];

type Payload = { readonly id: number; readonly trigger: string };

/** Starts the queue on the service's database and the workers that serve it. */
export async function startQueue(context: JobContext, pool: pg.Pool, withWorkers: boolean): Promise<Queue> {
  const boss = new PgBoss({
    // Our own pool: the embedded database has few connections, and no LISTEN across them.
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    monitorVacuum: false,
    reindex: false,
    schedule: false,
  });
  boss.on('error', (error) => context.log.error({ err: error }, 'the job queue met an error'));
  await boss.start();
  for (const name of queueNames) {
    const options = queues[name];
    if (!(await boss.getQueue(name))) await boss.createQueue(name, options);
  }
  const workers = new Map<QueueName, Workers>();
  const send = async (name: QueueName, id: number, trigger: string) => {
    await boss.send(name, { id, trigger } satisfies Payload, { singletonKey: String(id) });
    workers.get(name)?.wake();
  };
  const queue: Queue = {
    discover: (watchId, trigger) => send('discover', watchId, trigger),
    scan: (resourceId, trigger) => send('scan', resourceId, trigger),
    rematch: (trigger) => send('rematch', 0, trigger),
    retain: (trigger) => send('retain', 0, trigger),
    report: (reportNumber, trigger) => send('report', reportNumber, trigger),
    scanProject: (codeScanNumber, trigger) => send('scan-project', codeScanNumber, trigger),
    sbomExport: (reportNumber, trigger) => send('sbom-export', reportNumber, trigger),
    idle: (within) => waitUntilIdle(pool, within),
    async stop() {
      await Promise.all([...workers.values()].map((item) => item.stop()));
      await boss.stop({ graceful: false, close: false });
    },
  };
  if (withWorkers) {
    await releaseLost(pool);
    const serve = (name: QueueName, count: number, handle: (payload: Payload) => Promise<void>) =>
      workers.set(name, startWorkers(boss, context.log, name, count, handle));
    serve('discover', 2, async ({ id, trigger }) => {
      for (const { resourceId } of await discoverWatch(context, id, trigger))
        await queue.scan(resourceId, trigger);
    });
    serve('scan', 2, ({ id, trigger }) => scanResource(context, id, trigger));
    serve('scan-project', 1, ({ id, trigger }) => scanProject(context, id, trigger));
    serve('rematch', 1, ({ trigger }) => applyRevision(context, trigger));
    serve('report', 1, ({ id, trigger }) => writeReport(context, id, trigger));
    serve('sbom-export', 1, ({ id, trigger }) => writeSbomExport(context, id, trigger));
    serve('retain', 1, ({ trigger }) => retain(context, trigger));
  }
  return queue;
}

type Workers = { wake(): void; stop(): Promise<void> };

/**
 * Workers of one queue. They fetch again at once while there is work, wake when this process asks for some, and look
 * every half second for what other processes ask for: the embedded database has no notifications to wait on.
 */
function startWorkers(
  boss: PgBoss,
  log: Logger,
  name: QueueName,
  count: number,
  handle: (payload: Payload) => Promise<void>,
): Workers {
  const sleepers = new Set<() => void>();
  let stopped = false;
  const rest = () =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        sleepers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, lookEveryMilliseconds);
      sleepers.add(done);
    });
  const run = async () => {
    while (!stopped) {
      try {
        const [job] = await boss.fetch<Payload>(name, { batchSize: 1 });
        if (job) await runJob(boss, log, name, job, handle);
        else await rest();
      } catch (error) {
        if (stopped) return;
        log.warn({ err: error, queue: name }, 'the queue could not be read; trying again');
        await rest();
      }
    }
  };
  const running = Array.from({ length: count }, run);
  return {
    wake() {
      for (const wake of [...sleepers]) wake();
    },
    async stop() {
      stopped = true;
      for (const wake of [...sleepers]) wake();
      // Running jobs get a moment; what is cut off is handed out again at the next start.
      await Promise.race([
        Promise.all(running),
        new Promise((resolve) => setTimeout(resolve, stopMilliseconds).unref()),
      ]);
    },
  };
}

async function runJob(
  boss: PgBoss,
  log: Logger,
  name: QueueName,
  job: Job<Payload>,
  handle: (payload: Payload) => Promise<void>,
): Promise<void> {
  try {
    await handle(job.data);
    await boss.complete(name, job.id);
  } catch (error) {
    log.warn({ err: error, job: name, id: job.data.id }, 'a job failed and will be tried again');
    await boss.fail(name, job.id, { message: reasonOf(error) });
  }
}

/**
 * Jobs that a killed process left running are handed out again at once. Only the embedded database and a single
 * service may do so without asking, so a job counts as lost when it started before this process did.
 */
async function releaseLost(pool: pg.Pool): Promise<void> {
  const since = new Date(Date.now() - process.uptime() * 1000);
  await pool.query(
    `update pgboss.job j set state = 'retry', started_on = null
     where state = 'active' and started_on < $1 and not exists (
       select 1 from pgboss.job o where o.name = j.name and o.singleton_key = j.singleton_key and o.state = 'retry')`,
    [since],
  );
}

async function waitUntilIdle(pool: pg.Pool, within: number): Promise<boolean> {
  const until = Date.now() + within;
  while (Date.now() < until) {
    const { rows } = await pool.query(
      `select count(*)::int as n from pgboss.job where state in ('created', 'retry', 'active')`,
    );
    if (rows[0]?.n === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}
