import { hasImage } from '../../store/images.ts';
import type { ApiContext } from '../context.ts';
import { validation } from '../wire/errors.ts';
import type { Handlers } from '../wire/handlers.ts';

export const clusterOperations = {
  /** Clusters are not watched, so no image is known to run in one; an image that the caller does not have is refused. */
  async GetClustersForImage(input, context) {
    const { db, tokens } = context.service;
    const { resourceId } = input.filter;
    if (input.nextToken) tokens.read(input.nextToken, { accountId: context.accountId, resourceId });
    if (!(await hasImage(db, context.accountId, resourceId))) {
      const message = 'names no image or repository of this account';
      throw validation(`resourceId ${message}.`, { fields: [{ name: 'filter.resourceId', message }] });
    }
    return { cluster: [] };
  },
} satisfies Handlers<ApiContext>;
