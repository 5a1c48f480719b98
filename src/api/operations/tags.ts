import { getTags, putTags, removeTags } from '../../store/tags.ts';
import type { ApiContext } from '../context.ts';
import { badRequest, resourceNotFound } from '../wire/errors.ts';
import type { Handlers } from '../wire/handlers.ts';
import { tagsMax } from './tag-count.ts';
import { taggable } from './taggable.ts';

export const tagOperations = {
  async TagResource(input, context) {
    if ((await checkOwner(input.resourceArn, context)) === 'organisation')
      throw badRequest('What belongs to the organization cannot be tagged.');
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

async function checkOwner(arn: string, context: ApiContext): Promise<'own' | 'organisation'> {
  const found = await taggable(arn, context);
  if (found === null) throw resourceNotFound(`There is no resource ${arn} that can be tagged.`);
  return found;
}
