import type {
  CodeSecurityScanConfiguration,
  CodeSecurityScanConfigurationSummary,
} from '@aws-sdk/client-inspector2';
import {
  type CodeConfiguration,
  type CodeScanSettings,
  codeConfigurationsMax,
  createCodeConfiguration,
  deleteCodeConfiguration,
  getCodeConfiguration,
  listCodeConfigurations,
  updateCodeConfiguration,
} from '../../store/code-configurations.ts';
import { organisationId } from '../../store/organisation-id.ts';
import { getTags, putTags, type Tags } from '../../store/tags.ts';
import type { ApiContext } from '../context.ts';
import { conflict, resourceNotFound, serviceQuotaExceeded, validation } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { denied, requireAdministrator, standingOf } from './authority.ts';
import { withDay, wrongSchedule } from './code-schedule.ts';
import { numberedPage } from './numbered-list.ts';
import { checkTagCount } from './tag-count.ts';

// Source: https://docs.aws.amazon.com/inspector/latest/user/code-security-assessments.html

export const codeConfigurationOperations = {
  async CreateCodeSecurityScanConfiguration(input, context) {
    const { service, accountId } = context;
    const { name, level } = input;
    const isOfAll = level === 'ORGANIZATION';
    if (isOfAll) await requireAdministrator(context, 'configure the organization');
    checkTagCount(input.tags);
    const ownerId = isOfAll ? await organisationId(service.db) : accountId;
    const settings = settingsOf(input.configuration, `${ownerId} ${name}`);
    const isDefault = input.scopeSettings?.projectSelectionScope === 'ALL';
    const made = await createCodeConfiguration(
      service.db,
      service.region,
      { accountId, ownerId, name, level, settings, isDefault },
      service.now(),
    );
    if (made === 'full')
      throw serviceQuotaExceeded(`There may be ${codeConfigurationsMax} scan configurations.`, {
        resourceId: ownerId,
      });
    if (made === 'taken' || made === 'default')
      throw conflict(
        made === 'taken'
          ? `A scan configuration named '${name}' exists already.`
          : 'There is a default scan configuration already.',
        { resourceId: name, resourceType: 'CODE_SECURITY_SCAN_CONFIGURATION' },
      );
    if (input.tags) await putTags(service.db, made.arn, input.tags);
    return { scanConfigurationArn: made.arn };
  },

  async UpdateCodeSecurityScanConfiguration({ scanConfigurationArn, configuration }, context) {
    const { db, now } = context.service;
    const found = await ownCodeConfiguration(scanConfigurationArn, context, 'update');
    const settings = settingsOf(configuration, `${found.ownerId} ${found.name}`);
    await updateCodeConfiguration(db, found.configurationNumber, settings, now());
    return { scanConfigurationArn };
  },

  async GetCodeSecurityScanConfiguration({ scanConfigurationArn }, context) {
    const seen = await visibleCodeConfiguration(scanConfigurationArn, context);
    if (!seen) throw noConfiguration(scanConfigurationArn);
    const { name, settings, level, isDefault, createdAt, updatedAt } = seen.configuration;
    return {
      scanConfigurationArn,
      name,
      configuration: settings,
      level,
      ...(isDefault ? { scopeSettings: { projectSelectionScope: 'ALL' as const } } : {}),
      createdAt: new Date(createdAt),
      lastUpdatedAt: new Date(updatedAt),
      tags: await getTags(context.service.db, scanConfigurationArn),
    };
  },

  async DeleteCodeSecurityScanConfiguration({ scanConfigurationArn }, context) {
    const found = await ownCodeConfiguration(scanConfigurationArn, context, 'delete');
    await deleteCodeConfiguration(context.service.db, found);
    return { scanConfigurationArn };
  },

  async ListCodeSecurityScanConfigurations(input, context) {
    const { db } = context.service;
    const owners = await ownersSeen(context);
    const { rows, token } = await numberedPage(input, context, {
      query: { list: 'codeConfigurations' },
      numberOf: (row: CodeConfiguration) => row.configurationNumber,
      read: (after, limit) => listCodeConfigurations(db, owners, after, limit),
    });
    const configurations = [];
    for (const row of rows) configurations.push(summaryShape(row, await getTags(db, row.arn)));
    return { configurations, ...token };
  },
} satisfies Handlers<ApiContext>;

/** The caller's own configuration or its organisation's, which members see and only its administrator changes. */
export async function visibleCodeConfiguration(
  arn: string,
  context: ApiContext,
): Promise<{ readonly configuration: CodeConfiguration; readonly canChange: boolean } | null> {
  const configuration = await getCodeConfiguration(context.service.db, arn);
  if (!configuration || !(await ownersSeen(context)).includes(configuration.ownerId)) return null;
  const isOwn = configuration.ownerId === context.accountId;
  return { configuration, canChange: isOwn || (await standingOf(context)).isAdministrator };
}

async function ownersSeen(context: ApiContext): Promise<readonly string[]> {
  const { isAdministrator, memberOf } = await standingOf(context);
  if (!isAdministrator && memberOf === null) return [context.accountId];
  return [context.accountId, await organisationId(context.service.db)];
}

async function ownCodeConfiguration(
  arn: string,
  context: ApiContext,
  deed: string,
): Promise<CodeConfiguration> {
  const seen = await visibleCodeConfiguration(arn, context);
  if (!seen) throw noConfiguration(arn);
  if (!seen.canChange) throw denied(`${deed} this scan configuration`);
  return seen.configuration;
}

export function noConfiguration(arn: string) {
  return resourceNotFound(`There is no scan configuration ${arn}.`);
}

function settingsOf(given: Checked<CodeSecurityScanConfiguration>, seed: string): CodeScanSettings {
  // What a checked input leaves out is not there at all.
  const { periodicScanConfiguration: periodic, ...rest } = given as CodeScanSettings;
  if (!periodic) return rest;
  const why = wrongSchedule(periodic);
  if (why !== null) {
    const name = 'configuration.periodicScanConfiguration';
    throw validation(`${name} ${why}.`, { fields: [{ name, message: why }] });
  }
  return { ...rest, periodicScanConfiguration: withDay(periodic, seed) };
}

function summaryShape(
  { arn, name, ownerId, settings, isDefault }: CodeConfiguration,
  tags: Tags,
): Checked<CodeSecurityScanConfigurationSummary> {
  const { frequency, frequencyExpression } = settings.periodicScanConfiguration ?? {};
  const events = settings.continuousIntegrationScanConfiguration?.supportedEvents;
  return {
    scanConfigurationArn: arn,
    name,
    ownerAccountId: ownerId,
    ruleSetCategories: settings.ruleSetCategories,
    ...(frequency === undefined ? {} : { periodicScanFrequency: frequency }),
    ...(frequencyExpression === undefined ? {} : { frequencyExpression }),
    ...(events === undefined ? {} : { continuousIntegrationScanSupportedEvents: events }),
    ...(isDefault ? { scopeSettings: { projectSelectionScope: 'ALL' as const } } : {}),
    tags,
  };
}
