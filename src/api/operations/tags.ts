import { getFilter } from '../../store/filters.ts';
import { getTags, putTags, removeTags } from '../../store/tags.ts';
import type { ApiContext } from '../context.ts';
import { badRequest, resourceNotFound } from '../wire/errors.ts';
import type { Handlers } from '../wire/handlers.ts';

const tagsMax = 50;

export const tagOperations = {
  async TagResource(input, context) {
    await checkOwner(input.resourceArn, context);
    const all = { ...(await getTags(context.service.db, input.resourceArn)), ...input.tags };
    if (Object.keys(all).length > tagsMax) throw badRequest(`A resource may have ${tagsMax} tags.`);
    await putTags(context.service.db, input.resourceArn, input.tags);
    return {};
  },
  async UntagResource(input, context) {
    await checkOwner(input.resourceArn, context);
    await removeTags(context.service.db, input.resourceArn, input.tagKeys);
    return {};
  },
  async ListTagsForResource(input, context) {
    await checkOwner(input.resourceArn, context);
    return { tags: await getTags(context.service.db, input.resourceArn) };
  },
} satisfies Handlers<ApiContext>;

async function checkOwner(arn: string, { service, accountId }: ApiContext): Promise<void> {
  if (await getFilter(service.db, accountId, arn)) return;
  throw resourceNotFound(`There is no resource ${arn} that can be tagged.`);
}
