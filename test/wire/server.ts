import { Sha256 } from '@aws-crypto/sha256-js';
import { Inspector2Client, type Inspector2ClientConfig } from '@aws-sdk/client-inspector2';
import { SignatureV4 } from '@smithy/signature-v4';
import fastify, { type FastifyInstance } from 'fastify';
import { mountWire } from '../../src/api/wire/fastify.ts';
import type { Handlers } from '../../src/api/wire/handlers.ts';
import { createKernel, type KernelOptions } from '../../src/api/wire/kernel.ts';
import { verifySigV4 } from '../../src/api/wire/sigv4.ts';

export const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' } as const;
export const region = 'eu-central-1';

export type Context = { readonly user: string; readonly requestId: string };

export type Server = {
  readonly endpoint: string;
  /** An SDK client that does not try again, unless told otherwise. */
  readonly client: (config?: Inspector2ClientConfig) => Inspector2Client;
  /** A signed request by hand, for what the SDK has no client for. */
  readonly send: (service: string, method: string, path: string, body: string) => Promise<Response>;
  readonly close: () => Promise<void>;
};

/** A real server on a loopback address: fastify, kernel, signatures; the handlers are the test's. */
export async function startServer(
  handlers: Handlers<Context>,
  {
    options = {},
    mount = async () => {},
  }: {
    readonly options?: Partial<KernelOptions<Context, string>>;
    readonly mount?: (app: FastifyInstance) => Promise<void>;
  } = {},
): Promise<Server> {
  const now = options.now ?? (() => new Date());
  const kernel = createKernel<Context, string>({
    handlers,
    authenticate: (request, service) => verifySigV4({ ...request, service, now: now(), findKey }),
    contextOf: ({ principal }, { requestId }) => ({ user: principal, requestId }),
    callerIdentity: ({ user }) => ({
      account: '123456789012',
      arn: `arn:aws:iam::123456789012:user/${user}`,
      userId: 'AIDAEXAMPLE',
    }),
    log: { info: () => {}, error: () => {} },
    now,
    ...options,
  });
  const app = fastify();
  await mount(app);
  await mountWire(app, kernel);
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  const clients: Inspector2Client[] = [];
  return {
    endpoint,
    client: (config = {}) => {
      const client = new Inspector2Client({ endpoint, region, credentials, maxAttempts: 1, ...config });
      clients.push(client);
      return client;
    },
    send: (service, method, path, body) => send(endpoint, service, method, path, body),
    close: async () => {
      for (const client of clients) client.destroy();
      await app.close();
    },
  };
}

async function findKey(accessKeyId: string) {
  if (accessKeyId !== credentials.accessKeyId) return null;
  return { secret: credentials.secretAccessKey, sessionToken: null, expiresAt: null, principal: 'alice' };
}

async function send(
  endpoint: string,
  service: string,
  method: string,
  path: string,
  body: string,
): Promise<Response> {
  const { hostname, host, protocol } = new URL(endpoint);
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 });
  const headers = { host, 'content-type': 'application/json' };
  const signed = await signer.sign({ method, protocol, hostname, path, query: {}, headers, body });
  return fetch(`${endpoint}${path}`, { method, headers: signed.headers, body });
}
