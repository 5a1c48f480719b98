import type { ApiContext, ApiService } from '../api/context.ts';
import { operations } from '../api/operations/registry.ts';
import { mayCall } from '../api/roles.ts';
import { createThrottle } from '../api/throttle.ts';
import { accessDenied } from '../api/wire/errors.ts';
import { createKernel, type Kernel } from '../api/wire/kernel.ts';
import { type SigV4Request, verifySigV4 } from '../api/wire/sigv4.ts';
import type { Principal } from '../store/access-keys.ts';

export type FindKey = SigV4Request<Principal>['findKey'];

/** The Inspector API over the parts of a service: who calls, what its role may call, and how often. */
export function apiKernel(
  service: ApiService,
  options: {
    readonly findKey: FindKey;
    readonly contextOf: (principal: Principal) => ApiContext;
    readonly requestsPerSecond: number;
  },
): Kernel {
  const { findKey, contextOf, requestsPerSecond } = options;
  const throttle = createThrottle(requestsPerSecond, () => service.now());
  return createKernel<ApiContext, Principal>({
    handlers: operations,
    authenticate: (request, signingName) =>
      verifySigV4({ ...request, service: signingName, now: new Date(service.now()), findKey }),
    contextOf: ({ principal }, { operation }) => {
      if (mayCall(principal.role, operation)) return contextOf(principal);
      throw accessDenied(
        `User: ${arnOf(principal)} is not authorized to perform: inspector2:${operation} with the role ${principal.role}`,
      );
    },
    throttle: ({ principal }, { operation }) => throttle.take(principal.accountId, operation),
    callerIdentity: (principal) => ({
      account: principal.accountId,
      arn: arnOf(principal),
      userId: `AIDA${principal.accountId}`,
    }),
    log: {
      info: (fields, message) => service.log.debug(fields, message),
      error: (fields, message) => service.log.error(fields, message),
    },
    now: () => new Date(service.now()),
  });
}

function arnOf({ accountId, userName }: Principal): string {
  return `arn:aws:iam::${accountId}:user/${userName}`;
}
