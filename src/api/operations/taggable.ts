import { getCodeIntegration } from '../../store/code-integrations.ts';
import { getFilter } from '../../store/filters.ts';
import type { ApiContext } from '../context.ts';
import { visibleConfiguration } from './cis-configurations.ts';
import { visibleCodeConfiguration } from './code-configurations.ts';
import { visibleConnector } from './connectors.ts';

/**
 * What the caller may do with the tags of a resource: change them, or only see that there can be none, for it is the
 * organisation's. Null: it has no such resource.
 */
export async function taggable(arn: string, context: ApiContext): Promise<'own' | 'organisation' | null> {
  const { service, accountId } = context;
  if (arn.includes('/cis-configuration/')) return cisConfiguration(arn, context);
  if (arn.includes('/codesecurity-configuration/'))
    return (await visibleCodeConfiguration(arn, context))?.canChange ? 'own' : null;
  if (arn.includes(':codesecurity-integration/'))
    return (await getCodeIntegration(service.db, accountId, arn)) ? 'own' : null;
  if (arn.includes(':connector/')) return (await visibleConnector(arn, context))?.canChange ? 'own' : null;
  return (await getFilter(service.db, accountId, arn)) ? 'own' : null;
}

async function cisConfiguration(arn: string, context: ApiContext): Promise<'own' | 'organisation' | null> {
  const seen = await visibleConfiguration(arn, context);
  if (!seen?.canChange) return null;
  return seen.configuration.ownerId === context.accountId ? 'own' : 'organisation';
}
