import type {
  AssociateConfigurationRequest,
  AssociationResultStatusCode,
  FailedAssociationResult,
  SuccessfulAssociationResult,
} from '@aws-sdk/client-inspector2';
import type { CodeConfiguration } from '../../store/code-configurations.ts';
import {
  associateProject,
  type CodeProject,
  disassociateProject,
  getCodeProject,
  listProjectsOf,
} from '../../store/code-projects.ts';
import type { ApiContext } from '../context.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { noAccess } from './authority.ts';
import { noConfiguration, visibleCodeConfiguration } from './code-configurations.ts';
import { numberedPage } from './numbered-list.ts';
import { accountsInReach } from './reach.ts';

type Asked = Checked<AssociateConfigurationRequest>;
type Refusal = { readonly statusCode: AssociationResultStatusCode; readonly statusMessage: string };
type Pair = { readonly configuration: CodeConfiguration; readonly project: CodeProject };

export const codeAssociationOperations = {
  async BatchAssociateCodeSecurityScanConfiguration(input, context) {
    const { db, now } = context.service;
    return forEach(input.associateConfigurationRequests, context, async ({ configuration, project }) => {
      if (configuration.isDefault)
        return refusal('INVALID_INPUT', 'A default configuration holds for all projects.');
      if (configuration.level === 'ACCOUNT' && project.accountId !== configuration.accountId)
        return refusal('INVALID_INPUT', 'The configuration is for projects of its own account.');
      const isDone = await associateProject(db, configuration, project, now());
      return isDone
        ? null
        : refusal('QUOTA_EXCEEDED', 'The project or the configuration has as many as it may.');
    });
  },

  async BatchDisassociateCodeSecurityScanConfiguration(input, context) {
    const { db } = context.service;
    return forEach(input.disassociateConfigurationRequests, context, async ({ configuration, project }) => {
      const isDone = await disassociateProject(db, configuration, project);
      return isDone
        ? null
        : refusal('RESOURCE_NOT_FOUND', 'The project is not associated with the configuration.');
    });
  },

  async ListCodeSecurityScanConfigurationAssociations(input, context) {
    const seen = await visibleCodeConfiguration(input.scanConfigurationArn, context);
    if (!seen) throw noConfiguration(input.scanConfigurationArn);
    const { configuration } = seen;
    const reach = await accountsInReach(context);
    const accountIds = configuration.level === 'ACCOUNT' ? [configuration.accountId] : reach;
    const { rows, token } = await numberedPage(input, context, {
      query: { list: 'codeAssociations', of: configuration.arn },
      numberOf: (row: CodeProject) => row.resourceId,
      read: (after, limit) => listProjectsOf(context.service.db, configuration, accountIds, after, limit),
    });
    return { associations: rows.map(({ projectId }) => ({ resource: { projectId } })), ...token };
  },
} satisfies Handlers<ApiContext>;

/** Does something with each pair of configuration and project, and tells which could not be done and why. */
async function forEach(
  requests: readonly Asked[],
  context: ApiContext,
  work: (pair: Pair) => Promise<Refusal | null>,
) {
  const failedAssociations: Checked<FailedAssociationResult>[] = [];
  const successfulAssociations: Checked<SuccessfulAssociationResult>[] = [];
  const accountIds = await accountsInReach(context);
  for (const request of requests) {
    const pair = await pairOf(request, accountIds, context);
    const refused = 'statusCode' in pair ? pair : await work(pair);
    if (refused) failedAssociations.push({ ...request, ...refused });
    else successfulAssociations.push(request);
  }
  return { failedAssociations, successfulAssociations };
}

async function pairOf(
  { scanConfigurationArn, resource }: Asked,
  accountIds: readonly string[],
  context: ApiContext,
): Promise<Pair | Refusal> {
  const seen = await visibleCodeConfiguration(scanConfigurationArn, context);
  if (!seen) return refusal('SCAN_CONFIGURATION_NOT_FOUND', 'There is no such scan configuration.');
  if (!seen.canChange) return refusal('ACCESS_DENIED', noAccess);
  const project = await getCodeProject(context.service.db, resource.projectId ?? '', accountIds);
  if (!project) return refusal('RESOURCE_NOT_FOUND', 'There is no such project.');
  return { configuration: seen.configuration, project };
}

function refusal(statusCode: AssociationResultStatusCode, statusMessage: string): Refusal {
  return { statusCode, statusMessage };
}
