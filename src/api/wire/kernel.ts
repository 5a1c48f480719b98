import { randomUUID } from 'node:crypto';
import { type ApiError, internal, isApiError, throttling, unmodelled, validation } from './errors.ts';
import type { Handlers } from './handlers.ts';
import type { WireRequest, WireResponse } from './http.ts';
import { readQueryCall, writeQueryError } from './query.ts';
import { type Input, readInput } from './read.ts';
import { matchRoute, type Route } from './routes.ts';
import type { ServiceName } from './schema.ts';
import type { Refusal, Verified } from './sigv4.ts';
import { answerSts, type CallerIdentity, stsNamespace } from './sts.ts';
import { writeError, writeOutput } from './write.ts';

/** What is called, for contexts, limits and logs. */
export type Call = {
  readonly requestId: string;
  /** The signing name. */
  readonly service: ServiceName | 'sts';
  readonly operation: string;
  readonly remoteAddress: string | null;
};

export type KernelLog = {
  readonly info: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
};

export type KernelOptions<Context, Principal> = {
  readonly handlers: Handlers<Context>;
  /** Says who calls, usually `verifySigV4`; `service` is the signing name that the signature must be for. */
  readonly authenticate: (request: WireRequest, service: string) => Promise<Verified<Principal> | Refusal>;
  /** Makes what handlers get; may throw `accessDenied(…)`. */
  readonly contextOf: (caller: Verified<Principal>, call: Call) => Context | Promise<Context>;
  /** Answers STS GetCallerIdentity. */
  readonly callerIdentity: (context: Context) => CallerIdentity | Promise<CallerIdentity>;
  readonly log: KernelLog;
  readonly now: () => Date;
  /** Seconds to wait, or null to go on. Asked once the caller is known, before the input is read. */
  readonly throttle?: (caller: Verified<Principal>, call: Call) => number | null;
  /** Default 2 MiB. */
  readonly bodyBytesMax?: number;
  /** For ScanSbom, whose input is a document; default 16 MiB. */
  readonly sbomBytesMax?: number;
};

export type Kernel = {
  /** Answers a request. Never rejects: what goes wrong is an answer too. */
  readonly handle: (request: WireRequest) => Promise<WireResponse>;
  /** Answers a request whose body a server did not read to its end, for it is larger than the limit. */
  readonly refuseBody: (request: WireRequest) => WireResponse;
  /** How many bytes of body a request may have, so that a server need not read more. */
  readonly bodyBytesMaxOf: (method: string, rawPath: string) => number;
};

/**
 * The API without a server: routes a request to its operation, checks the signature and the input, calls the handler
 * and writes its answer or error in the form of the protocol. Knows nothing of the transport.
 */
export function createKernel<Context, Principal>(options: KernelOptions<Context, Principal>): Kernel {
  const { bodyBytesMax = 2 * 1024 * 1024, sbomBytesMax = 16 * 1024 * 1024 } = options;

  function bodyBytesMaxOf(method: string, rawPath: string): number {
    return matchRoute(method, rawPath)?.operation.name === 'ScanSbom' ? sbomBytesMax : bodyBytesMax;
  }

  async function handle(request: WireRequest): Promise<WireResponse> {
    if (request.body.length > bodyBytesMaxOf(request.method, request.rawPath)) return refuseBody(request);
    const started = performance.now();
    const exchange = exchangeOf(options, request);
    return finish(options, exchange.call, started, await answer(options, request, exchange));
  }

  function refuseBody(request: WireRequest): WireResponse {
    const { call, fail } = exchangeOf(options, request);
    const limit = bodyBytesMaxOf(request.method, request.rawPath);
    const error = validation(`The request body is larger than ${limit} bytes.`);
    return finish(options, call, performance.now(), fail(error));
  }

  return { handle, refuseBody, bodyBytesMaxOf };
}

/** One request under one protocol. */
type Exchange<Context> = {
  readonly call: Call;
  readonly run: (context: Context) => Promise<WireResponse>;
  readonly fail: (error: ApiError) => WireResponse;
  /** What is wrong before anybody asks who calls, or null. */
  readonly refused: ApiError | null;
};

async function answer<Context, Principal>(
  options: KernelOptions<Context, Principal>,
  request: WireRequest,
  { call, run, fail, refused }: Exchange<Context>,
): Promise<WireResponse> {
  try {
    if (refused) return fail(refused);
    const caller = await options.authenticate(request, call.service);
    if (!caller.ok) return fail(unmodelled(caller.code, caller.status, caller.message));
    const retryAfterSeconds = options.throttle?.(caller, call) ?? null;
    if (retryAfterSeconds !== null) return fail(throttling('Rate exceeded', { retryAfterSeconds }));
    return await run(await options.contextOf(caller, call));
  } catch (thrown) {
    if (isApiError(thrown)) return fail(thrown);
    options.log.error({ ...call, ...describe(thrown) }, 'a request failed by a mistake of ours');
    return fail(internal(`An internal error occurred. The request id is ${call.requestId}.`));
  }
}

/** Logs the call and adds what every answer has. Clients set their clock by `date` when a signature is too old. */
function finish<Context, Principal>(
  { log, now }: KernelOptions<Context, Principal>,
  call: Call,
  started: number,
  { status, headers, body }: WireResponse,
): WireResponse {
  const milliseconds = Math.round(performance.now() - started);
  log.info({ ...call, status, error: headers['x-amzn-errortype'], milliseconds }, 'request');
  const added = { 'x-amzn-requestid': call.requestId, date: now().toUTCString() };
  return { status, headers: { ...headers, ...added }, body };
}

function exchangeOf<Context, Principal>(
  options: KernelOptions<Context, Principal>,
  request: WireRequest,
): Exchange<Context> {
  const { remoteAddress } = request;
  const requestId = randomUUID();
  const query = readQueryCall(request);
  if (query) {
    const operation = query.get('Action') ?? '';
    return {
      call: { requestId, service: 'sts', operation: operation.slice(0, 100), remoteAddress },
      run: (context) => answerSts(operation, () => options.callerIdentity(context), requestId),
      fail: (error) => writeQueryError(error, stsNamespace, requestId),
      refused: null,
    };
  }
  const route = matchRoute(request.method, request.rawPath);
  const service = route?.operation.service ?? 'inspector2';
  return {
    call: { requestId, service, operation: route?.operation.name ?? 'unknown', remoteAddress },
    run: (context) => runOperation(options.handlers, route, request, context),
    fail: (error) => writeError(service, error),
    refused: route ? null : unmodelled('UnknownOperationException', 404, 'The operation is not known.'),
  };
}

async function runOperation<Context>(
  handlers: Handlers<Context>,
  route: Route | null,
  request: WireRequest,
  context: Context,
): Promise<WireResponse> {
  if (!route) throw new Error('no operation');
  const { operation } = route;
  const handler = handlerOf(handlers, operation.name);
  // A validation error is modelled for nearly every operation, and no SDK tries it again.
  if (!handler) throw validation(`${operation.name} is not available in this version yet.`);
  const read = readInput(route, request);
  if (!read.ok) throw read.error;
  return writeOutput(operation, await handler(read.input, context));
}

type AnyHandler<Context> = (input: Input, context: Context) => Promise<object>;

// The one place where the types of operations are let go: the schema has checked what the types say.
function handlerOf<Context>(handlers: Handlers<Context>, name: string): AnyHandler<Context> | null {
  const all = handlers as Readonly<Record<string, unknown>>;
  const handler = Object.hasOwn(all, name) ? all[name] : undefined;
  return typeof handler === 'function' ? (handler as AnyHandler<Context>) : null;
}

function describe(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { reason: typeof thrown };
  return { reason: `${thrown.name}: ${thrown.message}`, stack: thrown.stack };
}
