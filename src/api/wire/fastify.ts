import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { WireRequest, WireResponse } from './http.ts';
import type { Kernel } from './kernel.ts';
import { pathsOf } from './routes.ts';

/**
 * Mounts the kernel on a fastify instance, in a scope of its own: bodies come raw there, and nowhere else. Whatever
 * no other route takes goes to the kernel. A host that wants a catch-all of its own for GET (a console's pages) says
 * `catchAllGet: false`; the GET operations of the API stay.
 */
export async function mountWire(
  app: FastifyInstance,
  kernel: Kernel,
  { catchAllGet = true }: { readonly catchAllGet?: boolean } = {},
): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler(async (error, request, reply) => {
      if ((error as { code?: unknown }).code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error;
      return send(reply, kernel.refuseBody(wireRequest(request)));
    });
    async function handler(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      return send(reply, await kernel.handle(wireRequest(request)));
    }
    const methods: HTTPMethods[] = ['POST', 'PUT', 'DELETE', 'PATCH'];
    scope.route({ method: methods, url: '/*', bodyLimit: kernel.bodyBytesMaxOf('POST', '/'), handler });
    scope.route({
      method: 'POST',
      url: '/scan/sbom',
      bodyLimit: kernel.bodyBytesMaxOf('POST', '/scan/sbom'),
      handler,
    });
    const getPaths = pathsOf('GET').map((path) => path.replace(/\{.*$/, '*'));
    for (const url of catchAllGet ? ['/*'] : getPaths) scope.get(url, handler);
  });
}

function wireRequest(request: FastifyRequest): WireRequest {
  const url = request.raw.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: request.method,
    rawPath: mark < 0 ? url : url.slice(0, mark),
    rawQuery: mark < 0 ? '' : url.slice(mark + 1),
    headers: request.raw.headersDistinct,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    remoteAddress: request.ip,
  };
}

function send(reply: FastifyReply, { status, headers, body }: WireResponse): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}
