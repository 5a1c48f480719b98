import type {
  FreeTrialAccountInfo,
  FreeTrialInfoError,
  FreeTrialType,
  UsageTotal,
  UsageType,
} from '@aws-sdk/client-inspector2';
import { type Account, enabledTypes, getAccount } from '../../store/accounts.ts';
import { accountsSeenBy, type Usage, usageOf } from '../../store/usage.ts';
import type { ApiContext } from '../context.ts';
import { accessDenied } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { noAccess, reachableAccounts } from './authority.ts';

const pageDefault = 50;
const day = 86_400_000;
const usageSpan = 30 * day;
// Source: https://docs.aws.amazon.com/inspector/latest/user/free-trial.html
const trialSpan = 15 * day;

export const usageOperations = {
  async ListUsageTotals(input, context) {
    const { db, tokens, now } = context.service;
    const asked = input.accountIds ? [...new Set(input.accountIds)].sort() : null;
    const query = { accountId: context.accountId, list: 'usage', asked };
    const limit = input.maxResults ?? pageDefault;
    const after = input.nextToken ? tokens.read<string>(input.nextToken, query) : '';
    const ids = asked
      ? (await checkReach(context, asked)).filter((id) => id > after).slice(0, limit + 1)
      : await accountsSeenBy(db, context.accountId, after, limit + 1);
    const page = ids.slice(0, limit);
    const last = page.at(-1);
    const totals = await usageOf(db, page, now() - usageSpan, now());
    return {
      totals: totals.map(totalShape),
      ...(ids.length > limit && last ? { nextToken: tokens.issue(last, query) } : {}),
    };
  },

  async BatchGetFreeTrialInfo(input, context) {
    const { db, now } = context.service;
    const reachable = await reachableAccounts(context, input.accountIds);
    const accounts: Checked<FreeTrialAccountInfo>[] = [];
    const failedAccounts: Checked<FreeTrialInfoError>[] = [];
    for (const accountId of new Set(input.accountIds)) {
      const account = reachable.has(accountId) ? await getAccount(db, accountId) : null;
      if (account) accounts.push({ accountId, freeTrialInfo: trials(account, now()) });
      else failedAccounts.push({ accountId, code: 'ACCESS_DENIED', message: noAccess });
    }
    return { accounts, failedAccounts };
  },
} satisfies Handlers<ApiContext>;

async function checkReach(context: ApiContext, asked: readonly string[]): Promise<readonly string[]> {
  const reachable = await reachableAccounts(context, asked);
  if (asked.some((id) => !reachable.has(id))) throw accessDenied(`${noAccess}.`);
  return asked;
}

// Nothing is charged for. Scans of images that were scanned before are not counted by account, so they are left out.
function totalShape({ accountId, ...usage }: Usage): Checked<UsageTotal> {
  const one = (type: UsageType, total: number) => ({
    type,
    total,
    estimatedMonthlyCost: 0,
    currency: 'USD' as const,
    cloudProvider: 'AWS' as const,
  });
  const all = [
    one('EC2_INSTANCE_HOURS', usage.machineHours),
    one('ECR_INITIAL_SCAN', usage.imagesScanned),
    one('LAMBDA_FUNCTION_HOURS', usage.functionHours),
  ];
  return { accountId, usage: all.filter(({ total }) => total > 0) };
}

// A trial starts with a scan type's activation; of types that are off, that day is not kept.
function trials(account: Account, now: number): Checked<FreeTrialAccountInfo>['freeTrialInfo'] {
  return enabledTypes(account).map((type) => {
    const start = account.scanTypes[type]?.since ?? account.createdAt;
    return {
      type: type satisfies FreeTrialType,
      start: new Date(start),
      end: new Date(start + trialSpan),
      status: now < start + trialSpan ? ('ACTIVE' as const) : ('INACTIVE' as const),
      cloudProvider: 'AWS' as const,
    };
  });
}
