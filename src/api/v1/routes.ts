import { resolve } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ListeningSocket, listensOn } from '../../model/listening.ts';
import { resourceTypes } from '../../model/resource.ts';
import { mayChange } from '../../model/role.ts';
import { severities } from '../../model/severity.ts';
import { explain } from '../../pipeline/match/explain.ts';
import { isWithin, parsePackageQuery } from '../../pipeline/match/package-query.ts';
import { ecosystem } from '../../plugins/ecosystems/registry.ts';
import { networkWatch } from '../../plugins/networks/registry.ts';
import { storedLocation, target } from '../../plugins/targets/registry.ts';
import { listNetworkStates, listStoredExposures, type StoredExposure } from '../../store/exposures.ts';
import { eventsAfter } from '../../store/finding-events.ts';
import { listFindings } from '../../store/finding-list.ts';
import { loadInventory } from '../../store/inventories.ts';
import { listJobs } from '../../store/job-log.ts';
import { resourcesWith, versionsNamed } from '../../store/package-search.ts';
import { findResource } from '../../store/resources.ts';
import { riskContexts } from '../../store/risk-context.ts';
import { addWatch, listWatches, removeWatch } from '../../store/watches.ts';
import { intervalsWithin } from '../../versions/placed-key.ts';
import type { ApiContext, ApiService } from '../context.ts';
import { auditRoute } from './audit.ts';
import { streamEvents } from './events.ts';
import { keyRoutes } from './keys.ts';
import openapi from './openapi.json' with { type: 'json' };
import { type OwnersWord, ownersWord, priorityShape } from './priorities.ts';

/** Says who calls, or answers the request itself and gives null. */
export type Authenticate = (request: FastifyRequest, reply: FastifyReply) => Promise<ApiContext | null>;

export type Health = {
  readonly status: 'starting' | 'ready' | 'degraded';
  readonly intelligence: {
    readonly revision: string;
    readonly builtAt: string;
    readonly isStarter: boolean;
    readonly statements: number;
  } | null;
  readonly version: string;
};

const prioritiesMax = 100;

type Query = Readonly<Record<string, string | undefined>>;

/** What AWS has no call for, under /openinspector/v1. Described by openapi.json, which a test holds to this file. */
export function v1Routes(
  app: FastifyInstance,
  service: ApiService,
  authenticate: Authenticate,
  health: () => Health,
): void {
  app.get('/openinspector/v1/health', async () => health());
  app.get('/openinspector/v1/openapi.json', async () => openapi);
  app.get('/openinspector/v1/audit', auditRoute(service, authenticate));
  const keys = keyRoutes(service, authenticate);
  app.get('/openinspector/v1/keys', keys.list);
  app.post('/openinspector/v1/keys', keys.create);
  app.delete('/openinspector/v1/keys/:id', keys.disable);

  app.get('/openinspector/v1/events', async (request, reply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    return streamEvents(request, reply, caller);
  });

  app.get('/openinspector/v1/history', async (request, reply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    const { after, limit } = request.query as Query;
    const events = await eventsAfter(
      service.db,
      caller.accountId,
      whole(after, 0),
      Math.min(1000, whole(limit, 100)),
    );
    return { events: events.map((event) => ({ ...event, severity: severities[event.severity ?? 0] })) };
  });

  app.get('/openinspector/v1/explain', async (request, reply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    const { vulnerability, resource: text } = request.query as Query;
    if (!vulnerability || !text) return refuse(reply, 400, 'Name both: ?vulnerability=CVE-…&resource=…');
    const resource = await findResource(service.db, caller.accountId, text);
    if (!resource) return refuse(reply, 404, `No resource of this account is called '${text}'.`);
    const stored =
      resource.inventoryId === null ? null : await loadInventory(service.db, resource.inventoryId);
    if (!stored) return refuse(reply, 409, `${resource.id} has no inventory yet: ${resource.statusReason}.`);
    const intelligence = service.intelligence.current();
    if (!intelligence) return refuse(reply, 409, 'There is no intelligence yet.');
    const inventory = { ...stored, packages: stored.packages.map((item) => item.package) };
    const explanation = explain(vulnerability, inventory, intelligence, (id) => intelligence.keysOf(id));
    return { resource: { id: resource.id, name: resource.name, type: resource.type }, explanation };
  });

  app.get('/openinspector/v1/packages', async (request, reply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    const { query: text, limit } = request.query as Query;
    const query = parsePackageQuery(text ?? '');
    if (typeof query === 'string') return refuse(reply, 400, query);
    const scheme = ecosystem(query.ecosystem)?.scheme ?? '';
    // A superset by the order of the stored keys; each is compared below.
    const places = intervalsWithin(scheme, query.bounds);
    const versions = await versionsNamed(service.db, query.ecosystem, query.name, places);
    const judged = versions.map(({ id, version }) => ({ id, version, isWithin: isWithin(version, query) }));
    const ids = judged.filter((item) => item.isWithin === true).map(({ id }) => id);
    return {
      packages: await resourcesWith(service.db, caller.accountId, ids, Math.min(10_000, whole(limit, 1000))),
      // Versions that the bounds cannot be compared with: they may be meant too.
      undetermined: judged.filter((item) => item.isWithin === null).map(({ version }) => version),
    };
  });

  app.get('/openinspector/v1/exposures', async (request, reply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    const { resource, verdict, edgeType, after, limit } = request.query as Query;
    if (verdict !== undefined && verdict !== 'reachable' && verdict !== 'may')
      return refuse(reply, 400, `verdict '${verdict}' is not one of reachable, may`);
    const [resourceId, ordinal] = (after ?? '').split('.');
    const most = Math.max(1, Math.min(1000, whole(limit, 100)));
    const rows = await listStoredExposures(service.db, {
      accountId: caller.accountId,
      resource: resource ?? null,
      verdict: verdict ?? null,
      edgeType: edgeType ?? null,
      after: { resourceId: whole(resourceId || undefined, 0), ordinal: after ? whole(ordinal, 0) : -1 },
      limit: most + 1,
    });
    const last = rows.length > most ? rows[most - 1] : undefined;
    return {
      exposures: rows.slice(0, most).map(exposureShape),
      ...(last ? { next: `${last.resourceId}.${last.ordinal}` } : {}),
    };
  });

  app.get('/openinspector/v1/exposures/states', async (request, reply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    return { resources: await listNetworkStates(service.db, caller.accountId) };
  });

  app.get('/openinspector/v1/priorities', async (request, reply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    const query = request.query as Query;
    const word = ownersWord(query);
    if (typeof word === 'string') return refuse(reply, 400, word);
    const arns = (query.finding ?? '').split(',').filter(Boolean);
    if (arns.length === 0 || arns.length > prioritiesMax)
      return refuse(reply, 400, `Name one to ${prioritiesMax} findings: ?finding=ARN,ARN`);
    return { priorities: await prioritiesOf(caller, arns, word) };
  });

  app.get('/openinspector/v1/jobs', async (request, reply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    return { jobs: await listJobs(service.db, Math.min(1000, whole((request.query as Query).limit, 100))) };
  });

  app.get('/openinspector/v1/watches', async (request, reply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    const watches = await listWatches(service.db);
    return { watches: watches.filter(({ accountId }) => accountId === caller.accountId) };
  });

  app.post('/openinspector/v1/watches', async (request, reply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    if (!mayChange(caller.role)) return refuse(reply, 403, `The role ${caller.role} changes nothing.`);
    const { target: targetId, location } = (request.body ?? {}) as { target?: unknown; location?: unknown };
    const plugin = typeof targetId === 'string' ? watchable(targetId) : null;
    if (!plugin || typeof location !== 'string' || location === '') {
      return refuse(
        reply,
        400,
        'The body needs a target (host, rootfs, oci-layout, zip, network, …) and a location.',
      );
    }
    const place = plugin.place(location);
    const watch = await addWatch(service.db, caller.accountId, plugin.id, place, service.now());
    service.onWatchAdded(watch);
    await service.queue.discover(watch.watchId, 'watch added');
    return reply.code(201).send(watch);
  });

  app.delete('/openinspector/v1/watches/:id', async (request, reply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    if (!mayChange(caller.role)) return refuse(reply, 403, `The role ${caller.role} changes nothing.`);
    const id = whole((request.params as { id?: string }).id, 0);
    const gone = await removeWatch(service.db, caller.accountId, id);
    if (!gone) return refuse(reply, 404, `There is no watch ${id}.`);
    service.onWatchRemoved(id);
    await service.queue.discover(id, 'watch removed');
    return gone;
  });
}

async function prioritiesOf({ service, accountId }: ApiContext, arns: readonly string[], word: OwnersWord) {
  const rows = await listFindings(service.db, {
    accountId,
    resourceTypes,
    criteria: {
      findingArn: arns.map((value) => ({ kind: 'text', comparison: 'EQUALS', value })),
      findingType: [{ kind: 'text', comparison: 'EQUALS', value: 'PACKAGE_VULNERABILITY' }],
    },
    sort: null,
    descending: false,
    limit: arns.length,
    after: null,
  });
  const risks = await riskContexts(
    service.db,
    accountId,
    rows.map(({ findingId }) => findingId),
  );
  return rows.flatMap((row) => {
    const risk = risks.get(row.findingId);
    return risk ? [priorityShape(row, risk, word, service.now())] : [];
  });
}

// Which sockets of the machine the open ports lead to; null: nobody has told what listens there.
function exposureShape({ resource, exposure, listening }: StoredExposure) {
  const isBehind = (socket: ListeningSocket) =>
    socket.protocol === exposure.protocol &&
    exposure.ports.some(([from, to]) => socket.port >= from && socket.port <= to) &&
    listensOn(socket, exposure.address);
  return { resource, ...exposure, listening: listening === null ? null : listening.filter(isBehind) };
}

function watchable(id: string): { readonly id: string; readonly place: (location: string) => string } | null {
  if (id === networkWatch.id) return { id, place: (location) => resolve(location) };
  const plugin = target(id);
  return plugin && { id, place: (location) => storedLocation(plugin, location) };
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ message });
}

function whole(text: string | undefined, fallback: number): number {
  const value = Number(text);
  return text !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}
