import type { AutoEnable, Operation, Permission, Service } from '@aws-sdk/client-inspector2';
import { getAccountSetting, putAccountSetting } from '../../store/account-settings.ts';
import { enabledTypes, type ScanType, setScanTypes } from '../../store/accounts.ts';
import { countMembers, membersMax } from '../../store/members.ts';
import type { ApiContext } from '../context.ts';
import { validation } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { requireAdministrator, standingOf } from './authority.ts';

type Flags = Checked<AutoEnable>;

const nothing: Flags = { ec2: false, ecr: false, lambda: false, lambdaCode: false, codeRepository: false };
const typeOfFlag: Readonly<Record<keyof AutoEnable, ScanType>> = {
  ec2: 'EC2',
  ecr: 'ECR',
  lambda: 'LAMBDA',
  lambdaCode: 'LAMBDA_CODE',
  codeRepository: 'CODE_REPOSITORY',
};
// Repositories are a matter of ECR only.
const services: Readonly<Record<Service, readonly Operation[]>> = {
  EC2: ['ENABLE_SCANNING', 'DISABLE_SCANNING'],
  ECR: ['ENABLE_SCANNING', 'DISABLE_SCANNING', 'ENABLE_REPOSITORY', 'DISABLE_REPOSITORY'],
  LAMBDA: ['ENABLE_SCANNING', 'DISABLE_SCANNING'],
};

export const organisationOperations = {
  async DescribeOrganizationConfiguration(_input, context) {
    await requireAdministrator(context, 'describe the organization configuration');
    const members = await countMembers(context.service.db, context.accountId);
    return {
      autoEnable: await autoEnable(context, context.accountId),
      maxAccountLimitReached: members >= membersMax,
    };
  },

  async UpdateOrganizationConfiguration(input, context) {
    await requireAdministrator(context, 'update the organization configuration');
    const flags: Flags = { ...nothing, ...defined(input.autoEnable) };
    if (flags.lambdaCode && !flags.lambda)
      throw validation('lambdaCode can only be enabled automatically together with lambda.', {
        fields: [{ name: 'autoEnable', message: 'lambdaCode needs lambda' }],
      });
    const { db, now } = context.service;
    await putAccountSetting(db, context.accountId, 'autoEnable', flags, now());
    return { autoEnable: flags };
  },

  async ListAccountPermissions(input, context) {
    const { memberOf } = await standingOf(context);
    const query = { accountId: context.accountId, list: 'permissions', service: input.service ?? null };
    const all: Checked<Permission>[] = [];
    for (const [service, allowed] of Object.entries(services)) {
      if (input.service && service !== input.service) continue;
      // A member may switch on for itself; switching off is its administrator's.
      for (const operation of allowed)
        if (memberOf === null || operation.startsWith('ENABLE'))
          all.push({ service: service as Service, operation });
    }
    const { tokens } = context.service;
    const from = input.nextToken ? tokens.read<number>(input.nextToken, query) : 0;
    const to = from + (input.maxResults ?? all.length);
    return {
      permissions: all.slice(from, to),
      ...(to < all.length ? { nextToken: tokens.issue(to, query) } : {}),
    };
  },
} satisfies Handlers<ApiContext>;

/** What the administrator set for members to come; everything off when it never did. */
export async function autoEnable({ service }: ApiContext, administratorId: string): Promise<Flags> {
  return (await getAccountSetting<Flags>(service.db, administratorId, 'autoEnable'))?.value ?? nothing;
}

/** Switches on for a new member what its administrator, the caller, set; what the member has stays on. */
export async function enableForMember(context: ApiContext, accountId: string): Promise<void> {
  const { db, now, onScanTypes } = context.service;
  const flags = await autoEnable(context, context.accountId);
  const names = Object.keys(typeOfFlag) as (keyof AutoEnable)[];
  const types = names.filter((name) => flags[name] === true).map((name) => typeOfFlag[name]);
  if (types.length === 0) return;
  const account = await setScanTypes(db, accountId, types, 'ENABLED', now());
  await onScanTypes(accountId, enabledTypes(account));
}

function defined(flags: Flags): Partial<Flags> {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}
