import { RegistryError, shownAddress } from './registry-error.ts';

/** What the outside gives: replaced in tests. */
export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  sleep(milliseconds: number): Promise<void>;
};

export type Send = {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Value of the Authorization header; it never goes to another origin than the first. */
  readonly authorization?: string | null;
  readonly body?: string;
};

export type Reply = {
  readonly status: number;
  readonly headers: Headers;
  /** The body, as it comes. Throws where it breaks off or stalls. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Lets the connection go without reading the rest. */
  discard(): Promise<void>;
};

const redirectsMax = 5;
const attemptsMax = 4;
const waitMillisecondsMax = 30_000;
const answerMilliseconds = 30_000;
const stallMilliseconds = 60_000;
const retriedStatuses: readonly number[] = [429, 500, 502, 503, 504];
const retriedCodes: readonly string[] = [
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'OPENINSPECTOR_NO_ANSWER',
];

/**
 * Sends one request, follows its redirects and repeats it, a bounded number of times, where the server is busy or the
 * connection broke. Throws a RegistryError when there is no answer; any status but those of a busy server is an answer.
 */
export async function send(request: Send, { sleep }: Surroundings): Promise<Reply> {
  for (let attempt = 1; ; attempt++) {
    let wait = backoff(attempt);
    try {
      const reply = await follow(request);
      if (!retriedStatuses.includes(reply.status) || attempt === attemptsMax) return reply;
      wait = retryAfter(reply.headers.get('retry-after'), Date.now()) ?? wait;
      // An answer that puts us off for long is the answer.
      if (wait > waitMillisecondsMax) return reply;
      await reply.discard();
    } catch (error) {
      const isPassing = retriedCodes.includes(codeOf(error));
      if (!isPassing || attempt === attemptsMax) throw plainError(error, request.url);
    }
    await sleep(wait);
  }
}

/** As `send`, once and without repeats: to find out what answers at an address. */
export async function probe(request: Send): Promise<Reply> {
  try {
    return await follow(request);
  } catch (error) {
    throw plainError(error, request.url);
  }
}

/** The whole body, refused when larger than `sizeMax` bytes. `what` names it in the error. */
export async function readWhole(reply: Reply, sizeMax: number, what: string, limit: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply.chunks()) {
    size += chunk.length;
    if (size > sizeMax)
      throw new RegistryError('limit', `${what} is larger than the ${sizeMax} bytes that are read`, limit);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** Whether plain HTTP may be spoken with a host (`HOST[:PORT]`): this machine, or one that the operator named. */
export function mayBePlain(host: string, env: Surroundings['env']): boolean {
  const { hostname } = new URL(`http://${host}`);
  if (['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return true;
  const named = (env.OPENINSPECTOR_INSECURE_REGISTRIES ?? '').split(',').map((text) => text.trim());
  return named.some((text) => text !== '' && [host, hostname].includes(text.toLowerCase()));
}

/**
 * Whether an address that a server named may be asked: HTTPS always, HTTP only from a registry that itself is spoken
 * with over HTTP, so that no server leads from the protected into the open.
 */
export function mayLeadTo(from: URL, to: URL): boolean {
  if (to.protocol === 'https:') return true;
  return to.protocol === 'http:' && from.protocol === 'http:';
}

async function follow(request: Send): Promise<Reply> {
  let { url } = request;
  let authorization = request.authorization ?? null;
  for (let hop = 0; ; hop++) {
    const reply = await exchange(request, url, authorization);
    // What is posted is a secret, and no server hands it on to another.
    if (!isRedirect(reply.status) || request.method === 'POST') return reply;
    const location = reply.headers.get('location');
    if (location === null) return reply;
    await reply.discard();
    if (hop === redirectsMax)
      throw new RegistryError(
        'unreadable',
        `${shownAddress(request.url)} redirects more than ${redirectsMax} times`,
      );
    const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
    if (!next || !mayLeadTo(url, next))
      throw new RegistryError(
        'unreadable',
        `${shownAddress(url)} redirects to an address that is not HTTPS; it was not followed`,
      );
    // Storage behind a registry has its own signature in the address; the registry's credentials are not its business.
    if (next.origin !== url.origin) authorization = null;
    next.username = '';
    next.password = '';
    url = next;
  }
}

async function exchange(request: Send, url: URL, authorization: string | null): Promise<Reply> {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(stalled(`did not answer in ${answerMilliseconds / 1000} seconds`)),
    answerMilliseconds,
  );
  try {
    const response = await fetch(url, {
      method: request.method,
      redirect: 'manual',
      signal: controller.signal,
      // Bytes are checked by digest: a transport encoding would be undone before that.
      headers: {
        'user-agent': 'openinspector',
        'accept-encoding': 'identity',
        ...request.headers,
        ...(authorization === null ? {} : { authorization }),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    return {
      status: response.status,
      headers: response.headers,
      chunks: () => chunksOf(response, controller),
      async discard() {
        await response.body?.cancel();
      },
    };
  } finally {
    clearTimeout(timer);
  }
}

async function* chunksOf(response: Response, controller: AbortController): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  const reader = response.body.getReader();
  try {
    while (true) {
      const timer = setTimeout(
        () => controller.abort(stalled(`sent nothing for ${stallMilliseconds / 1000} seconds`)),
        stallMilliseconds,
      );
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    // A stream that already failed says so again when it is let go.
    await reader.cancel().catch(() => undefined);
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function stalled(why: string): Error {
  return Object.assign(new Error(why), { code: 'OPENINSPECTOR_NO_ANSWER' });
}

function backoff(attempt: number): number {
  return 500 * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
}

/** Milliseconds to wait by a Retry-After header, seconds or a date. Null: it says nothing that can be read. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^[0-9]{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

function codeOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  if (typeof cause?.code === 'string') return cause.code;
  return typeof code === 'string' ? code : '';
}

const certificateAdvice =
  'name its certificate authority in NODE_EXTRA_CA_CERTS, or the host in OPENINSPECTOR_INSECURE_REGISTRIES for plain HTTP';

/** What a failed connection means and what can be done about it. */
function plainError(error: unknown, url: URL): RegistryError {
  if (error instanceof RegistryError) return error;
  const code = codeOf(error);
  const at = url.host;
  const fail = (why: string) => new RegistryError('unreadable', why);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return fail(`the name of ${at} does not resolve: check the spelling, the network and the name server`);
  if (code === 'ECONNREFUSED') return fail(`${at} refuses connections: nothing listens there`);
  if (code === 'CERT_HAS_EXPIRED') return fail(`the TLS certificate of ${at} has expired`);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return fail(`the TLS certificate of ${at} is for another name`);
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return fail(`the TLS certificate of ${at} is not trusted (${code}): ${certificateAdvice}`);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return fail(`${at} does not speak TLS (${code}): ${certificateAdvice}`);
  if (code === 'OPENINSPECTOR_NO_ANSWER') return fail(`${at} ${(error as Error).message}`);
  return fail(`the connection to ${at} failed${code ? ` (${code})` : ''}`);
}
