import { createServer, type Server, type Socket } from 'node:net';

/**
 * Lets several PostgreSQL clients share one database session. A client's messages are gathered up to the end of its
 * turn (a simple query, or Sync) and run as one, so that no other client's statement comes between its parse and its
 * execute; while its transaction is open the session is its own, and the others wait.
 * Source: https://www.postgresql.org/docs/current/protocol-flow.html
 */
export type Session = {
  /** Runs one protocol message and answers the backend's messages. */
  run(message: Uint8Array): Promise<Uint8Array>;
  rollback(): Promise<void>;
};

type Client = {
  readonly socket: Socket;
  pending: Buffer;
  isStarted: boolean;
  turn: Buffer[];
};

type Turn = { readonly client: Client; readonly messages: readonly Buffer[] };

const sslRequest = 80877103;
const gssRequest = 80877104;
const cancelRequest = 80877102;
// A longer message is no message of a client of ours.
const messageBytesMax = 256 * 2 ** 20;

/** Frontend messages that end a turn: simple query, Sync, function call, end or failure of a COPY. */
const turnEnds = new Set(['Q', 'S', 'F', 'c', 'f'].map((kind) => kind.charCodeAt(0)));
const terminate = 'X'.charCodeAt(0);
const readyForQuery = 'Z'.charCodeAt(0);
const idle = 'I'.charCodeAt(0);

export function createWireServer(session: Session): Server {
  const waiting: Turn[] = [];
  // Whose transaction is open.
  let owner: Client | null = null;
  let isRunning = false;

  async function pump(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    try {
      for (let turn = takeTurn(); turn; turn = takeTurn()) await runTurn(turn);
    } finally {
      isRunning = false;
    }
  }

  function takeTurn(): Turn | undefined {
    const index = owner === null ? 0 : waiting.findIndex(({ client }) => client === owner);
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  }

  async function runTurn({ client, messages }: Turn): Promise<void> {
    const answers: Uint8Array[] = [];
    try {
      for (const message of messages) answers.push(await session.run(message));
    } catch {
      // The session itself failed, not a statement: this client cannot go on.
      client.socket.destroy();
      await release(client);
      return;
    }
    const answer = Buffer.concat(answers);
    owner = statusOf(answer) === idle ? null : client;
    if (!client.socket.destroyed) client.socket.write(answer);
    else await release(client);
  }

  async function release(client: Client): Promise<void> {
    if (owner !== client) return;
    await session.rollback().catch(() => undefined);
    owner = null;
  }

  function receive(client: Client, chunk: Buffer): void {
    client.pending = client.pending.length === 0 ? chunk : Buffer.concat([client.pending, chunk]);
    for (let message = takeMessage(client); message; message = takeMessage(client)) {
      if (client.isStarted && message[0] === terminate) {
        client.socket.end();
        return;
      }
      client.turn.push(message);
      if (!client.isStarted || turnEnds.has(message[0] ?? 0)) {
        client.isStarted = true;
        waiting.push({ client, messages: client.turn });
        client.turn = [];
      }
    }
    void pump();
  }

  return createServer((socket) => {
    const client: Client = { socket, pending: Buffer.alloc(0), isStarted: false, turn: [] };
    socket.setNoDelay(true);
    socket.on('data', (chunk) => receive(client, chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      for (let index = waiting.length - 1; index >= 0; index--)
        if (waiting[index]?.client === client) waiting.splice(index, 1);
      // A running turn releases by itself when it finds the socket gone.
      if (!isRunning) void release(client).then(pump);
    });
  });
}

/** The next whole message, or null; handshakes that need no session are answered on the spot. */
function takeMessage(client: Client): Buffer | null {
  while (true) {
    const { pending } = client;
    const lengthAt = client.isStarted ? 1 : 0;
    if (pending.length < lengthAt + 4) return null;
    const length = pending.readInt32BE(lengthAt) + lengthAt;
    if (length < lengthAt + 4 || length > messageBytesMax) {
      client.socket.destroy();
      return null;
    }
    if (pending.length < length) return null;
    const message = pending.subarray(0, length);
    client.pending = pending.subarray(length);
    const code = !client.isStarted && length >= 8 ? message.readInt32BE(4) : 0;
    if (code === sslRequest || code === gssRequest) client.socket.write('N');
    else if (code === cancelRequest) client.socket.end();
    else return message;
  }
}

/** The transaction status of the last ReadyForQuery; idle when the answer has none, as after a failed start. */
function statusOf(answer: Buffer): number {
  let status = idle;
  for (let at = 0; at + 5 <= answer.length; ) {
    const length = answer.readInt32BE(at + 1);
    if (answer[at] === readyForQuery) status = answer[at + 5] ?? idle;
    if (length < 4) break;
    at += 1 + length;
  }
  return status;
}
