import type {
  FailedMemberAccountEc2DeepInspectionStatusState,
  MemberAccountEc2DeepInspectionStatusState,
} from '@aws-sdk/client-inspector2';
import { getAccountSetting, putAccountSetting } from '../../store/account-settings.ts';
import { enabledTypes, getAccount } from '../../store/accounts.ts';
import { listMembers, membersAmong } from '../../store/members.ts';
import { getStanding } from '../../store/organisation.ts';
import type { ApiContext } from '../context.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { denied, noAccess, requireAdministrator, standingOf } from './authority.ts';

/** What an account set for itself. It is active unless somebody switched it off. */
export type DeepInspection = { readonly isActive: boolean; readonly paths: readonly string[] };

type Succeeded = Checked<MemberAccountEc2DeepInspectionStatusState>;
type Failed = Checked<FailedMemberAccountEc2DeepInspectionStatusState>;

const untouched: DeepInspection = { isActive: true, paths: [] };
const accountsMax = 100;

export const deepInspectionOperations = {
  async GetEc2DeepInspectionConfiguration(_input, context) {
    return configurationShape(context);
  },

  async UpdateEc2DeepInspectionConfiguration(input, context) {
    const { memberOf } = await standingOf(context);
    if (input.activateDeepInspection === false && memberOf !== null)
      throw denied('deactivate deep inspection');
    const { db, now } = context.service;
    const before = await deepInspection(context, context.accountId);
    const after: DeepInspection = {
      isActive: input.activateDeepInspection ?? before.isActive,
      paths: input.packagePaths ?? before.paths,
    };
    await putAccountSetting(db, context.accountId, 'deepInspection', after, now());
    return configurationShape(context);
  },

  async UpdateOrgEc2DeepInspectionConfiguration(input, context) {
    await requireAdministrator(context, 'update the deep inspection paths of the organization');
    const { db, now } = context.service;
    await putAccountSetting(
      db,
      context.accountId,
      'deepInspectionOrganisation',
      input.orgPackagePaths,
      now(),
    );
    return {};
  },

  async BatchGetMemberEc2DeepInspectionStatus(input, context) {
    await requireAdministrator(context, 'get the deep inspection status of members');
    const { db } = context.service;
    const asked =
      input.accountIds ??
      (
        await listMembers(db, {
          administratorId: context.accountId,
          onlyAssociated: true,
          after: '',
          limit: accountsMax,
        })
      ).map(({ accountId }) => accountId);
    return forMembers(context, asked, async () => {});
  },

  async BatchUpdateMemberEc2DeepInspectionStatus(input, context) {
    await requireAdministrator(context, 'update the deep inspection status of members');
    const { db, now } = context.service;
    const wanted = new Map(input.accountIds.map((item) => [item.accountId, item.activateDeepInspection]));
    return forMembers(context, [...wanted.keys()], async (accountId) => {
      const before = await deepInspection(context, accountId);
      const after: DeepInspection = { ...before, isActive: wanted.get(accountId) ?? before.isActive };
      await putAccountSetting(db, accountId, 'deepInspection', after, now());
    });
  },
} satisfies Handlers<ApiContext>;

/** What an account set for itself. */
export async function deepInspection({ service }: ApiContext, accountId: string): Promise<DeepInspection> {
  return (
    (await getAccountSetting<DeepInspection>(service.db, accountId, 'deepInspection'))?.value ?? untouched
  );
}

/** Paths that hold for every account of the organisation, as their administrator set them. */
export async function organisationPaths({ service, accountId }: ApiContext): Promise<readonly string[]> {
  const { isAdministrator, memberOf } = await getStanding(service.db, accountId);
  const owner = isAdministrator ? accountId : memberOf;
  if (owner === null) return [];
  const name = 'deepInspectionOrganisation';
  return (await getAccountSetting<readonly string[]>(service.db, owner, name))?.value ?? [];
}

// Members where machines are not scanned at all cannot have it, whatever is set.
async function forMembers(
  context: ApiContext,
  accountIds: readonly string[],
  apply: (accountId: string) => Promise<void>,
): Promise<{ accountIds: Succeeded[]; failedAccountIds: Failed[] }> {
  const members = await membersAmong(context.service.db, context.accountId, accountIds);
  const done: Succeeded[] = [];
  const failed: Failed[] = [];
  for (const accountId of new Set(accountIds)) {
    if (!members.has(accountId)) failed.push({ accountId, errorMessage: noAccess });
    else if (!(await scansMachines(context, accountId)))
      failed.push({
        accountId,
        ec2ScanStatus: 'DISABLED',
        errorMessage: 'EC2 scanning is not enabled in this account',
      });
    else {
      await apply(accountId);
      done.push({ accountId, status: await statusOf(context, accountId) });
    }
  }
  return { accountIds: done, failedAccountIds: failed };
}

async function configurationShape(context: ApiContext) {
  const { paths } = await deepInspection(context, context.accountId);
  return {
    packagePaths: paths,
    orgPackagePaths: await organisationPaths(context),
    status: await statusOf(context, context.accountId),
  };
}

async function statusOf(context: ApiContext, accountId: string): Promise<'ACTIVATED' | 'DEACTIVATED'> {
  const { isActive } = await deepInspection(context, accountId);
  return isActive && (await scansMachines(context, accountId)) ? 'ACTIVATED' : 'DEACTIVATED';
}

async function scansMachines({ service }: ApiContext, accountId: string): Promise<boolean> {
  const account = await getAccount(service.db, accountId);
  return account !== null && enabledTypes(account).includes('EC2');
}
