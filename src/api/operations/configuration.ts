import type { Ec2Configuration, EcrConfiguration } from '@aws-sdk/client-inspector2';
import {
  inheritedSetting,
  putInheritedSetting,
  resetInheritedSetting,
} from '../../store/inherited-settings.ts';
import { membersAmong } from '../../store/members.ts';
import type { ApiContext } from '../context.ts';
import { accessDenied, validation } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { noAccess, refuseMembers, standingOf } from './authority.ts';

type Ec2 = Checked<Ec2Configuration> & { readonly scannerSince?: number };
type Ecr = Checked<EcrConfiguration>;

// What holds for accounts that set nothing.
// Source: https://docs.aws.amazon.com/inspector/latest/user/scanning-ecr.html
const untouchedEc2: Ec2 = { scanMode: 'EC2_HYBRID', activateVMScanner: false };
const untouchedEcr: Ecr = {
  rescanDuration: 'DAYS_14',
  pullDateRescanDuration: 'DAYS_14',
  pullDateRescanMode: 'LAST_IN_USE_AT',
};

export const configurationOperations = {
  async GetConfiguration(input, context) {
    const accountId = input.accountId ?? context.accountId;
    await requireReach(context, accountId);
    const { db } = context.service;
    const ec2 = await inheritedSetting<Ec2>(db, accountId, 'configuration.ec2');
    const ecr = await inheritedSetting<Ecr>(db, accountId, 'configuration.ecr');
    const { scanMode, activateVMScanner, scannerSince } = ec2?.value ?? untouchedEc2;
    return {
      ec2Configuration: {
        scanModeState: { scanMode, scanModeStatus: 'SUCCESS' as const },
        vmScannerState: {
          activated: activateVMScanner ?? false,
          ...(scannerSince === undefined ? {} : { activatedAt: new Date(scannerSince) }),
          status: 'SUCCESS' as const,
        },
      },
      ecrConfiguration: {
        rescanDurationState: {
          ...untouchedEcr,
          ...ecr?.value,
          status: 'SUCCESS' as const,
          ...(ecr ? { updatedAt: new Date(ecr.updatedAt) } : {}),
        },
      },
    };
  },

  async UpdateConfiguration(input, context) {
    await refuseMembers(context, 'update the configuration');
    const accountId = input.accountId ?? context.accountId;
    await requireReach(context, accountId);
    const inherit = input.updateConfigurationInheritance ?? {};
    checkChange(input, accountId, context);
    const { db, now } = context.service;
    if (inherit.ec2Configuration) await resetInheritedSetting(db, accountId, 'configuration.ec2', now());
    if (inherit.ecrConfiguration) await resetInheritedSetting(db, accountId, 'configuration.ecr', now());
    if (input.ec2Configuration) await putEc2(context, accountId, input.ec2Configuration);
    if (input.ecrConfiguration) await putEcr(context, accountId, input.ecrConfiguration);
    return {};
  },
} satisfies Handlers<ApiContext>;

type Change = {
  readonly ec2Configuration?: object | undefined;
  readonly ecrConfiguration?: object | undefined;
  readonly updateConfigurationInheritance?: Readonly<Record<string, unknown>> | undefined;
};

function checkChange(input: Change, accountId: string, context: ApiContext): void {
  const inherits = (name: string) => input.updateConfigurationInheritance?.[name] !== undefined;
  const names = ['ec2Configuration', 'ecrConfiguration'] as const;
  for (const name of names) {
    if (input[name] && inherits(name)) throw wrong(name, 'is either set or inherited, not both');
    if (inherits(name) && accountId === context.accountId)
      throw wrong('updateConfigurationInheritance', 'is for a member, named by accountId');
  }
  if (!names.some((name) => input[name] || inherits(name)))
    throw validation('Name what to change: ec2Configuration, ecrConfiguration or their inheritance.');
}

// Members that leave keep what they have, so what is not named stays as it was for this account.
async function putEc2(context: ApiContext, accountId: string, change: Ec2): Promise<void> {
  const { db, now } = context.service;
  const before = (await inheritedSetting<Ec2>(db, accountId, 'configuration.ec2'))?.value ?? untouchedEc2;
  const isActive = change.activateVMScanner ?? before.activateVMScanner ?? false;
  const since = before.activateVMScanner ? (before.scannerSince ?? now()) : now();
  const after: Ec2 = {
    scanMode: change.scanMode,
    activateVMScanner: isActive,
    ...(isActive ? { scannerSince: since } : {}),
  };
  await putInheritedSetting(db, accountId, 'configuration.ec2', after, context.accountId, now());
}

async function putEcr(context: ApiContext, accountId: string, change: Ecr): Promise<void> {
  const { db, now } = context.service;
  const before = (await inheritedSetting<Ecr>(db, accountId, 'configuration.ecr'))?.value;
  const after: Ecr = {
    rescanDuration: change.rescanDuration,
    pullDateRescanDuration:
      change.pullDateRescanDuration ?? before?.pullDateRescanDuration ?? untouchedEcr.pullDateRescanDuration,
    pullDateRescanMode:
      change.pullDateRescanMode ?? before?.pullDateRescanMode ?? untouchedEcr.pullDateRescanMode,
  };
  await putInheritedSetting(db, accountId, 'configuration.ecr', after, context.accountId, now());
}

async function requireReach(context: ApiContext, accountId: string): Promise<void> {
  if (accountId === context.accountId) return;
  const { isAdministrator } = await standingOf(context);
  const members = isAdministrator
    ? await membersAmong(context.service.db, context.accountId, [accountId])
    : new Set();
  if (!members.has(accountId)) throw accessDenied(`${noAccess}.`);
}

function wrong(name: string, message: string) {
  return validation(`${name} ${message}.`, { fields: [{ name, message }] });
}
