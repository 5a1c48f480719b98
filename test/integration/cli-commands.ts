import assert from 'node:assert/strict';
import { type Command, command, json, type Known, none } from './cli-command.ts';
import { cisCommands, codeCommands } from './cli-scan-commands.ts';

// Every command of the AWS CLI for Inspector, in an order in which each has what it needs. One caller is management,
// delegated administrator and owner of everything.

const uuid = '0d2f4a6c-1111-4222-8333-444455556666';
const key = ['--scan-type', 'CODE', '--resource-type', 'CODE_REPOSITORY'];
const criteria = json({ title: [{ comparison: 'PREFIX', value: 'CVE' }] });
const destination = ({ account }: Known) =>
  json({
    bucketName: 'my-bucket',
    keyPrefix: 'p',
    kmsKeyArn: `arn:aws:kms:eu-central-1:${account}:key/${uuid}`,
  });

const organisation: readonly Command[] = [
  command('enable-delegated-admin-account', ({ account = '' }) => ['--delegated-admin-account-id', account]),
  command('get-delegated-admin-account', none, ({ delegatedAdmin }, { account }) =>
    assert.equal(delegatedAdmin.accountId, account),
  ),
  command('list-delegated-admin-accounts', none, ({ delegatedAdminAccounts }) =>
    assert.equal(delegatedAdminAccounts.length, 1),
  ),
  command('update-organization-configuration', () => ['--auto-enable', 'ec2=true,ecr=true']),
  command('describe-organization-configuration', none, ({ autoEnable }) =>
    assert.equal(autoEnable.ec2, true),
  ),
  command('associate-member', ({ member = '' }) => ['--account-id', member]),
  command(
    'get-member',
    ({ member = '' }) => ['--account-id', member],
    (answer) => assert.equal(answer.member.relationshipStatus, 'ENABLED'),
  ),
  command('list-members', none, ({ members }) => assert.equal(members.length, 1)),
  command('enable', ({ member = '' }) => ['--account-ids', member, '--resource-types', 'LAMBDA']),
  command(
    'batch-get-account-status',
    ({ member = '' }) => ['--account-ids', member],
    ({ accounts }) => assert.equal(accounts[0].resourceState.lambda.status, 'ENABLED'),
  ),
  command('list-account-permissions', none, ({ permissions }) => assert.ok(permissions.length > 0)),
  command(
    'batch-get-free-trial-info',
    ({ account = '' }) => ['--account-ids', account],
    (answer, { account }) => assert.equal(answer.accounts[0].accountId, account),
  ),
  command('list-usage-totals', none, ({ totals }) => assert.ok(totals.length > 0)),
];

const configuration: readonly Command[] = [
  command('update-configuration', () => ['--ecr-configuration', 'rescanDuration=DAYS_30']),
  command('get-configuration', none, ({ ecrConfiguration }) =>
    assert.equal(ecrConfiguration.rescanDurationState.rescanDuration, 'DAYS_30'),
  ),
  command('update-ec2-deep-inspection-configuration', () => ['--package-paths', '/srv']),
  command('update-org-ec2-deep-inspection-configuration', () => ['--org-package-paths', '/opt']),
  command('get-ec2-deep-inspection-configuration', none, ({ packagePaths, orgPackagePaths }) =>
    assert.deepEqual([packagePaths, orgPackagePaths], [['/srv'], ['/opt']]),
  ),
  command(
    'batch-update-member-ec2-deep-inspection-status',
    ({ member }) => ['--account-ids', `accountId=${member},activateDeepInspection=false`],
    ({ accountIds }) => assert.equal(accountIds[0].status, 'DEACTIVATED'),
  ),
  command('batch-get-member-ec2-deep-inspection-status', none, ({ accountIds }) =>
    assert.equal(accountIds.length, 1),
  ),
  command('update-encryption-key', ({ account }) => [
    ...key,
    '--kms-key-id',
    `arn:aws:kms:eu-central-1:${account}:key/${uuid}`,
  ]),
  command(
    'get-encryption-key',
    () => key,
    ({ kmsKeyId }) => assert.match(kmsKeyId, /:key\//),
  ),
  command('reset-encryption-key', () => key),
];

const findings: readonly Command[] = [
  command('list-findings', none, (answer, known) => {
    assert.ok(answer.findings.length > 0);
    known.finding = answer.findings[0].findingArn;
  }),
  command(
    'list-finding-aggregations',
    () => ['--aggregation-type', 'ACCOUNT'],
    ({ responses }) => assert.equal(responses.length, 1),
  ),
  command(
    'batch-get-finding-details',
    ({ finding = '' }) => ['--finding-arns', finding],
    (answer) => assert.equal(answer.findingDetails.length, 1),
  ),
  command(
    'batch-get-code-snippet',
    ({ finding = '' }) => ['--finding-arns', finding],
    ({ errors }) => assert.equal(errors[0].errorCode, 'CODE_SNIPPET_NOT_FOUND'),
  ),
  command(
    'search-vulnerabilities',
    () => ['--filter-criteria', json({ vulnerabilityIds: ['CVE-2024-0101'] })],
    ({ vulnerabilities }) => assert.equal(vulnerabilities[0].id, 'CVE-2024-0101'),
  ),
  command(
    'get-clusters-for-image',
    ({ image }) => ['--filter', json({ resourceId: image })],
    ({ cluster }) => assert.deepEqual(cluster, []),
  ),
  command('list-coverage', none, ({ coveredResources }) => assert.ok(coveredResources.length >= 3)),
  command(
    'list-coverage-statistics',
    () => ['--group-by', 'RESOURCE_TYPE'],
    ({ countsByGroup }) => assert.ok(countsByGroup.length >= 3),
  ),
  command(
    'create-filter',
    () => ['--name', 'a-filter', '--action', 'NONE', '--filter-criteria', criteria],
    ({ arn }, known) => {
      known.filter = arn;
    },
  ),
  command('update-filter', ({ filter = '' }) => ['--filter-arn', filter, '--description', 'changed']),
  command(
    'list-filters',
    ({ filter = '' }) => ['--arns', filter],
    (answer) => assert.equal(answer.filters[0].description, 'changed'),
  ),
  command('tag-resource', ({ filter = '' }) => ['--resource-arn', filter, '--tags', 'team=a,b=c']),
  command('untag-resource', ({ filter = '' }) => ['--resource-arn', filter, '--tag-keys', 'b']),
  command(
    'list-tags-for-resource',
    ({ filter = '' }) => ['--resource-arn', filter],
    ({ tags }) => assert.deepEqual(tags, { team: 'a' }),
  ),
  command('delete-filter', ({ filter = '' }) => ['--arn', filter]),
];

const reports: readonly Command[] = [
  command(
    'create-findings-report',
    (known) => ['--report-format', 'CSV', '--s3-destination', destination(known)],
    ({ reportId }, known) => {
      known.report = reportId;
    },
  ),
  command(
    'get-findings-report-status',
    ({ report = '' }) => ['--report-id', report],
    ({ status }) => assert.match(status, /IN_PROGRESS|SUCCEEDED/),
  ),
  command('cancel-findings-report', () => ['--report-id', uuid], undefined, 'ResourceNotFoundException'),
  command(
    'create-sbom-export',
    (known) => ['--report-format', 'CYCLONEDX_1_4', '--s3-destination', destination(known)],
    ({ reportId }, known) => {
      known.export = reportId;
    },
  ),
  command(
    'get-sbom-export',
    (known) => ['--report-id', known.export ?? ''],
    ({ status, format }) => {
      assert.match(status, /IN_PROGRESS|SUCCEEDED/);
      assert.equal(format, 'CYCLONEDX_1_4');
    },
  ),
  command('cancel-sbom-export', () => ['--report-id', uuid], undefined, 'ResourceNotFoundException'),
];

const config = ({ account }: Known) => `arn:aws:config:eu-central-1:${account}:connector/azure/tenant/one`;

const connectors: readonly Command[] = [
  command(
    'create-connector',
    (known) => [
      '--name',
      'azure',
      '--provider',
      'AZURE',
      '--provider-detail',
      json({
        azure: {
          awsConfigConnectorArn: config(known),
          scopeConfiguration: { vmScanning: { scopeType: 'TENANT' } },
          azureRegions: ['westeurope'],
        },
      }),
    ],
    ({ connectorArn }, known) => {
      known.connector = connectorArn;
    },
  ),
  command('update-connector', ({ connector = '' }) => ['--connector-arn', connector, '--description', 'd']),
  command('list-connectors', none, ({ items }) => assert.equal(items[0].description, 'd')),
  command('update-connector-scan-configuration', (known) => [
    '--aws-config-connector-arn',
    config(known),
    '--scan-configuration',
    json({ containerImageScanning: { pushDuration: 'DAYS_3' } }),
  ]),
  command('list-connector-scan-configurations', none, ({ scanConfigurations }) =>
    assert.equal(scanConfigurations[0].scanConfiguration.containerImageScanning.pushDuration, 'DAYS_3'),
  ),
  command('delete-connector', ({ connector = '' }) => ['--connector-arn', connector]),
];

const end: readonly Command[] = [
  command('disassociate-member', ({ member = '' }) => ['--account-id', member]),
  command('disable-delegated-admin-account', ({ account = '' }) => ['--delegated-admin-account-id', account]),
  command('disable', () => ['--resource-types', 'LAMBDA_CODE']),
];

export const commands: readonly Command[] = [
  ...organisation,
  ...configuration,
  ...findings,
  ...reports,
  ...cisCommands,
  ...codeCommands,
  ...connectors,
  ...end,
];
