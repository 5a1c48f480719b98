import type { ApiContext } from '../context.ts';

type Asked = { readonly nextToken?: string | undefined; readonly maxResults?: number | undefined };

const pageDefault = 50;

/**
 * Reads one page of a list that is in the order of its rows' numbers. `query` is what a token belongs to; `read` is
 * asked for one row more than the page has, which tells whether there is another page.
 */
export async function numberedPage<Row>(
  input: Asked,
  { service, accountId }: ApiContext,
  list: {
    readonly query: object;
    readonly numberOf: (row: Row) => number;
    readonly read: (after: number, limit: number) => Promise<readonly Row[]>;
    readonly limitMax?: number;
  },
): Promise<{ readonly rows: readonly Row[]; readonly token: { readonly nextToken?: string } }> {
  const query = { accountId, ...list.query };
  const limit = Math.min(input.maxResults ?? pageDefault, list.limitMax ?? Number.POSITIVE_INFINITY);
  const after = input.nextToken ? service.tokens.read<number>(input.nextToken, query) : 0;
  const found = await list.read(after, limit + 1);
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  if (found.length <= limit || last === undefined) return { rows, token: {} };
  return { rows, token: { nextToken: service.tokens.issue(list.numberOf(last), query) } };
}
