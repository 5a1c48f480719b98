import { sql } from 'kysely';
import type { Db } from './database.ts';

/** A place that the service keeps an eye on. */
export type Watch = {
  readonly watchId: number;
  readonly accountId: string;
  readonly target: string;
  readonly location: string;
};

const columns = sql`watch_id as "watchId", account_id as "accountId", target, location`;

export async function listWatches(db: Db): Promise<Watch[]> {
  return (await sql<Watch>`select ${columns} from watch order by watch_id`.execute(db)).rows;
}

export async function getWatch(db: Db, watchId: number): Promise<Watch | null> {
  return (
    (await sql<Watch>`select ${columns} from watch where watch_id = ${watchId}`.execute(db)).rows[0] ?? null
  );
}

/** Adds a place; a place that is watched already stays as it is. */
export async function addWatch(
  db: Db,
  accountId: string,
  target: string,
  location: string,
  now: number,
): Promise<Watch> {
  const made = await sql<Watch>`
    insert into watch (account_id, target, location, created_at) values (${accountId}, ${target}, ${location}, ${now})
    on conflict (account_id, target, location) do update set location = excluded.location
    returning ${columns}`.execute(db);
  return made.rows[0] as Watch;
}

export async function removeWatch(db: Db, accountId: string, watchId: number): Promise<Watch | null> {
  const gone = await sql<Watch>`
    delete from watch where account_id = ${accountId} and watch_id = ${watchId} returning ${columns}`.execute(
    db,
  );
  return gone.rows[0] ?? null;
}
