import type { FastifyReply, FastifyRequest } from 'fastify';
import { mayReadAudit } from '../../model/role.ts';
import { listChanges } from '../../store/audit-log.ts';
import type { ApiService } from '../context.ts';
import type { Authenticate } from './routes.ts';

const pageDefault = 100;
const pageMax = 1000;

/**
 * Answers the changes that keys of the caller's account asked for, newest first. `next` is the `before` of the next
 * page, absent on the last.
 */
export function auditRoute(service: ApiService, authenticate: Authenticate) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const caller = await authenticate(request, reply);
    if (!caller) return reply;
    if (!mayReadAudit(caller.role))
      return reply.code(403).send({ message: `The role ${caller.role} does not read the audit log.` });
    const { before, limit } = request.query as Readonly<Record<string, string | undefined>>;
    const from = before === undefined ? null : whole(before);
    const most = limit === undefined ? pageDefault : whole(limit);
    if (Number.isNaN(from) || most < 1 || Number.isNaN(most))
      return reply.code(400).send({ message: 'before and limit are whole numbers, limit at least 1' });
    const size = Math.min(pageMax, most);
    const rows = await listChanges(service.db, caller.accountId, from, size + 1);
    const last = rows.length > size ? rows[size - 1] : undefined;
    return {
      changes: rows.slice(0, size).map(({ at, ...row }) => ({ ...row, at: new Date(at).toISOString() })),
      ...(last ? { next: last.auditId } : {}),
    };
  };
}

function whole(text: string): number {
  const value = Number(text);
  return text !== '' && Number.isSafeInteger(value) && value >= 0 ? value : Number.NaN;
}
