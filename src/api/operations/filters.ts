import type { FilterCriteria, Filter as FilterShape } from '@aws-sdk/client-inspector2';
import { suppress } from '../../jobs/suppress.ts';
import {
  countFilters,
  createFilter,
  deleteFilter,
  type Filter,
  getFilter,
  listFilters,
  nameIsTaken,
  updateFilter,
} from '../../store/filters.ts';
import { getTags, putTags } from '../../store/tags.ts';
import type { ApiContext } from '../context.ts';
import { badRequest, resourceNotFound, serviceQuotaExceeded, validation } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { refuseMembers } from './authority.ts';

const filtersMax = 500;
const pageDefault = 50;
// The shape allows 1 to 128 characters of any kind; the service's text says this.
const namePattern = /^[A-Za-z0-9._-]{3,64}$/;

export const filterOperations = {
  async CreateFilter(input, context) {
    const { service, accountId } = context;
    checkName(input.name);
    checkCriteria(input.filterCriteria);
    if (input.action === 'SUPPRESS') await refuseMembers(context, 'create a suppression rule');
    if ((await countFilters(service.db, accountId)) >= filtersMax) {
      throw serviceQuotaExceeded(`An account may have ${filtersMax} filters.`, { resourceId: accountId });
    }
    const made = await createFilter(
      service.db,
      service.region,
      {
        accountId,
        name: input.name,
        action: input.action,
        criteria: input.filterCriteria as Filter['criteria'],
        description: input.description ?? null,
        reason: input.reason ?? null,
      },
      service.now(),
    );
    if (!made) throw badRequest(`A filter named '${input.name}' exists already.`);
    if (input.tags) await putTags(service.db, made.arn, input.tags);
    if (made.action === 'SUPPRESS')
      await suppress(context.service.db, context.accountId, null, context.service.now());
    return { arn: made.arn };
  },

  async UpdateFilter(input, context) {
    const { service, accountId } = context;
    const filter = await ownFilter(context, input.filterArn);
    if (input.name !== undefined) {
      checkName(input.name);
      if (await nameIsTaken(service.db, accountId, input.name, filter.filterId)) {
        throw validation(`A filter named '${input.name}' exists already.`);
      }
    }
    if (input.filterCriteria) checkCriteria(input.filterCriteria);
    if (input.action === 'SUPPRESS') await refuseMembers(context, 'create a suppression rule');
    await updateFilter(
      service.db,
      filter,
      {
        ...(input.name === undefined ? {} : { name: input.name }),
        ...(input.action === undefined ? {} : { action: input.action }),
        ...(input.filterCriteria === undefined
          ? {}
          : { criteria: input.filterCriteria as Filter['criteria'] }),
        ...(input.description === undefined ? {} : { description: input.description }),
        ...(input.reason === undefined ? {} : { reason: input.reason }),
      },
      service.now(),
    );
    if (filter.action === 'SUPPRESS' || input.action === 'SUPPRESS')
      await suppress(context.service.db, context.accountId, null, context.service.now());
    return { arn: filter.arn };
  },

  async DeleteFilter(input, context) {
    const filter = await ownFilter(context, input.arn);
    await deleteFilter(context.service.db, filter);
    if (filter.action === 'SUPPRESS')
      await suppress(context.service.db, context.accountId, null, context.service.now());
    return { arn: filter.arn };
  },

  async ListFilters(input, context) {
    const { service, accountId } = context;
    const query = { accountId, arns: input.arns ?? null, action: input.action ?? null };
    const limit = input.maxResults ?? pageDefault;
    const after = input.nextToken ? service.tokens.read<number>(input.nextToken, query) : 0;
    const rows = await listFilters(
      service.db,
      accountId,
      { arns: query.arns, action: query.action },
      after,
      limit + 1,
    );
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const filters: Checked<FilterShape>[] = [];
    for (const row of page) filters.push(filterShape(row, await getTags(service.db, row.arn)));
    return {
      filters,
      ...(rows.length > limit && last ? { nextToken: service.tokens.issue(last.filterId, query) } : {}),
    };
  },
} satisfies Handlers<ApiContext>;

async function ownFilter({ service, accountId }: ApiContext, arn: string): Promise<Filter> {
  const filter = await getFilter(service.db, accountId, arn);
  if (!filter) throw resourceNotFound(`There is no filter ${arn}.`);
  return filter;
}

function checkName(name: string): void {
  if (namePattern.test(name)) return;
  const message = 'must have 3 to 64 characters out of letters, digits, dot, dash and underscore';
  throw validation(`The name of a filter ${message}.`, { fields: [{ name: 'name', message }] });
}

function checkCriteria(criteria: object): void {
  if (Object.values(criteria).some((value) => value !== undefined)) return;
  const message = 'must hold at least one criterion';
  throw validation(`The filter ${message}.`, { fields: [{ name: 'filterCriteria', message }] });
}

function filterShape(filter: Filter, tags: Readonly<Record<string, string>>): Checked<FilterShape> {
  return {
    arn: filter.arn,
    ownerId: filter.accountId,
    name: filter.name,
    criteria: withDates(filter.criteria) as Checked<FilterCriteria>,
    action: filter.action,
    createdAt: new Date(filter.createdAt),
    updatedAt: new Date(filter.updatedAt),
    ...(filter.description === null ? {} : { description: filter.description }),
    ...(filter.reason === null ? {} : { reason: filter.reason }),
    tags,
  };
}

/** Stored criteria have times as ISO text; the API's have dates. */
export function withDates(criteria: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const [name, list] of Object.entries(criteria)) {
    result[name] = !Array.isArray(list)
      ? list
      : list.map((item: Record<string, unknown>) => {
          const copy = { ...item };
          for (const bound of ['startInclusive', 'endInclusive']) {
            if (typeof copy[bound] === 'string') copy[bound] = new Date(copy[bound] as string);
          }
          return copy;
        });
  }
  return result;
}
