import type { FastifyReply, FastifyRequest } from 'fastify';
import { severities } from '../../model/severity.ts';
import { eventsAfter, type FindingEvent, lastEventId } from '../../store/finding-events.ts';
import type { ApiContext } from '../context.ts';

const pollMilliseconds = 500;
const keepAliveMilliseconds = 15_000;
const eventsAtOnce = 500;

/**
 * Server-sent events of the caller's findings, from now on or from `Last-Event-ID`, so that a client that was away
 * misses nothing. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function streamEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  { service, accountId }: ApiContext,
): Promise<FastifyReply> {
  const given = Number(request.headers['last-event-id'] ?? (request.query as { after?: string }).after);
  let last = Number.isSafeInteger(given) && given >= 0 ? given : await lastEventId(service.db);
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  raw.write(`retry: 2000\n: from ${last}\n\n`);
  let isOpen = true;
  let quietSince = Date.now();
  raw.on('close', () => {
    isOpen = false;
  });
  while (isOpen && !raw.destroyed) {
    const events = await eventsAfter(service.db, accountId, last, eventsAtOnce).catch(() => null);
    // The database is going away: the client connects again and goes on where it was.
    if (events === null) break;
    for (const event of events) {
      last = event.eventId;
      raw.write(`id: ${event.eventId}\nevent: finding\ndata: ${JSON.stringify(eventShape(event))}\n\n`);
    }
    if (events.length > 0) quietSince = Date.now();
    else if (Date.now() - quietSince > keepAliveMilliseconds) {
      quietSince = Date.now();
      raw.write(': still here\n\n');
    }
    if (events.length < eventsAtOnce) await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
  }
  raw.end();
  return reply;
}

function eventShape(event: FindingEvent): object {
  return {
    kind: event.kind,
    at: new Date(event.at).toISOString(),
    findingArn: event.findingArn,
    title: event.title,
    vulnerabilityId: event.vulnerabilityId,
    severity: event.severity === null ? null : severities[event.severity],
    resource: { id: event.resourceId, type: event.resourceType },
    reason: event.detail.reason ?? null,
    intelligenceRevision: event.revision,
  };
}
