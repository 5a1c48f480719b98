import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { migrate } from './migrate.ts';

/** Queries are written in SQL, one file per noun; Kysely carries parameters, transactions and migrations. */
// biome-ignore lint/complexity/noBannedTypes: there is no builder schema, on purpose
export type Db = Kysely<{}>;

export type Database = {
  readonly db: Db;
  readonly pool: pg.Pool;
  readonly engine: 'embedded' | 'postgresql';
  close(): Promise<void>;
};

// Counts and ids stay far below 2^53, and numbers are what the rest of the program wants.
const int8 = 20;
const numeric = 1700;

/** Connects, brings the schema up to date, and answers ready for use. Errors say what to check. */
export async function openDatabase(connection: pg.PoolConfig, engine: Database['engine']): Promise<Database> {
  const types = new pg.TypeOverrides();
  types.setTypeParser(int8, (text) => Number(text));
  types.setTypeParser(numeric, (text) => Number(text));
  const pool = new pg.Pool({ max: 10, ...connection, types });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => {});
  // biome-ignore lint/complexity/noBannedTypes: see Db
  const db = new Kysely<{}>({ dialect: new PostgresDialect({ pool }) });
  try {
    await sql`select 1`.execute(db);
    await migrate(db);
  } catch (error) {
    await db.destroy().catch(() => {});
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot use the database: ${why}. Check --database-url and that the server runs.`);
  }
  return { db, pool, engine, close: () => db.destroy() };
}
