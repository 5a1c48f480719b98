import { postgresPrograms, startPostgres, type TestPostgres } from '../../testkit/postgres.ts';

/** The database engines that every integration test runs on. */
export const engines = ['embedded', 'postgresql'] as const;
export type Engine = (typeof engines)[number];

export const missingPostgres = 'PostgreSQL is not installed here (apt-get install postgresql)';

/** A fresh database of the engine: null is the embedded one. */
export async function openEngine(engine: Engine): Promise<{ url: string | null; stop(): void } | null> {
  if (engine === 'embedded') return { url: null, stop: () => {} };
  const programs = postgresPrograms();
  if (!programs) return null;
  const server: TestPostgres = await startPostgres(programs);
  return { url: server.newDatabase(), stop: () => server.stop() };
}
