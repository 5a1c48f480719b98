import { getTags } from '../../store/tags.ts';
import type { Subject } from './audit.ts';
import { ownConnectorScan } from './connector-scans.ts';
import { visibleConnector } from './connectors.ts';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const connector: Subject = {
  name: (input, output) => text(output.connectorArn) || text(input.connectorArn),
  async state(input, output, context) {
    const arn = text(output?.connectorArn) || text(input.connectorArn);
    const seen = arn === '' ? null : await visibleConnector(arn, context);
    if (!seen) return null;
    const { name, description, configConnectorArn, regions, scope, autoInstallScanner } = seen.connector;
    const tags = await getTags(context.service.db, arn);
    return { name, description, configConnectorArn, regions, scope, autoInstallScanner, tags };
  },
};

/** What operations on connectors change. */
export const connectorSubjects: Readonly<Record<string, Subject>> = {
  CreateConnector: connector,
  UpdateConnector: connector,
  DeleteConnector: connector,
  UpdateConnectorScanConfiguration: {
    name: (input) => text(input.awsConfigConnectorArn),
    state: async (input, _output, context) =>
      (await ownConnectorScan(text(input.awsConfigConnectorArn), context))?.settings ?? null,
  },
};
