import type { FastifyReply, FastifyRequest } from 'fastify';
import { isRole, roles } from '../../model/role.ts';
import { disableAccessKey, listAccessKeys } from '../../store/access-keys.ts';
import { ensureAccount } from '../../store/accounts.ts';
import { noteChange } from '../../store/audit-log.ts';
import type { ApiContext, ApiService } from '../context.ts';
import type { Authenticate } from './routes.ts';

const userNamePattern = /^[\w+=,.@-]{1,64}$/;
const accountPattern = /^\d{12}$/;

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** The routes on access keys, of every account: for administrators only. A secret is answered once, when it is made. */
export function keyRoutes(
  service: ApiService,
  authenticate: Authenticate,
): { readonly list: Handler; readonly create: Handler; readonly disable: Handler } {
  const administrator = async (request: FastifyRequest, reply: FastifyReply): Promise<ApiContext | null> => {
    const caller = await authenticate(request, reply);
    if (!caller || caller.role === 'administrator') return caller;
    await reply.code(403).send({ message: 'Only an administrator may see and change access keys.' });
    return null;
  };
  const note = (caller: ApiContext, operation: string, subject: string, after: unknown) =>
    noteChange(service.db, caller.accountId, {
      at: service.now(),
      userName: caller.userName,
      operation,
      subject,
      before: null,
      after,
    });

  return {
    async list(request, reply) {
      const caller = await administrator(request, reply);
      return caller ? { keys: await listAccessKeys(service.db) } : reply;
    },
    async create(request, reply) {
      const caller = await administrator(request, reply);
      if (!caller) return reply;
      const { accountId, userName, role } = (request.body ?? {}) as Record<string, unknown>;
      const isGood =
        typeof accountId === 'string' &&
        accountPattern.test(accountId) &&
        typeof userName === 'string' &&
        userNamePattern.test(userName) &&
        isRole(role);
      if (!isGood) {
        const message = `The body needs accountId (12 digits), userName (up to 64 letters, digits and _+=,.@-) and role (${roles.join(', ')}).`;
        return reply.code(400).send({ message });
      }
      // A new account scans nothing until Enable is called with a key of it.
      await ensureAccount(service.db, accountId, [], service.now());
      const made = await service.createAccessKey({ accountId, userName, role });
      await note(caller, 'CreateAccessKey', made.accessKeyId, { accountId, userName, role });
      return reply.code(201).send({ ...made, accountId, userName, role });
    },
    async disable(request, reply) {
      const caller = await administrator(request, reply);
      if (!caller) return reply;
      const { id = '' } = request.params as { id?: string };
      const outcome = await disableAccessKey(service.db, id);
      if (outcome === 'unknown') return reply.code(404).send({ message: `There is no access key ${id}.` });
      if (outcome === 'last') {
        const message = 'It is the last key of an administrator; make another one first.';
        return reply.code(409).send({ message });
      }
      await note(caller, 'DisableAccessKey', id, { isDisabled: true });
      return { accessKeyId: id, isDisabled: true };
    },
  };
}
