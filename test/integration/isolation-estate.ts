import { randomUUID } from 'node:crypto';
import * as sdk from '@aws-sdk/client-inspector2';
import type { RunningService } from '../../testkit/running-service.ts';

// What the victim of the isolation test has beside findings and settings: CIS scans, code security, connectors and
// an SBOM export, each with a secret in it.

export type Kinds = Readonly<Record<string, readonly string[]>>;

/** Makes it, and answers the names of everything by the members of the API that take them. */
export async function furnishRest(running: RunningService, resources: readonly string[]): Promise<Kinds> {
  const cis = await furnishCis(running, resources.find((id) => id.startsWith('i-')) ?? '');
  const code = await furnishCode(running);
  const connectors = await furnishConnectors(running);
  const { client } = running;
  const { reportId = '' } = await client.send(
    new sdk.CreateSbomExportCommand({
      reportFormat: 'CYCLONEDX_1_4',
      s3Destination: {
        bucketName: 'secret-bucket',
        kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/0d2f4a6c-1111-2222-3333-444455556666',
      },
    }),
  );
  const scanConfigurationArn = [cis.configuration, code.configuration];
  return {
    scanArn: [cis.scan],
    scanConfigurationArn,
    scanJobId: [cis.job],
    sessionToken: [cis.token],
    integrationArn: [code.integration],
    projectId: [code.project],
    scanId: [code.scan],
    connectorArn: [connectors.connector],
    awsConfigConnectorArn: [connectors.config],
    reportId: [reportId],
  };
}

async function furnishCis({ client, service }: RunningService, machine: string) {
  const { pool } = service.database;
  await pool.query(`update resource set tags = '{"env":"prod"}' where id = $1`, [machine]);
  const { scanConfigurationArn: configuration = '' } = await client.send(
    new sdk.CreateCisScanConfigurationCommand({
      scanName: 'secret-scan',
      securityLevel: 'LEVEL_1',
      schedule: { oneTime: {} },
      targets: { accountIds: ['SELF'], targetResourceTags: { env: ['prod'] } },
    }),
  );
  const { scans = [] } = await client.send(new sdk.ListCisScansCommand({}));
  const { rows } = await pool.query('select job_id from cis_job');
  const [job, token] = [rows[0].job_id as string, randomUUID()];
  const session = { scanJobId: job, sessionToken: token };
  await client.send(new sdk.StartCisSessionCommand({ scanJobId: job, message: { sessionToken: token } }));
  const cisRuleDetails = Buffer.from(JSON.stringify({ title: 'secret-check' }));
  await client.send(
    new sdk.SendCisSessionTelemetryCommand({
      ...session,
      messages: [{ ruleId: '1.1', status: 'FAILED', cisRuleDetails }],
    }),
  );
  // The session stays open, so that somebody might try to close it.
  return { configuration, scan: scans[0]?.scanArn ?? '', job, token };
}

async function furnishCode({ client }: RunningService) {
  const { integrationArn: integration = '' } = await client.send(
    new sdk.CreateCodeSecurityIntegrationCommand({ name: 'secret-hub', type: 'GITHUB' }),
  );
  const { scanConfigurationArn: configuration = '' } = await client.send(
    new sdk.CreateCodeSecurityScanConfigurationCommand({
      name: 'secret-code',
      level: 'ACCOUNT',
      configuration: { ruleSetCategories: ['SCA'] },
      scopeSettings: { projectSelectionScope: 'ALL' },
    }),
  );
  const { associations = [] } = await client.send(
    new sdk.ListCodeSecurityScanConfigurationAssociationsCommand({ scanConfigurationArn: configuration }),
  );
  const project = associations[0]?.resource?.projectId ?? '';
  const { scanId: scan = '' } = await client.send(
    new sdk.StartCodeSecurityScanCommand({ resource: { projectId: project } }),
  );
  return { integration, configuration, project, scan };
}

async function furnishConnectors({ client }: RunningService) {
  const config = 'arn:aws:config:eu-central-1:111122223333:connector/azure/tenant/secret';
  const { connectorArn: connector = '' } = await client.send(
    new sdk.CreateConnectorCommand({
      name: 'secret-azure',
      provider: 'AZURE',
      providerDetail: {
        azure: {
          awsConfigConnectorArn: config,
          scopeConfiguration: { vmScanning: { scopeType: 'TENANT' } },
          azureRegions: ['secretregion'],
        },
      },
    }),
  );
  await client.send(
    new sdk.UpdateConnectorScanConfigurationCommand({
      awsConfigConnectorArn: config,
      scanConfiguration: { containerImageScanning: { pushDuration: 'DAYS_3' } },
    }),
  );
  return { connector, config };
}

/** All of it as its owner sees it. */
export async function stateOfRest({ client, service }: RunningService, kinds: Kinds): Promise<unknown> {
  const scanArn = kinds.scanArn?.[0];
  const resource = { projectId: kinds.projectId?.[0] ?? '' };
  const scanConfigurationArn = kinds.scanConfigurationArn?.[1];
  const answers = [
    await client.send(new sdk.ListCisScanConfigurationsCommand({})),
    await client.send(new sdk.ListCisScansCommand({})),
    await client.send(new sdk.ListCisScanResultsAggregatedByChecksCommand({ scanArn })),
    await client.send(new sdk.ListCisScanResultsAggregatedByTargetResourceCommand({ scanArn })),
    await client.send(new sdk.ListCodeSecurityIntegrationsCommand({})),
    await client.send(new sdk.ListCodeSecurityScanConfigurationsCommand({})),
    await client.send(new sdk.ListCodeSecurityScanConfigurationAssociationsCommand({ scanConfigurationArn })),
    await client.send(new sdk.GetCodeSecurityScanCommand({ resource, scanId: kinds.scanId?.[0] })),
    await client.send(new sdk.ListConnectorsCommand({})),
    await client.send(new sdk.ListConnectorScanConfigurationsCommand({})),
    await client.send(new sdk.GetSbomExportCommand({ reportId: kinds.reportId?.[0] })),
  ];
  const { rows } = await service.database.pool.query(
    `select job_id, status, passed, failed, skipped from cis_job where account_id = '111122223333'`,
  );
  return [...answers.map(({ $metadata, ...answer }) => answer), rows];
}
