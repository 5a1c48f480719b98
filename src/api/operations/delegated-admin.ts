import { enabledTypes, getAccount, scanTypes, setScanTypes } from '../../store/accounts.ts';
import { dismissAdministrator, getAdministrator, nameAdministrator } from '../../store/organisation.ts';
import type { ApiContext } from '../context.ts';
import { conflict, resourceNotFound } from '../wire/errors.ts';
import type { Handlers } from '../wire/handlers.ts';
import { denied, requireManagement, standingOf } from './authority.ts';

export const delegatedAdminOperations = {
  async EnableDelegatedAdminAccount({ delegatedAdminAccountId: id }, context) {
    await requireManagement(context, 'enable a delegated administrator');
    const { db, now, onScanTypes } = context.service;
    if (!(await getAccount(db, id))) throw resourceNotFound(`There is no account ${id} in the organization.`);
    if (!(await nameAdministrator(db, id, now()))) {
      const present = (await getAdministrator(db)) ?? id;
      throw conflict(`Account ${present} is the delegated administrator already.`, {
        resourceId: present,
        resourceType: 'DELEGATED_ADMIN_ACCOUNT',
      });
    }
    // An administrator has every scan type: what it configures for members is tried on itself first.
    const account = await setScanTypes(db, id, scanTypes, 'ENABLED', now());
    await onScanTypes(id, enabledTypes(account));
    return { delegatedAdminAccountId: id };
  },

  async DisableDelegatedAdminAccount({ delegatedAdminAccountId: id }, context) {
    await requireManagement(context, 'disable a delegated administrator');
    if (!(await dismissAdministrator(context.service.db, id)))
      throw resourceNotFound(`Account ${id} is not the delegated administrator.`);
    return { delegatedAdminAccountId: id };
  },

  async GetDelegatedAdminAccount(_input, context) {
    const standing = await standingOf(context);
    const administrator = await getAdministrator(context.service.db);
    const isItsOwn = standing.isAdministrator || standing.isManagement || standing.memberOf !== null;
    // Who administers others is nothing that an account by itself is told.
    if (administrator === null || !isItsOwn)
      throw resourceNotFound('There is no delegated administrator of this account.');
    return { delegatedAdmin: { accountId: administrator, relationshipStatus: 'ENABLED' } };
  },

  async ListDelegatedAdminAccounts(input, context) {
    const standing = await standingOf(context);
    if (!standing.isManagement && !standing.isAdministrator) throw denied('list delegated administrators');
    const query = { accountId: context.accountId, list: 'delegatedAdministrators' };
    // There is at most one, so every page is the last; a token that is not ours is refused all the same.
    if (input.nextToken) context.service.tokens.read(input.nextToken, query);
    const administrator = await getAdministrator(context.service.db);
    return {
      delegatedAdminAccounts:
        administrator === null ? [] : [{ accountId: administrator, status: 'ENABLED' as const }],
    };
  },
} satisfies Handlers<ApiContext>;
