import { criteriaOf } from '../../store/api-criteria.ts';
import { listFindings, markOf, type PageMark } from '../../store/finding-list.ts';
import type { ApiContext } from '../context.ts';
import { findingShape } from '../finding-shape.ts';
import type { Handlers } from '../wire/handlers.ts';
import { scopeOf } from './scope.ts';

// The request may ask for up to a hundred, and the answer's list holds 25: both are in the service's model.
const pageMax = 25;

export const findingOperations = {
  async ListFindings(input, context) {
    const { service, accountId } = context;
    const sort = input.sortCriteria?.field ?? null;
    const query = { accountId, criteria: input.filterCriteria ?? null, sort: input.sortCriteria ?? null };
    const limit = Math.min(input.maxResults ?? pageMax, pageMax);
    const rows = await listFindings(service.db, {
      ...(await scopeOf(context)),
      criteria: criteriaOf(input.filterCriteria),
      sort,
      descending: input.sortCriteria?.sortOrder === 'DESC',
      limit: limit + 1,
      after: input.nextToken ? service.tokens.read<PageMark>(input.nextToken, query) : null,
    });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const mark = rows.length > limit && last ? markOf(last) : null;
    return {
      findings: page.map(findingShape),
      ...(mark ? { nextToken: service.tokens.issue(mark, query) } : {}),
    };
  },
} satisfies Handlers<ApiContext>;
