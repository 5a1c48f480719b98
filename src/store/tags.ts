import { sql } from 'kysely';
import type { Db } from './database.ts';

export type Tags = Readonly<Record<string, string>>;

export async function getTags(db: Db, arn: string): Promise<Tags> {
  const found = await sql<{
    key: string;
    value: string;
  }>`select key, value from tag where arn = ${arn} order by key`.execute(db);
  return Object.fromEntries(found.rows.map(({ key, value }) => [key, value]));
}

export async function putTags(db: Db, arn: string, tags: Tags): Promise<void> {
  for (const [key, value] of Object.entries(tags)) {
    await sql`insert into tag (arn, key, value) values (${arn}, ${key}, ${value})
      on conflict (arn, key) do update set value = excluded.value`.execute(db);
  }
}

export async function removeTags(db: Db, arn: string, keys: readonly string[]): Promise<void> {
  await sql`delete from tag where arn = ${arn} and key = any(${keys}::text[])`.execute(db);
}
