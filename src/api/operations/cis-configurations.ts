import type { CisScanConfiguration, Schedule } from '@aws-sdk/client-inspector2';
import {
  type CisConfiguration,
  type CisTargets,
  cisConfigurationSorts,
  cisConfigurationsMax,
  createCisConfiguration,
  deleteCisConfiguration,
  getCisConfiguration,
  listCisConfigurations,
  updateCisConfiguration,
} from '../../store/cis-configurations.ts';
import { startCisScan } from '../../store/cis-scans.ts';
import { organisationId } from '../../store/organisation-id.ts';
import { getTags, putTags } from '../../store/tags.ts';
import type { ApiContext } from '../context.ts';
import { resourceNotFound, validation } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { denied, standingOf } from './authority.ts';
import { cisSearch } from './cis-criteria.ts';
import { accountsInReach } from './reach.ts';
import { sortedPage } from './sorted-list.ts';
import { checkTagCount } from './tag-count.ts';

// A configuration for more than the caller's own account is the organisation's, and its administrator's to change.
// Source: https://docs.aws.amazon.com/inspector/latest/user/scanning-cis.html

const targetTagsMax = 25;

export const cisConfigurationOperations = {
  async CreateCisScanConfiguration(input, context) {
    const { db, region, now } = context.service;
    const targets: CisTargets = {
      accounts: input.targets.accountIds,
      tags: input.targets.targetResourceTags,
    };
    await checkTargets(targets, context);
    checkSchedule(input.schedule);
    checkTagCount(input.tags);
    const ownerId = await ownerOf(targets, context);
    const hasTags = Object.keys(input.tags ?? {}).length > 0;
    if (hasTags && ownerId !== context.accountId)
      throw wrong('tags', 'cannot be given to a configuration of the organization');
    const made = await createCisConfiguration(
      db,
      region,
      {
        accountId: context.accountId,
        ownerId,
        name: input.scanName,
        securityLevel: input.securityLevel,
        schedule: input.schedule as CisConfiguration['schedule'],
        targets,
      },
      now(),
    );
    // The API has no error for a quota here.
    if (!made) throw validation(`There may be ${cisConfigurationsMax} CIS scan configurations.`);
    if (input.tags) await putTags(db, made.arn, input.tags);
    if ('oneTime' in made.schedule) await startCisScan(db, region, made, now());
    return { scanConfigurationArn: made.arn };
  },

  async UpdateCisScanConfiguration(input, context) {
    const { db, region, now } = context.service;
    const present = await ownConfiguration(input.scanConfigurationArn, context, 'update');
    const targets: CisTargets = {
      accounts: input.targets?.accountIds ?? present.targets.accounts,
      tags: input.targets?.targetResourceTags ?? present.targets.tags,
    };
    if (input.targets) await checkTargets(targets, context);
    if (input.schedule) checkSchedule(input.schedule);
    if ((await ownerOf(targets, context)) !== present.ownerId)
      throw wrong('targets', 'cannot move a configuration between an account and its organization');
    const changed = {
      ...present,
      name: input.scanName ?? present.name,
      securityLevel: input.securityLevel ?? present.securityLevel,
      schedule: (input.schedule as CisConfiguration['schedule'] | undefined) ?? present.schedule,
      targets,
    };
    await updateCisConfiguration(db, changed, now());
    // Who runs it now is the administrator now, whoever made it.
    const run = { ...changed, accountId: context.accountId };
    if (input.schedule && 'oneTime' in changed.schedule) await startCisScan(db, region, run, now());
    return { scanConfigurationArn: present.arn };
  },

  async DeleteCisScanConfiguration(input, context) {
    const present = await ownConfiguration(input.scanConfigurationArn, context, 'delete');
    await deleteCisConfiguration(context.service.db, present);
    return { scanConfigurationArn: present.arn };
  },

  async ListCisScanConfigurations(input, context) {
    const { db } = context.service;
    const accountIds = await accountsInReach(context);
    const ownerIds = (await standingOf(context)).isAdministrator ? [await organisationId(db)] : [];
    const { rows, token } = await sortedPage(input, context, {
      query: { list: 'cisScanConfigurations' },
      sorts: cisConfigurationSorts,
      sortDefault: 'SCAN_NAME',
      read: (page) =>
        listCisConfigurations(db, { ...page, ...cisSearch(input.filterCriteria), accountIds, ownerIds }),
    });
    const scanConfigurations: Checked<CisScanConfiguration>[] = [];
    for (const row of rows) scanConfigurations.push(configurationShape(row, await getTags(db, row.arn)));
    return { scanConfigurations, ...token };
  },
} satisfies Handlers<ApiContext>;

/**
 * A configuration that the caller sees: its own, its members' and its organisation's. `canChange`: it is the caller's
 * own, or the organisation's that it administers.
 */
export async function visibleConfiguration(
  arn: string,
  context: ApiContext,
): Promise<{ readonly configuration: CisConfiguration; readonly canChange: boolean } | null> {
  const { db } = context.service;
  const configuration = await getCisConfiguration(db, arn);
  if (!configuration) return null;
  const isOurs =
    configuration.ownerId === context.accountId ||
    ((await standingOf(context)).isAdministrator && configuration.ownerId === (await organisationId(db)));
  if (isOurs) return { configuration, canChange: true };
  const isSeen = (await accountsInReach(context)).includes(configuration.accountId);
  return isSeen ? { configuration, canChange: false } : null;
}

async function ownConfiguration(arn: string, context: ApiContext, deed: string): Promise<CisConfiguration> {
  const seen = await visibleConfiguration(arn, context);
  if (!seen) throw resourceNotFound(`There is no CIS scan configuration ${arn}.`);
  if (!seen.canChange) throw denied(`${deed} this CIS scan configuration`);
  return seen.configuration;
}

// What is for one's own account is one's own; everything else is for the organisation.
async function ownerOf({ accounts }: CisTargets, { service, accountId }: ApiContext): Promise<string> {
  const isOwn = accounts.every((id) => id === 'SELF' || id === accountId);
  return isOwn ? accountId : organisationId(service.db);
}

async function checkTargets({ accounts, tags }: CisTargets, context: ApiContext): Promise<void> {
  const isWord = accounts.includes('SELF') || accounts.includes('ALL_ACCOUNTS');
  if (isWord && accounts.length > 1)
    throw wrong('targets.accountIds', 'is SELF, or ALL_ACCOUNTS, or a list of accounts');
  const values = Object.values(tags).reduce((sum, list) => sum + list.length, 0);
  if (values > targetTagsMax)
    throw wrong('targets.targetResourceTags', `has more than ${targetTagsMax} values`);
  const { isAdministrator } = await standingOf(context);
  if (accounts.includes('ALL_ACCOUNTS') && !isAdministrator) throw denied('scan all accounts');
  const reach = new Set(['SELF', 'ALL_ACCOUNTS', ...(await accountsInReach(context))]);
  if (!accounts.every((id) => reach.has(id))) throw denied('scan these accounts');
}

// A schedule in a place that nobody knows would never run.
function checkSchedule(schedule: Checked<Schedule>): void {
  const kinds = Object.values(schedule) as readonly { readonly startTime?: { readonly timezone: string } }[];
  for (const { startTime } of kinds)
    if (startTime && !isTimeZone(startTime.timezone))
      throw wrong('schedule', `has a time zone that is not known: '${startTime.timezone}'`);
}

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

function configurationShape(
  { arn, ownerId, name, securityLevel, schedule, targets }: CisConfiguration,
  tags: Readonly<Record<string, string>>,
): Checked<CisScanConfiguration> {
  return {
    scanConfigurationArn: arn,
    ownerId,
    scanName: name,
    securityLevel,
    schedule: schedule as Checked<Schedule>,
    targets: targetsShape(targets),
    tags,
  };
}

export function targetsShape({ accounts, tags }: CisTargets) {
  return { accountIds: accounts, targetResourceTags: tags };
}

function wrong(name: string, message: string) {
  return validation(`${name} ${message}.`, { fields: [{ name, message }] });
}
