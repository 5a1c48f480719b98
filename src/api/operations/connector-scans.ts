import type { ConnectorContainerImageScanConfiguration } from '@aws-sdk/client-inspector2';
import {
  type ConnectorScanRow,
  type ConnectorScanSettings,
  listConnectorScans,
  putConnectorScan,
} from '../../store/connectors.ts';
import type { ApiContext } from '../context.ts';
import { resourceNotFound } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { denied } from './authority.ts';
import { numberedPage } from './numbered-list.ts';
import { accountsInReach } from './reach.ts';

type Images = Checked<ConnectorContainerImageScanConfiguration>;

// What holds where nobody set anything, as for images of ECR.
const untouched: Images = { pushDuration: 'DAYS_14', pullDuration: 'DAYS_14' };

export const connectorScanOperations = {
  async ListConnectorScanConfigurations(input, context) {
    const { db } = context.service;
    const only = input.awsConfigConnectorArns ?? null;
    const accountIds = await accountsInReach(context);
    const { rows, token } = await numberedPage(input, context, {
      query: { list: 'connectorScans', only },
      numberOf: (row: ConnectorScanRow) => row.number,
      read: (after, limit) => listConnectorScans(db, accountIds, only, after, limit),
    });
    return { scanConfigurations: rows.map(scanShape), ...token };
  },

  async UpdateConnectorScanConfiguration({ awsConfigConnectorArn, scanConfiguration }, context) {
    const { db, now } = context.service;
    await requireConnector(awsConfigConnectorArn, context);
    const settings = (scanConfiguration.containerImageScanning ?? {}) as ConnectorScanSettings;
    await putConnectorScan(db, context.accountId, awsConfigConnectorArn, settings, now());
    return {};
  },
} satisfies Handlers<ApiContext>;

/** What is set for a configuration by the caller, or null where it has no connector with it. */
export async function ownConnectorScan(
  configConnectorArn: string,
  { service, accountId }: ApiContext,
): Promise<ConnectorScanRow | null> {
  return (await listConnectorScans(service.db, [accountId], [configConnectorArn], 0, 1))[0] ?? null;
}

async function requireConnector(arn: string, context: ApiContext): Promise<void> {
  if (await ownConnectorScan(arn, context)) return;
  const reach = await accountsInReach(context);
  const ofMembers = await listConnectorScans(context.service.db, reach, [arn], 0, 1);
  if (ofMembers.length > 0) throw denied('update this connector');
  throw resourceNotFound(`There is no connector with ${arn}.`);
}

function scanShape({ configConnectorArn, connectorArns, settings }: ConnectorScanRow) {
  return {
    awsConfigConnectorArn: configConnectorArn,
    connectorArns,
    scanConfiguration: { containerImageScanning: { ...untouched, ...(settings as Images | null) } },
  };
}
