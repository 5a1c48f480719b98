import type {
  Account as AccountShape,
  AccountState,
  FailedAccount,
  ResourceStatus,
  State,
} from '@aws-sdk/client-inspector2';
import { type Account, enabledTypes, getAccount, type ScanType, setScanTypes } from '../../store/accounts.ts';
import type { ApiContext } from '../context.ts';
import { validation } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { noAccess, reachableAccounts, refuseMembers } from './authority.ts';

export const accountOperations = {
  async Enable(input, context) {
    const types = scanTypesOf(input.resourceTypes);
    return change(input.accountIds, context, async (account) => {
      // Code scanning looks into functions that standard scanning found.
      const willHave = new Set([...enabledTypes(account), ...types]);
      if (types.includes('LAMBDA_CODE') && !willHave.has('LAMBDA')) {
        throw validation('LAMBDA_CODE can only be enabled together with LAMBDA, or after it.');
      }
      return setScanTypes(context.service.db, account.accountId, types, 'ENABLED', context.service.now());
    });
  },

  async Disable(input, context) {
    await refuseMembers(context, 'disable scanning');
    // No types named: the service is turned off whole.
    const named = input.resourceTypes ? scanTypesOf(input.resourceTypes) : [];
    return change(input.accountIds, context, async (account) => {
      const types = new Set<ScanType>(named.length > 0 ? named : enabledTypes(account));
      if (types.has('LAMBDA')) types.add('LAMBDA_CODE');
      return setScanTypes(
        context.service.db,
        account.accountId,
        [...types],
        'DISABLED',
        context.service.now(),
      );
    });
  },

  async BatchGetAccountStatus(input, context) {
    const accounts: Checked<AccountState>[] = [];
    const failedAccounts: Checked<FailedAccount>[] = [];
    const asked = input.accountIds ?? [context.accountId];
    const reachable = await reachableAccounts(context, asked);
    for (const accountId of asked) {
      const account = reachable.has(accountId) ? await getAccount(context.service.db, accountId) : null;
      if (account) accounts.push(stateShape(account));
      else failedAccounts.push(notOurs(accountId));
    }
    return { accounts, failedAccounts };
  },
} satisfies Handlers<ApiContext>;

async function change(
  accountIds: readonly string[] | undefined,
  context: ApiContext,
  apply: (account: Account) => Promise<Account>,
): Promise<{ accounts: Checked<AccountShape>[]; failedAccounts: Checked<FailedAccount>[] }> {
  const accounts: Checked<AccountShape>[] = [];
  const failedAccounts: Checked<FailedAccount>[] = [];
  const wanted = accountIds && accountIds.length > 0 ? accountIds : [context.accountId];
  const reachable = await reachableAccounts(context, wanted);
  for (const accountId of wanted) {
    const account = reachable.has(accountId) ? await getAccount(context.service.db, accountId) : null;
    if (!account) {
      failedAccounts.push(notOurs(accountId));
      continue;
    }
    const changed = await apply(account);
    await context.service.onScanTypes(accountId, enabledTypes(changed));
    accounts.push({ accountId, status: overall(changed), resourceStatus: resourceStatus(changed) });
  }
  return { accounts, failedAccounts };
}

function scanTypesOf(types: readonly string[]): ScanType[] {
  return [...new Set(types)] as ScanType[];
}

function notOurs(accountId: string): Checked<FailedAccount> {
  return {
    accountId,
    errorCode: 'ACCESS_DENIED',
    errorMessage: noAccess,
  };
}

function statusOf(account: Account, type: ScanType): 'ENABLED' | 'DISABLED' {
  return account.scanTypes[type]?.status ?? 'DISABLED';
}

function overall(account: Account): 'ENABLED' | 'DISABLED' {
  return enabledTypes(account).length > 0 ? 'ENABLED' : 'DISABLED';
}

function resourceStatus(account: Account): Checked<ResourceStatus> {
  return {
    ec2: statusOf(account, 'EC2'),
    ecr: statusOf(account, 'ECR'),
    lambda: statusOf(account, 'LAMBDA'),
    lambdaCode: statusOf(account, 'LAMBDA_CODE'),
    codeRepository: statusOf(account, 'CODE_REPOSITORY'),
  };
}

function stateShape(account: Account): Checked<AccountState> {
  // The API has no code for "nothing went wrong": the real one sends the word for what was asked last.
  const state = (status: 'ENABLED' | 'DISABLED'): Checked<State> => ({
    status,
    errorCode: 'ALREADY_ENABLED',
    errorMessage: '',
  });
  const one = (type: ScanType) => state(statusOf(account, type));
  return {
    accountId: account.accountId,
    state: state(overall(account)),
    resourceState: {
      ec2: one('EC2'),
      ecr: one('ECR'),
      lambda: one('LAMBDA'),
      lambdaCode: one('LAMBDA_CODE'),
      codeRepository: one('CODE_REPOSITORY'),
    },
  };
}
