/**
 * The embedded database, in a thread of its own: a query would otherwise stop the whole service while it runs.
 * It listens on a Unix socket that only this user can reach, so that the rest of the program sees a PostgreSQL.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const { dataDirectory, socketPath, connectionsMax } = workerData as {
  dataDirectory: string;
  socketPath: string;
  connectionsMax: number;
};

const database = await PGlite.create({ dataDir: dataDirectory });
const server = new PGLiteSocketServer({ db: database, path: socketPath, maxConnections: connectionsMax });
await server.start();
parentPort?.on('message', async (message) => {
  if (message !== 'stop') return;
  await server.stop();
  await database.close();
  parentPort?.postMessage('stopped');
  process.exit(0);
});
parentPort?.postMessage('ready');
