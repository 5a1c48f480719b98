import { type IncomingMessage, request } from 'node:http';

/** What goes wrong between us and a server behind a socket of this machine. */
export class UnixHttpError extends Error {
  readonly kind: 'absent' | 'refused' | 'forbidden' | 'silent' | 'malformed' | 'limit';

  constructor(kind: UnixHttpError['kind'], message: string) {
    super(message);
    this.name = 'UnixHttpError';
    this.kind = kind;
  }
}

export type UnixReply = {
  readonly status: number;
  /** The body, as it comes. Throws a UnixHttpError where it breaks off, stalls or takes too long. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Lets the connection go without reading the rest. */
  discard(): void;
};

export type UnixRequest = {
  readonly socketPath: string;
  /** Path and query. */
  readonly path: string;
  /** How long the server may stay silent, in milliseconds: before its answer, and between two pieces of it. */
  readonly silenceMilliseconds: number;
  /** How long the whole answer may take, in milliseconds. */
  readonly totalMilliseconds: number;
};

/**
 * Asks (GET) a server that listens on a unix socket. Any status is an answer; redirects are not followed. Throws a
 * UnixHttpError when there is none.
 * Source: https://www.rfc-editor.org/rfc/rfc9112
 */
export function getUnix(asked: UnixRequest): Promise<UnixReply> {
  const deadline = Date.now() + asked.totalMilliseconds;
  return new Promise((resolve, reject) => {
    const going = request({
      socketPath: asked.socketPath,
      path: asked.path,
      method: 'GET',
      headers: { host: 'localhost', 'user-agent': 'openinspector', 'accept-encoding': 'identity' },
      // A connection of its own for each question: nothing is left open between them.
      agent: false,
    });
    const timer = setTimeout(
      () => going.destroy(silentFor(asked.silenceMilliseconds)),
      Math.min(asked.silenceMilliseconds, asked.totalMilliseconds),
    );
    going.on('response', (message) => {
      clearTimeout(timer);
      resolve({
        status: message.statusCode ?? 0,
        chunks: () => chunksOf(message, asked.silenceMilliseconds, deadline),
        discard: () => void message.destroy(),
      });
    });
    going.on('error', (error) => {
      clearTimeout(timer);
      reject(plainError(error));
    });
    // A server that changes the protocol answers nothing; what was answered before this is not undone by it.
    going.on('close', () => {
      clearTimeout(timer);
      reject(new UnixHttpError('malformed', 'closed the connection without an answer'));
    });
    going.end();
  });
}

/** The whole body, refused when larger than `sizeMaxBytes`. `what` names it in the error. */
export async function readUnixBody(reply: UnixReply, sizeMaxBytes: number, what: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply.chunks()) {
    size += chunk.length;
    if (size > sizeMaxBytes)
      throw new UnixHttpError('limit', `${what} is larger than the ${sizeMaxBytes} bytes that are read`);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

async function* chunksOf(
  message: IncomingMessage,
  silenceMilliseconds: number,
  deadline: number,
): AsyncGenerator<Uint8Array> {
  let timer: NodeJS.Timeout | null = null;
  const arm = () => {
    if (timer) clearTimeout(timer);
    const left = deadline - Date.now();
    const isLast = left < silenceMilliseconds;
    timer = setTimeout(
      () => message.destroy(isLast ? tooLong() : silentFor(silenceMilliseconds)),
      Math.max(0, isLast ? left : silenceMilliseconds),
    );
  };
  try {
    arm();
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      // A server that sends a byte now and then is never silent, and never done.
      if (Date.now() > deadline) throw tooLong();
      // What the taker does with it is no silence of the server.
      if (timer) clearTimeout(timer);
      yield chunk;
      arm();
    }
  } catch (error) {
    throw plainError(error);
  } finally {
    if (timer) clearTimeout(timer);
    message.destroy();
  }
  if (!message.complete) throw new UnixHttpError('malformed', 'the answer broke off');
}

function silentFor(milliseconds: number): UnixHttpError {
  return new UnixHttpError('silent', `sent nothing for ${milliseconds / 1000} seconds`);
}

function tooLong(): UnixHttpError {
  return new UnixHttpError('silent', 'took too long to send its answer');
}

function plainError(error: unknown): UnixHttpError {
  if (error instanceof UnixHttpError) return error;
  const { code = '', message } = error as { code?: string; message: string };
  if (code === 'ENOENT') return new UnixHttpError('absent', 'there is no such socket');
  if (code === 'EACCES' || code === 'EPERM')
    return new UnixHttpError('forbidden', 'this user may not use the socket');
  if (code === 'ECONNREFUSED' || code === 'ENOTSOCK' || code === 'EPROTOTYPE')
    return new UnixHttpError('refused', 'nothing listens on it');
  if (code.startsWith('HPE_')) return new UnixHttpError('malformed', `does not speak HTTP (${code})`);
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return new UnixHttpError('malformed', 'the connection broke off');
  return new UnixHttpError('malformed', `the connection failed${code ? ` (${code})` : `: ${message}`}`);
}
