import { memberScopes } from '../../store/account-scope.ts';
import type { ApiContext } from '../context.ts';

/** The caller's account and, for an administrator, its members now. */
export async function accountsInReach({ service, accountId }: ApiContext): Promise<readonly string[]> {
  const members = await memberScopes(service.db, accountId);
  return [accountId, ...members.flatMap(({ accountIds }) => accountIds)];
}
