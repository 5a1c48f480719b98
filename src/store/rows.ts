import { type RawBuilder, sql } from 'kysely';

/**
 * Rows as one JSON parameter, for set-based statements: `from jsonb_to_recordset(…) as t(a text, b bigint)`. One
 * round trip whatever the number of rows, and the same text on both engines.
 */
export function recordset(rows: readonly object[], columns: string): RawBuilder<unknown> {
  return sql`jsonb_to_recordset(${withoutNul(JSON.stringify(rows))}::jsonb) as ${sql.raw(`t(${columns})`)}`;
}

/** A JSON value as a parameter. PostgreSQL's jsonb has no NUL, which hostile text may carry. */
export function json(value: unknown): RawBuilder<unknown> {
  return sql`${withoutNul(JSON.stringify(value))}::jsonb`;
}

/** Text without the one character that PostgreSQL cannot store. */
export function withoutNul(text: string): string {
  return text.includes('\\u0000') ? text.replaceAll('\\u0000', '\\ufffd') : text;
}

/** Runs `work` on slices, so that no statement carries more than `size` rows. */
export async function inSlices<T>(
  rows: readonly T[],
  size: number,
  work: (slice: readonly T[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < rows.length; from += size) await work(rows.slice(from, from + size));
}
