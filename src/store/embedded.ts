import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { PoolConfig } from 'pg';

const connectionsMax = 6;

export type Embedded = { readonly connection: PoolConfig; stop(): Promise<void> };

/**
 * Starts the embedded PostgreSQL (PGlite) on a data directory, which it makes when absent. The caller holds the lock
 * on the directory. It never calls fsync: safe against kill -9, not against power loss.
 */
export async function startEmbedded(directory: string): Promise<Embedded> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const dataDirectory = join(directory, 'pgdata');
  if (!(await stat(join(dataDirectory, 'PG_VERSION')).catch(() => null)))
    await initialise(directory, dataDirectory);
  // A Unix socket path has about a hundred bytes, which a data directory may exceed.
  const socketFolder = await mkdtemp(join(tmpdir(), 'openinspector-db-'));
  await chmod(socketFolder, 0o700);
  const worker = new Worker(join(import.meta.dirname, 'embedded-worker.ts'), {
    workerData: { dataDirectory, socketPath: join(socketFolder, '.s.PGSQL.5432') },
  });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
    worker.once('exit', (code) =>
      reject(new Error(`the embedded database ended with code ${code} while starting`)),
    );
  });
  return {
    connection: {
      host: socketFolder,
      port: 5432,
      user: 'postgres',
      database: 'postgres',
      max: connectionsMax,
    },
    async stop() {
      const stopped = new Promise<void>((resolve) => {
        worker.once('exit', () => resolve());
      });
      worker.postMessage('stop');
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
      await worker.terminate();
      await rm(socketFolder, { recursive: true, force: true });
    },
  };
}

// Making a new cluster takes half a gigabyte for a few seconds: a short-lived process gives that back. The directory
// appears whole or not at all.
async function initialise(directory: string, dataDirectory: string): Promise<void> {
  const draft = join(directory, 'pgdata.new');
  await rm(draft, { recursive: true, force: true });
  const program = `
    import { PGlite } from '@electric-sql/pglite';
    const database = await PGlite.create({ dataDir: process.argv[1] });
    await database.close();
    process.exit(0);`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, draft], {
    cwd: import.meta.dirname,
  });
  await rm(dataDirectory, { recursive: true, force: true });
  await rename(draft, dataDirectory);
}
