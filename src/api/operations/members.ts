import type { Member as MemberShape } from '@aws-sdk/client-inspector2';
import { getAccount } from '../../store/accounts.ts';
import {
  associateMember,
  disassociateMember,
  getMember,
  listMembers,
  type Member,
  membersMax,
} from '../../store/members.ts';
import type { ApiContext } from '../context.ts';
import { resourceNotFound, serviceQuotaExceeded, validation } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { requireAdministrator } from './authority.ts';
import { enableForMember } from './organisation.ts';

const pageDefault = 50;

export const memberOperations = {
  async AssociateMember({ accountId }, context) {
    await requireAdministrator(context, 'associate a member');
    const { db, now } = context.service;
    if (accountId === context.accountId)
      throw wrongAccount('The delegated administrator cannot be a member of itself.');
    if (!(await getAccount(db, accountId)))
      throw wrongAccount(`There is no account ${accountId} in the organization.`);
    const outcome = await associateMember(db, context.accountId, accountId, now());
    if (outcome === 'full') {
      throw serviceQuotaExceeded(`A delegated administrator may have ${membersMax} members.`, {
        resourceId: context.accountId,
      });
    }
    if (outcome === 'associated') await enableForMember(context, accountId);
    return { accountId };
  },

  async DisassociateMember({ accountId }, context) {
    await requireAdministrator(context, 'disassociate a member');
    const { db, now } = context.service;
    if (!(await disassociateMember(db, context.accountId, accountId, now())))
      throw wrongAccount(`Account ${accountId} is not a member.`);
    return { accountId };
  },

  async GetMember({ accountId }, context) {
    await requireAdministrator(context, 'get a member');
    const member = await getMember(context.service.db, context.accountId, accountId);
    if (!member) throw resourceNotFound(`Account ${accountId} is not a member.`);
    return { member: memberShape(member) };
  },

  async ListMembers(input, context) {
    await requireAdministrator(context, 'list members');
    const { db, tokens } = context.service;
    const onlyAssociated = input.onlyAssociated ?? true;
    const query = { accountId: context.accountId, list: 'members', onlyAssociated };
    const limit = input.maxResults ?? pageDefault;
    const after = input.nextToken ? tokens.read<string>(input.nextToken, query) : '';
    const rows = await listMembers(db, {
      administratorId: context.accountId,
      onlyAssociated,
      after,
      limit: limit + 1,
    });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      members: page.map(memberShape),
      ...(rows.length > limit && last ? { nextToken: tokens.issue(last.accountId, query) } : {}),
    };
  },
} satisfies Handlers<ApiContext>;

function memberShape(member: Member): Checked<MemberShape> {
  return {
    accountId: member.accountId,
    relationshipStatus: member.status,
    ...(member.administratorId === null ? {} : { delegatedAdminAccountId: member.administratorId }),
    updatedAt: new Date(member.updatedAt),
  };
}

function wrongAccount(message: string) {
  return validation(message, { fields: [{ name: 'accountId', message }] });
}
