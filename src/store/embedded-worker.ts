/**
 * The embedded database, in a thread of its own: a query would otherwise stop the whole service while it runs.
 * It listens on a Unix socket that only this user can reach, so that the rest of the program sees a PostgreSQL.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { createWireServer } from './wire-server.ts';

const { dataDirectory, socketPath } = workerData as { dataDirectory: string; socketPath: string };

// The default of 128 MB is a quarter of the whole service's memory, and the operating system caches the files anyway.
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=32MB'];
const database = await PGlite.create({ dataDir: dataDirectory, startParams });
const server = createWireServer({
  run: (message) => database.runExclusive(() => database.execProtocolRaw(message)),
  async rollback() {
    await database.exec('ROLLBACK');
  },
});
await new Promise<void>((resolve) => {
  server.listen(socketPath, resolve);
});
parentPort?.on('message', async (message) => {
  if (message !== 'stop') return;
  server.close();
  await database.close();
  parentPort?.postMessage('stopped');
  process.exit(0);
});
parentPort?.postMessage('ready');
