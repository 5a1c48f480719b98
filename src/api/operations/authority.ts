import { membersAmong } from '../../store/members.ts';
import { getStanding, type Standing } from '../../store/organisation.ts';
import type { ApiContext } from '../context.ts';
import { accessDenied } from '../wire/errors.ts';

// Who may do what in an organisation.
// Source: https://docs.aws.amazon.com/inspector/latest/user/managing-multiple-accounts.html

/** What Inspector says of an account that the caller has no say over; it is the same whether the account exists. */
export const noAccess = 'Invoking account does not have access to this account';

export function standingOf({ service, accountId }: ApiContext): Promise<Standing> {
  return getStanding(service.db, accountId);
}

/** Throws AccessDenied unless the caller is the delegated administrator. `deed` completes "does not have access to". */
export async function requireAdministrator(context: ApiContext, deed: string): Promise<void> {
  if (!(await standingOf(context)).isAdministrator) throw denied(deed);
}

/** Throws AccessDenied unless the caller is the management account. */
export async function requireManagement(context: ApiContext, deed: string): Promise<void> {
  if (!(await standingOf(context)).isManagement) throw denied(deed);
}

/** Throws AccessDenied where the caller is a member: its administrator decides. */
export async function refuseMembers(context: ApiContext, deed: string): Promise<Standing> {
  const standing = await standingOf(context);
  if (standing.memberOf !== null) throw denied(deed);
  return standing;
}

/** Those of the accounts that the caller may see: its own and, for an administrator, its members. */
export async function reachableAccounts(
  context: ApiContext,
  accountIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { isAdministrator } = await standingOf(context);
  const reachable = new Set<string>();
  if (isAdministrator)
    for (const id of await membersAmong(context.service.db, context.accountId, accountIds)) reachable.add(id);
  if (accountIds.includes(context.accountId)) reachable.add(context.accountId);
  return reachable;
}

export function denied(deed: string) {
  return accessDenied(`Invoking account does not have access to ${deed}.`);
}
