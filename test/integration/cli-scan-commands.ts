import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Command, command, json, type Known, none } from './cli-command.ts';

const session = ({ job = '', token = '' }: Known) => ['--scan-job-id', job, '--session-token', token];

const targets = json({ accountIds: ['SELF'], targetResourceTags: { env: ['prod'] } });

export const cisCommands: readonly Command[] = [
  command(
    'create-cis-scan-configuration',
    () => [
      '--scan-name',
      'once',
      '--security-level',
      'LEVEL_1',
      '--schedule',
      '{"oneTime":{}}',
      '--targets',
      targets,
    ],
    ({ scanConfigurationArn }, known) => {
      known.cis = scanConfigurationArn;
    },
  ),
  command('list-cis-scans', none, ({ scans }, known) => {
    assert.equal(scans[0].status, 'IN_PROGRESS');
    known.scan = scans[0].scanArn;
  }),
  command('start-cis-session', ({ job = '', token = '' }) => [
    '--scan-job-id',
    job,
    '--message',
    json({ sessionToken: token }),
  ]),
  command('send-cis-session-health', session),
  command('send-cis-session-telemetry', (known) => [
    ...session(known),
    '--messages',
    json([
      {
        ruleId: 'x_rule_1.1_Ensure_it',
        status: 'FAILED',
        cisRuleDetails: Buffer.from('{"reason":"because"}').toString('base64'),
      },
    ]),
  ]),
  command('stop-cis-session', (known) => [
    ...session(known),
    '--message',
    json({ status: 'SUCCESS', progress: { totalChecks: 1 } }),
  ]),
  command(
    'list-cis-scan-results-aggregated-by-checks',
    ({ scan = '' }) => ['--scan-arn', scan],
    ({ checkAggregations }) =>
      assert.deepEqual(
        [checkAggregations[0].checkId, checkAggregations[0].title, checkAggregations[0].statusCounts.failed],
        ['1.1', 'Ensure it', 1],
      ),
  ),
  command(
    'list-cis-scan-results-aggregated-by-target-resource',
    ({ scan = '' }) => ['--scan-arn', scan],
    ({ targetResourceAggregations }) => assert.equal(targetResourceAggregations[0].targetStatus, 'COMPLETED'),
  ),
  command(
    'get-cis-scan-result-details',
    ({ scan = '', machine = '', account = '' }) => [
      '--scan-arn',
      scan,
      '--target-resource-id',
      machine,
      '--account-id',
      account,
    ],
    ({ scanResultDetails }) => assert.equal(scanResultDetails[0].status, 'FAILED'),
  ),
  command(
    'get-cis-scan-report',
    ({ scan = '' }) => ['--scan-arn', scan, '--report-format', 'CSV'],
    (answer) => {
      assert.equal(answer.status, 'SUCCEEDED');
      assert.match(answer.url, /^data:text\/csv/);
    },
  ),
  command('update-cis-scan-configuration', (known) => [
    '--scan-configuration-arn',
    known.cis ?? '',
    '--scan-name',
    'twice',
  ]),
  command('list-cis-scan-configurations', none, ({ scanConfigurations }) =>
    assert.equal(scanConfigurations[0].scanName, 'twice'),
  ),
  command('delete-cis-scan-configuration', (known) => ['--scan-configuration-arn', known.cis ?? '']),
];

const pair = ({ code, project }: Known) =>
  json([{ scanConfigurationArn: code, resource: { projectId: project } }]);
const project = (known: Known) => json({ projectId: known.project });

export const codeCommands: readonly Command[] = [
  command(
    'create-code-security-integration',
    () => ['--name', 'hub', '--type', 'GITHUB'],
    ({ integrationArn, status }, known) => {
      assert.equal(status, 'PENDING');
      known.integration = integrationArn;
    },
  ),
  command('update-code-security-integration', ({ integration = '' }) => [
    '--integration-arn',
    integration,
    '--details',
    json({ github: { code: 'c', installationId: '1' } }),
  ]),
  command(
    'get-code-security-integration',
    ({ integration = '' }) => ['--integration-arn', integration],
    ({ status }) => assert.equal(status, 'INACTIVE'),
  ),
  command('list-code-security-integrations', none, ({ integrations }) =>
    assert.equal(integrations.length, 1),
  ),
  command('delete-code-security-integration', ({ integration = '' }) => ['--integration-arn', integration]),
  command(
    'create-code-security-scan-configuration',
    () => ['--name', 'code', '--level', 'ACCOUNT', '--configuration', json({ ruleSetCategories: ['SCA'] })],
    ({ scanConfigurationArn }, known) => {
      known.code = scanConfigurationArn;
    },
  ),
  command('update-code-security-scan-configuration', (known) => [
    '--scan-configuration-arn',
    known.code ?? '',
    '--configuration',
    json({ ruleSetCategories: ['SCA', 'IAC'] }),
  ]),
  command(
    'get-code-security-scan-configuration',
    (known) => ['--scan-configuration-arn', known.code ?? ''],
    (answer) => assert.deepEqual(answer.configuration.ruleSetCategories, ['SCA', 'IAC']),
  ),
  command('list-code-security-scan-configurations', none, ({ configurations }) =>
    assert.equal(configurations.length, 1),
  ),
  command(
    'batch-associate-code-security-scan-configuration',
    (known) => ['--associate-configuration-requests', pair(known)],
    ({ successfulAssociations }) => assert.equal(successfulAssociations.length, 1),
  ),
  command(
    'list-code-security-scan-configuration-associations',
    (known) => ['--scan-configuration-arn', known.code ?? ''],
    ({ associations }) => assert.equal(associations.length, 1),
  ),
  command(
    'start-code-security-scan',
    (known) => ['--resource', project(known)],
    ({ scanId }, known) => {
      known.codeScan = scanId;
    },
  ),
  command(
    'get-code-security-scan',
    (known) => ['--resource', project(known), '--scan-id', known.codeScan ?? ''],
    ({ status }) => assert.match(status, /IN_PROGRESS|SKIPPED/),
  ),
  command(
    'batch-disassociate-code-security-scan-configuration',
    (known) => ['--disassociate-configuration-requests', pair(known)],
    ({ successfulAssociations }) => assert.equal(successfulAssociations.length, 1),
  ),
  command('delete-code-security-scan-configuration', (known) => [
    '--scan-configuration-arn',
    known.code ?? '',
  ]),
];

/** A token as agents choose one. */
export const sessionToken = randomUUID();
