import type { AzureScopeConfigurationInput, Connector as ConnectorShape } from '@aws-sdk/client-inspector2';
import { criteriaOf } from '../../store/api-criteria.ts';
import {
  type Connector,
  type ConnectorScope,
  connectorsMax,
  createConnector,
  deleteConnector,
  getConnector,
  listConnectors,
  updateConnector,
} from '../../store/connectors.ts';
import { getTags, putTags, type Tags } from '../../store/tags.ts';
import type { ApiContext } from '../context.ts';
import { conflict, resourceNotFound, serviceQuotaExceeded, validation } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { denied } from './authority.ts';
import { numberedPage } from './numbered-list.ts';
import { accountsInReach } from './reach.ts';

// A connector is kept with what it is for. This version does not speak to other clouds, and its status says so.

const pageMax = 100;
const waiting = 'Waits for a discovery of Azure resources, which this version does not have.';

export const connectorOperations = {
  async CreateConnector(input, context) {
    const { service, accountId } = context;
    const azure = azureOf(input.providerDetail.azure);
    checkScope(azure.scopeConfiguration);
    // Another account's connection to another cloud is nothing to scan through.
    if (azure.awsConfigConnectorArn.split(':')[4] !== accountId) throw denied('this AWS Config connector');
    const made = await createConnector(
      service.db,
      service.region,
      {
        accountId,
        name: input.name,
        provider: input.provider,
        description: input.description ?? null,
        configConnectorArn: azure.awsConfigConnectorArn,
        regions: azure.azureRegions,
        scope: azure.scopeConfiguration as ConnectorScope,
        autoInstallScanner: azure.autoInstallVMScanner ?? true,
      },
      input.clientToken ?? null,
      service.now(),
    );
    if (made === 'taken')
      throw conflict(`A connector named '${input.name}' exists already.`, {
        resourceId: input.name,
        resourceType: 'CONNECTOR',
      });
    if (made === 'full')
      throw serviceQuotaExceeded(`An account may have ${connectorsMax} connectors.`, {
        resourceId: accountId,
      });
    if (input.tags) await putTags(service.db, made.arn, input.tags);
    return { connectorArn: made.arn };
  },

  async UpdateConnector({ connectorArn, description, providerDetail }, context) {
    const { db, now } = context.service;
    const present = await ownConnector(connectorArn, context, 'update');
    const azure = providerDetail?.azure;
    if (azure?.scopeConfiguration) checkScope(azure.scopeConfiguration);
    const scope = azure?.scopeConfiguration as ConnectorScope | undefined;
    const changed = {
      connectorNumber: present.connectorNumber,
      description: description ?? present.description,
      regions: azure?.azureRegions ?? present.regions,
      scope: scope ?? present.scope,
      autoInstallScanner: azure?.autoInstallVMScanner ?? present.autoInstallScanner,
    };
    await updateConnector(db, changed, now());
    return { connectorArn };
  },

  async DeleteConnector({ connectorArn }, context) {
    await deleteConnector(context.service.db, await ownConnector(connectorArn, context, 'delete'));
    return {};
  },

  async ListConnectors(input, context) {
    const { db } = context.service;
    if (input.maxResults !== undefined && input.maxResults < 1) throw wrong('maxResults', 'is at least 1');
    const accountIds = await accountsInReach(context);
    const { rows, token } = await numberedPage(input, context, {
      query: { list: 'connectors', filterCriteria: input.filterCriteria ?? null },
      numberOf: (row: Connector) => row.connectorNumber,
      read: (after, limit) => listConnectors(db, accountIds, criteriaOf(input.filterCriteria), after, limit),
      limitMax: pageMax,
    });
    const items: Checked<ConnectorShape>[] = [];
    for (const row of rows) items.push(connectorShape(row, await getTags(db, row.arn)));
    return { items, ...token };
  },
} satisfies Handlers<ApiContext>;

/** A connector of the caller, or of its members where it administers them. */
export async function visibleConnector(
  arn: string,
  context: ApiContext,
): Promise<{ readonly connector: Connector; readonly canChange: boolean } | null> {
  const connector = await getConnector(context.service.db, arn);
  if (!connector || !(await accountsInReach(context)).includes(connector.accountId)) return null;
  return { connector, canChange: connector.accountId === context.accountId };
}

async function ownConnector(arn: string, context: ApiContext, deed: string): Promise<Connector> {
  const seen = await visibleConnector(arn, context);
  if (!seen) throw resourceNotFound(`There is no connector ${arn}.`);
  if (!seen.canChange) throw denied(`${deed} this connector`);
  return seen.connector;
}

// Another provider than Azure would have been refused as not known.
function azureOf<T>(azure: T | undefined): T {
  if (azure === undefined) throw wrong('providerDetail', 'is for AZURE');
  return azure;
}

function checkScope(scope: Checked<AzureScopeConfigurationInput>): void {
  const kinds = Object.entries(scope).filter(([, kind]) => kind !== undefined);
  if (kinds.length === 0) throw wrong('scopeConfiguration', 'names nothing to scan');
  for (const [name, kind] of kinds)
    if (kind?.scopeType === 'SUBSCRIPTION' && (kind.scopeValues ?? []).length === 0)
      throw wrong(`scopeConfiguration.${name}`, 'names no subscription');
}

function connectorShape(found: Connector, tags: Tags): Checked<ConnectorShape> {
  return {
    connectorArn: found.arn,
    name: found.name,
    ...(found.description === null ? {} : { description: found.description }),
    provider: found.provider,
    enablementStatus: 'PENDING_ENABLEMENT',
    enablementStatusReason: waiting,
    health: { connectorStatus: 'UNKNOWN', lastCheckedAt: new Date(found.updatedAt), message: waiting },
    createdAt: new Date(found.createdAt),
    updatedAt: new Date(found.updatedAt),
    azureRegions: found.regions,
    awsConfigConnectorArn: found.configConnectorArn,
    scopeConfiguration: scopeShape(found.scope),
    tags,
    autoInstallVMScanner: found.autoInstallScanner,
  };
}

function scopeShape(scope: ConnectorScope) {
  const kinds = Object.entries(scope).map(([name, kind]) => [
    name,
    { ...kind, state: 'PENDING', stateReason: waiting },
  ]);
  return Object.fromEntries(kinds);
}

function wrong(name: string, message: string) {
  return validation(`${name} ${message}.`, { fields: [{ name, message }] });
}
