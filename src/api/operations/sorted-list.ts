import type { Sort, SortMark } from '../../store/sorted-page.ts';
import type { ApiContext } from '../context.ts';

type Asked = {
  readonly filterCriteria?: object | undefined;
  readonly sortBy?: string | undefined;
  readonly sortOrder?: string | undefined;
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
};

type Marked = { readonly sortValue: string; readonly sortId: string };

type Page = {
  readonly sort: Sort;
  readonly descending: boolean;
  readonly after: SortMark | null;
  readonly limit: number;
};

const pageDefault = 50;

/**
 * Reads one page of a sorted list. `query` is what a token belongs to, beside filters and order; `read` is asked for
 * one row more than the page has, which tells whether there is another page.
 */
export async function sortedPage<Row extends Marked>(
  input: Asked,
  { service, accountId }: ApiContext,
  list: {
    readonly query: object;
    readonly sorts: Readonly<Record<string, Sort>>;
    readonly sortDefault: string;
    readonly read: (page: Page) => Promise<readonly Row[]>;
  },
): Promise<{ readonly rows: readonly Row[]; readonly token: { readonly nextToken?: string } }> {
  const { filterCriteria = null, sortBy = list.sortDefault, sortOrder = 'ASC' } = input;
  const query = { accountId, ...list.query, filterCriteria, sortBy, sortOrder };
  const sort = list.sorts[sortBy];
  if (!sort) throw new Error(`no such order: ${sortBy}`);
  const limit = input.maxResults ?? pageDefault;
  const after = input.nextToken ? service.tokens.read<SortMark>(input.nextToken, query) : null;
  const found = await list.read({ sort, descending: sortOrder === 'DESC', after, limit: limit + 1 });
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  if (found.length <= limit || !last) return { rows, token: {} };
  const mark: SortMark = { value: last.sortValue, id: last.sortId };
  return { rows, token: { nextToken: service.tokens.issue(mark, query) } };
}
