import { type RawBuilder, sql } from 'kysely';
import { type Criteria, type Field, whereOf } from './criteria.ts';

export type TagPair = { readonly key: string; readonly value: string };

/** What a list of CIS is searched by: conditions on its fields, and tags of which one at least has to fit. */
export type CisSearch = { readonly criteria: Criteria; readonly tags: readonly TagPair[] };

/** The condition in SQL; `tags` is a jsonb object of lists of texts. */
export function cisWhere(
  { criteria, tags: pairs }: CisSearch,
  fields: Readonly<Record<string, Field>>,
  tags: RawBuilder<unknown>,
): RawBuilder<unknown> {
  if (pairs.length === 0) return whereOf(criteria, fields);
  const any = pairs.map(({ key, value }) => sql`coalesce(jsonb_exists(${tags} -> ${key}, ${value}), false)`);
  return sql`${whereOf(criteria, fields)} and (${sql.join(any, sql` or `)})`;
}
