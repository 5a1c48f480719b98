import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { isOutward, listensOn } from '../../../model/listening.ts';
import { readListening } from './listening.ts';
import { parseSockets } from './sockets.ts';

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const line = (local: string, remote: string, state: string) =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 1145 1 0 100 0 0 10 0`;
const six = (address: string) => `${address}:0016`;

describe('listening sockets', () => {
  test('are read from the tables of the kernel', () => {
    const rows: readonly (readonly [string, string])[] = [
      ['00000000:0016', '0.0.0.0:22'],
      ['0100007F:1F90', '127.0.0.1:8080'],
      ['0A01000A:01BB', '10.0.1.10:443'],
      [six('00000000000000000000000000000000'), ':::22'],
      [six('00000000000000000000000001000000'), '::1:22'],
      [six('0000000000000000FFFF00000100007F'), '::ffff:127.0.0.1:22'],
      [six('B80D0120000000000000000001000000'), '2001:db8::1:22'],
    ];
    for (const [local, wanted] of rows) {
      const text = `${head}\n${line(local, '00000000:0000', '0A')}\n`;
      const [socket] = parseSockets(text, 'tcp');
      assert.equal(`${socket?.address}:${socket?.port}`, wanted);
    }
  });

  test('connections, clients and nonsense are none', () => {
    const tcp = [
      line('00000000:0016', '0A01000A:C350', '01'),
      line('00000000:0016', '0', '0A').slice(0, 30),
      'x',
    ];
    assert.deepEqual(parseSockets([head, ...tcp].join('\n'), 'tcp'), []);
    const udp = [line('00000000:D431', '00000000:0000', '07'), line('0A01000A:0035', '0A01000B:0035', '01')];
    assert.deepEqual(parseSockets([head, ...udp].join('\n'), 'udp'), []);
    assert.equal(
      parseSockets([head, line('00000000:0035', '00000000:0000', '07')].join('\n'), 'udp').length,
      1,
    );
  });

  test('outward or not, and on which address', () => {
    const at = (address: string) =>
      ({ protocol: 'tcp', address, port: 1, process: null, program: null, packages: [] }) as const;
    assert.deepEqual(
      ['127.0.0.1', '::1', '0.0.0.0', '::', '10.0.0.1'].map((one) => isOutward(at(one))),
      [false, false, true, true, true],
    );
    assert.equal(listensOn(at('::'), '10.0.0.1'), true);
    assert.equal(listensOn(at('0.0.0.0'), 'fe80::1'), false);
    assert.equal(listensOn(at('10.0.0.1'), '10.0.0.2'), false);
  });

  test('a socket of this very process is found, with its program', {
    skip: process.platform === 'linux' ? false : 'there is no /proc here',
  }, async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as { port: number };
      const found = (await readListening())?.find((socket) => socket.port === port);
      assert.equal(found?.address, '127.0.0.1');
      assert.equal(found?.program, process.execPath);
    } finally {
      server.close();
    }
  });
});
