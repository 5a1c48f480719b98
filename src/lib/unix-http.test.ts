import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { getUnix, readUnixBody, UnixHttpError } from './unix-http.ts';

const folder = mkdtempSync(join(tmpdir(), 'unix-http-test-'));
const servers: Server[] = [];
const sockets: Socket[] = [];
after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A server that does as it is told with each connection, once something was asked. */
async function serverOf(answer: (socket: Socket, asked: string) => void): Promise<string> {
  const path = join(folder, `${servers.length}.sock`);
  const server = createServer((socket) => {
    sockets.push(socket);
    // The other side may be gone by now, and says so.
    socket.on('error', () => socket.destroy());
    socket.once('data', (bytes) => answer(socket, bytes.toString('latin1')));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
}

async function ask(socketPath: string, sizeMax = 1000): Promise<string> {
  const reply = await getUnix({
    socketPath,
    path: '/a?b=c',
    silenceMilliseconds: 200,
    totalMilliseconds: 500,
  });
  return `${reply.status} ${await readUnixBody(reply, sizeMax, 'the answer')}`;
}

async function failure(answer: (socket: Socket) => void, sizeMax?: number): Promise<string> {
  const path = await serverOf(answer);
  const error = await ask(path, sizeMax).then(
    (text) => assert.fail(`an answer: ${text}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof UnixHttpError, String(error));
  return `${error.kind}: ${error.message}`;
}

function drip(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 30);
  socket.on('close', () => clearInterval(timer));
}

describe('HTTP over a unix socket', () => {
  test('sends what is needed and gathers lengths, chunks and what ends with the connection', async () => {
    let asked = '';
    const heads = [
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
      'HTTP/1.0 200 OK\r\n\r\nhello',
    ];
    for (const head of heads) {
      const path = await serverOf((socket, text) => {
        asked = text;
        socket.end(head);
      });
      assert.equal(await ask(path), '200 hello');
    }
    assert.match(asked, /^GET \/a\?b=c HTTP\/1\.1\r\n/);
    assert.match(asked, /\r\nhost: localhost\r\n/i);
  });

  test('any status is an answer, and nobody is led elsewhere', async () => {
    const path = await serverOf((socket) =>
      socket.end('HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n'),
    );
    assert.equal(await ask(path), '307 ');
  });

  test('silence and answers without end are given up, in the head and in the body', async () => {
    assert.match(await failure(() => undefined), /^silent: sent nothing/);
    assert.match(await failure((socket) => drip(socket, 'HTTP/1.1 200')), /^(silent|malformed): /);
    assert.match(
      await failure((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        drip(socket, 'x-more: 1\r\n');
      }),
      /^silent: /,
    );
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    assert.match(await failure((socket) => socket.write(head)), /^silent: sent nothing/);
    assert.match(
      await failure((socket) => {
        socket.write(head);
        drip(socket, '1\r\nx\r\n');
      }),
      /^silent: took too long/,
    );
  });

  test('what is too large, broken off, no HTTP or another protocol is an error', async () => {
    const body = 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n';
    assert.match(
      await failure((socket) => socket.end(body + 'x'.repeat(50)), 49),
      /^limit: the answer is larger/,
    );
    assert.match(await failure((socket) => socket.end(`${body}half`)), /^malformed: /);
    assert.match(
      await failure((socket) => socket.end('220 mail.example ESMTP\r\n')),
      /^malformed: does not speak/,
    );
    assert.match(await failure((socket) => socket.destroy()), /^malformed: /);
    assert.match(
      await failure((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}`)),
      /^malformed: .*HPE_HEADER_OVERFLOW/,
    );
    const upgrade = 'HTTP/1.1 101 Other\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n';
    assert.match(await failure((socket) => socket.write(upgrade)), /^malformed: /);
  });

  test('the taker may take its time', async () => {
    const path = await serverOf((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n');
      setTimeout(() => socket.end('1\r\nb\r\n0\r\n\r\n'), 50);
    });
    const reply = await getUnix({
      socketPath: path,
      path: '/',
      silenceMilliseconds: 100,
      totalMilliseconds: 5000,
    });
    let text = '';
    for await (const chunk of reply.chunks()) {
      text += Buffer.from(chunk).toString();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.equal(text, 'ab');
  });
});
