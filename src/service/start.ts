import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '@aws-sdk/client-inspector2';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Logger, pino } from 'pino';
import packageJson from '../../package.json' with { type: 'json' };
import type { ApiContext, ApiService } from '../api/context.ts';
import { findingShape } from '../api/finding-shape.ts';
import { createPageTokens } from '../api/page-token.ts';
import { type Health, v1Routes } from '../api/v1/routes.ts';
import { mountWire } from '../api/wire/fastify.ts';
import { verifySigV4 } from '../api/wire/sigv4.ts';
import type { JobContext } from '../jobs/context.ts';
import { startDeliveries } from '../jobs/deliver.ts';
import { type Queue, startQueue } from '../jobs/queue.ts';
import { reportSettings } from '../jobs/report-destination.ts';
import { startTriggers, type Triggers, watchPaths } from '../jobs/triggers.ts';
import { defaultLimits } from '../lib/limits.ts';
import { type Lock, lockDirectory } from '../lib/lock.ts';
import { openLayerCache } from '../pipeline/collect/layer-cache.ts';
import { openReaders } from '../pipeline/collect/readers.ts';
import { lifecycleRules } from '../pipeline/record/reconcile.ts';
import { networkWatch } from '../plugins/networks/registry.ts';
import { target } from '../plugins/targets/registry.ts';
import { createAccessKey, findAccessKey, type Principal } from '../store/access-keys.ts';
import { ensureAccount, resourceTypesOf, scanTypes } from '../store/accounts.ts';
import { type Database, type Db, openDatabase } from '../store/database.ts';
import { type Embedded, startEmbedded } from '../store/embedded.ts';
import { listFindings } from '../store/finding-list.ts';
import { addWatch, listWatches } from '../store/watches.ts';
import { apiKernel, type FindKey } from './api-kernel.ts';
import { openHolder } from './intelligence-holder.ts';
import { ensureFirstKey, serviceKey } from './keys.ts';
import type { Settings } from './settings.ts';

export type ServiceOptions = {
  readonly settings: Settings;
  /** `target:location` places to watch from the start, beside those that are stored. */
  readonly watches: readonly { readonly target: string; readonly location: string }[];
  /** Both by default; `api` serves without workers, `worker` works without serving. */
  readonly role: 'all' | 'api' | 'worker';
  readonly onProgress: (subject: string, text: string) => void;
};

export type Service = {
  readonly address: string;
  readonly database: Database;
  readonly queue: Queue;
  readonly context: JobContext;
  readonly health: () => Health;
  stop(): Promise<void>;
};

const retainEveryMilliseconds = 3_600_000;
const askRemoteEveryMilliseconds = 300_000;

/** Starts the service: takes the home, opens database and intelligence, starts workers and triggers, and listens. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { settings } = options;
  await mkdir(settings.home, { recursive: true, mode: 0o700 });
  const log = pino(
    { level: settings.logLevel, redact: ['headers.authorization', '*.secretAccessKey'] },
    pino.destination(2),
  );
  // Undone in reverse order, whether the start fails half-way or the service stops.
  const undo: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const step of undo.reverse().splice(0)) {
      await Promise.resolve(step()).catch((error) => log.warn({ err: error }, 'a part did not stop cleanly'));
    }
  };
  try {
    return await start(options, log, undo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  { settings, watches, role, onProgress }: ServiceOptions,
  log: Logger,
  undo: (() => Promise<void> | void)[],
  stop: () => Promise<void>,
): Promise<Service> {
  const { home, account, region } = settings;
  const now = () => Date.now();
  const database = await openStore(settings, undo);
  const { db } = database;
  const key = await serviceKey(home);
  await ensureAccount(db, account, scanTypes, now());
  await ensureFirstKey(db, key, home, account, now());

  const holder = await openHolder(settings.intelDirectory, log);
  undo.push(() => holder.close());
  const scratchDirectory = join(home, 'scratch');
  await rm(scratchDirectory, { recursive: true, force: true });
  await mkdir(scratchDirectory, { recursive: true, mode: 0o700 });
  const readers = openReaders(defaultLimits);
  undo.push(() => readers.close());
  const context: JobContext = {
    db,
    intelligence: holder,
    readers,
    cache: openLayerCache(join(home, 'cache')),
    limits: defaultLimits,
    rules: lifecycleRules,
    scratchDirectory,
    networks: new Map(),
    region,
    reports: reportSettings(process.env, region),
    findingDocument: (row) => findingShape(row) as Finding,
    log,
    now,
    onProgress,
  };
  const queue = await startQueue(context, database.pool, role !== 'api');
  undo.push(() => queue.stop());
  const triggers = startTriggers(
    (watch, trigger) => void queue.discover(watch.watchId, trigger).catch(complain(log)),
  );
  undo.push(() => triggers.stop());

  let ready = false;
  const health = (): Health => {
    const meta = holder.current()?.meta ?? null;
    return {
      status: !ready ? 'starting' : meta ? 'ready' : 'degraded',
      intelligence: meta && {
        revision: meta.revision,
        builtAt: meta.builtAt,
        isStarter: meta.isStarter,
        statements: meta.statementCount,
      },
      version: packageJson.version,
    };
  };
  const service = apiService({ settings, context, queue, triggers, key });
  const app = Fastify({ logger: false, bodyLimit: 1 << 20 });
  undo.push(() => app.close());
  await mountApi(app, service, { key, health, requestsPerSecond: settings.requestsPerSecond });
  const address = role === 'worker' ? '' : await listen(app, settings);
  await writeFile(join(home, 'service.json'), JSON.stringify({ address, pid: process.pid }), { mode: 0o600 });
  undo.push(() => rm(join(home, 'service.json'), { force: true }));

  if (role !== 'api') {
    for (const { target, location } of watches) await addWatch(db, account, target, location, now());
    for (const watch of await listWatches(db)) {
      triggers.add(watch);
      await queue.discover(watch.watchId, 'service started');
    }
    await queue.rematch('service started');
    const following = followIntelligence(
      settings,
      async () => {
        const isFirst = holder.current() === null;
        if (!(await holder.refresh())) return;
        await queue.rematch('a new intelligence revision was built');
        // Resources that waited for the first revision are scanned now.
        if (isFirst)
          for (const watch of await listWatches(db))
            await queue.discover(watch.watchId, 'first intelligence');
      },
      log,
    );
    undo.push(() => following.stop());
    const asking = setInterval(
      () => void askRemote(db, queue).catch(complain(log)),
      askRemoteEveryMilliseconds,
    );
    undo.push(() => clearInterval(asking));
    const timer = setInterval(
      () => void queue.retain('every hour').catch(complain(log)),
      retainEveryMilliseconds,
    );
    undo.push(() => clearInterval(timer));
  }
  if (role !== 'api') {
    const deliveries = startDeliveries({
      db,
      accountId: account,
      region,
      destinations: settings.destinations,
      findings: (arns) => findingsByArn(db, account, arns),
      log,
    });
    undo.push(() => deliveries.stop());
  }
  ready = true;
  return { address, database, queue, context, health, stop };
}

async function openStore(settings: Settings, undo: (() => Promise<void> | void)[]): Promise<Database> {
  if (settings.databaseUrl) {
    const database = await openDatabase({ connectionString: settings.databaseUrl }, 'postgresql');
    undo.push(() => database.close());
    return database;
  }
  const directory = join(settings.home, 'db');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock: Lock = await lockDirectory(
    join(settings.home, 'db.lock'),
    `the data directory ${settings.home}`,
  );
  undo.push(() => lock.release());
  const embedded: Embedded = await startEmbedded(directory);
  undo.push(() => embedded.stop());
  const database = await openDatabase(embedded.connection, 'embedded');
  undo.push(() => database.close());
  return database;
}

function apiService(parts: {
  readonly settings: Settings;
  readonly context: JobContext;
  readonly queue: Queue;
  readonly triggers: Triggers;
  readonly key: Buffer;
}): ApiService {
  const { settings, context, queue, triggers, key } = parts;
  return {
    db: context.db,
    intelligence: context.intelligence,
    queue,
    tokens: createPageTokens(key),
    region: settings.region,
    version: packageJson.version,
    log: context.log,
    now: context.now,
    // What was switched on is looked for at once; what was switched off is hidden by every query.
    onScanTypes: async () => {
      for (const watch of await listWatches(context.db))
        await queue.discover(watch.watchId, 'scan types changed');
    },
    createAccessKey: (principal) => createAccessKey(context.db, key, principal, context.now()),
    onWatchAdded: (watch) => triggers.add(watch),
    onWatchRemoved: (watchId) => triggers.remove(watchId),
  };
}

async function mountApi(
  app: FastifyInstance,
  service: ApiService,
  {
    key,
    health,
    requestsPerSecond,
  }: { readonly key: Buffer; readonly health: () => Health; readonly requestsPerSecond: number },
): Promise<void> {
  const findKey: FindKey = async (accessKeyId) => {
    const found = await findAccessKey(service.db, key, accessKeyId);
    return found && { secret: found.secret, sessionToken: null, expiresAt: null, principal: found.principal };
  };
  const contextOf = (principal: Principal): ApiContext => ({ ...principal, service });
  const kernel = apiKernel(service, { findKey, contextOf, requestsPerSecond });
  await mountV1(app, service, findKey, contextOf, health);
  await mountWire(app, kernel);
}

// The signature covers the body's bytes, so they are kept beside what they parse to.
async function mountV1(
  app: FastifyInstance,
  service: ApiService,
  findKey: FindKey,
  contextOf: (principal: Principal) => ApiContext,
  health: () => Health,
): Promise<void> {
  const bodies = new WeakMap<object, Buffer>();
  await app.register(async (scope) => {
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
      const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
      bodies.set(request, bytes);
      try {
        done(null, bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8')));
      } catch {
        done(Object.assign(new Error('The body is not JSON.'), { statusCode: 400 }), undefined);
      }
    });
    v1Routes(scope, service, authenticate, health);
  });

  async function authenticate(request: FastifyRequest, reply: FastifyReply): Promise<ApiContext | null> {
    const url = request.raw.url ?? '/';
    const mark = url.indexOf('?');
    const answer = await verifySigV4<Principal>({
      method: request.method,
      rawPath: mark < 0 ? url : url.slice(0, mark),
      rawQuery: mark < 0 ? '' : url.slice(mark + 1),
      headers: request.raw.headersDistinct,
      body: bodies.get(request) ?? Buffer.alloc(0),
      service: 'inspector2',
      now: new Date(service.now()),
      findKey,
    });
    if (answer.ok) return contextOf(answer.principal);
    await reply.code(answer.status).send({ code: answer.code, message: answer.message });
    return null;
  }
}

async function listen(app: FastifyInstance, { listen: { host, port } }: Settings): Promise<string> {
  try {
    return (await app.listen({ host, port })).replace('[::1]', 'localhost');
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
    throw new Error(
      `${host}:${port} is in use. Name another address with --listen HOST:PORT (port 0 takes any).`,
    );
  }
}

// A revision built by another process, or by `intel build`, shows by its pointer file.
function followIntelligence(
  settings: Settings,
  onRevision: () => Promise<void>,
  log: Logger,
): { stop(): void } {
  const pointer = join(settings.intelDirectory, 'current');
  return watchPaths(
    () => [pointer],
    () => void onRevision().catch(complain(log)),
  );
}

// A place on another machine tells of no change: it is asked.
async function askRemote(db: Db, queue: Queue): Promise<void> {
  for (const watch of await listWatches(db)) {
    const isSilent =
      watch.target !== networkWatch.id &&
      (target(watch.target)?.watchPaths(watch.location).length ?? 0) === 0;
    if (isSilent) await queue.discover(watch.watchId, 'a regular look');
  }
}

async function findingsByArn(
  db: Db,
  accountId: string,
  arns: readonly string[],
): Promise<ReadonlyMap<string, object>> {
  if (arns.length === 0) return new Map();
  const rows = await listFindings(db, {
    accountId,
    resourceTypes: resourceTypesOf(scanTypes),
    criteria: { findingArn: arns.map((value) => ({ kind: 'text', comparison: 'EQUALS', value })) },
    sort: null,
    descending: false,
    limit: arns.length,
    after: null,
  });
  return new Map(rows.map((row) => [row.arn, findingShape(row)]));
}

function complain(log: Logger): (error: unknown) => void {
  return (error) => log.error({ err: error }, 'work could not be asked for');
}

/** Where a running service of this home listens, or null; with `ofProcess`, only when that process is the service. */
export async function runningAddress(home: string, ofProcess?: number): Promise<string | null> {
  try {
    const { address, pid } = JSON.parse(await readFile(join(home, 'service.json'), 'utf8')) as {
      address: string;
      pid: number;
    };
    if (ofProcess !== undefined && pid !== ofProcess) return null;
    process.kill(pid, 0);
    return address || null;
  } catch {
    return null;
  }
}
