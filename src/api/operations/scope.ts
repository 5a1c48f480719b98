import { type AccountScope, memberScopes } from '../../store/account-scope.ts';
import { enabledTypes, getAccount, resourceTypesOf } from '../../store/accounts.ts';
import type { ApiContext } from '../context.ts';

/** What the caller sees: its own account and, for an administrator, its members. */
export async function scopeOf({ service, accountId }: ApiContext): Promise<AccountScope> {
  const account = await getAccount(service.db, accountId);
  const members = await memberScopes(service.db, accountId);
  const resourceTypes = account ? resourceTypesOf(enabledTypes(account)) : [];
  return { accountId, resourceTypes, ...(members.length > 0 ? { members } : {}) };
}
