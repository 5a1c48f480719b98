import { type RawBuilder, sql } from 'kysely';

/** What a list is sorted by. The expression is never null, so that a page can go on after any row. */
export type Sort = { readonly of: RawBuilder<unknown>; readonly kind: 'text' | 'number' };

/** Where a page ended: the sort value as text, and what tells rows of one value apart. */
export type SortMark = { readonly value: string; readonly id: string };

export type SortedPage = {
  readonly sort: Sort;
  readonly descending: boolean;
  /** A text that no two rows share. */
  readonly id: RawBuilder<unknown>;
  readonly after: SortMark | null;
  readonly limit: number;
};

// Texts are compared byte by byte: the same order on every engine and under every locale.
function typed({ of, kind }: Sort): RawBuilder<unknown> {
  return kind === 'text' ? sql`(${of}) collate "C"` : sql`(${of})::bigint`;
}

/** Columns `sortValue` and `sortId` of a row, for the mark of the page that ends with it. */
export function markColumns({ sort, id }: SortedPage): RawBuilder<unknown> {
  return sql`(${sort.of})::text as "sortValue", ${id} as "sortId"`;
}

/** The condition that leaves what comes after the mark. */
export function afterMark({ sort, descending, id, after }: SortedPage): RawBuilder<unknown> {
  if (after === null) return sql`true`;
  const value = sort.kind === 'text' ? sql`${after.value}::text collate "C"` : sql`${after.value}::bigint`;
  const beyond = descending ? sql`<` : sql`>`;
  return sql`(${typed(sort)}, (${id}) collate "C") ${beyond} (${value}, ${after.id}::text collate "C")`;
}

/** `order by … limit …`. */
export function inOrder({ sort, descending, id, limit }: SortedPage): RawBuilder<unknown> {
  const direction = descending ? sql`desc` : sql`asc`;
  return sql`order by ${typed(sort)} ${direction}, (${id}) collate "C" ${direction} limit ${limit}`;
}
