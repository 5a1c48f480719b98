import { settingsOfProject } from '../../store/code-configurations.ts';
import { getCodeIntegration } from '../../store/code-integrations.ts';
import { getCodeProject } from '../../store/code-projects.ts';
import { getTags } from '../../store/tags.ts';
import type { Subject, Values } from './audit.ts';
import { visibleCodeConfiguration } from './code-configurations.ts';
import { accountsInReach } from './reach.ts';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const integration: Subject = {
  name: (input, output) => text(output.integrationArn) || text(input.integrationArn),
  async state(input, output, { service, accountId }) {
    const arn = text(output?.integrationArn) || text(input.integrationArn);
    const found = arn === '' ? null : await getCodeIntegration(service.db, accountId, arn);
    if (!found) return null;
    const { name, type, instanceUrl, status } = found;
    return { name, type, instanceUrl, status, tags: await getTags(service.db, arn) };
  },
};

const configuration: Subject = {
  name: (input, output) => text(output.scanConfigurationArn) || text(input.scanConfigurationArn),
  async state(input, output, context) {
    const arn = text(output?.scanConfigurationArn) || text(input.scanConfigurationArn);
    const seen = arn === '' ? null : await visibleCodeConfiguration(arn, context);
    if (!seen) return null;
    const { name, level, settings, isDefault } = seen.configuration;
    return { name, level, settings, isDefault, tags: await getTags(context.service.db, arn) };
  },
};

const projectOf = (request: Values): string => text((request.resource as Values | undefined)?.projectId);

// What holds for each of the projects by association.
const associations = (member: string): Subject => {
  const requests = (input: Values) => (input[member] ?? []) as readonly Values[];
  return {
    name: (input) => requests(input).map(projectOf).join(','),
    async state(input, _output, context) {
      const { db } = context.service;
      const accountIds = await accountsInReach(context);
      const states: Record<string, unknown> = {};
      for (const request of requests(input)) {
        const project = await getCodeProject(db, projectOf(request), accountIds);
        if (project) states[project.projectId] = await settingsOfProject(db, project.resourceId, []);
      }
      return states;
    },
  };
};

/** What code security operations change. */
export const codeSubjects: Readonly<Record<string, Subject>> = {
  CreateCodeSecurityIntegration: integration,
  UpdateCodeSecurityIntegration: integration,
  DeleteCodeSecurityIntegration: integration,
  CreateCodeSecurityScanConfiguration: configuration,
  UpdateCodeSecurityScanConfiguration: configuration,
  DeleteCodeSecurityScanConfiguration: configuration,
  BatchAssociateCodeSecurityScanConfiguration: associations('associateConfigurationRequests'),
  BatchDisassociateCodeSecurityScanConfiguration: associations('disassociateConfigurationRequests'),
  StartCodeSecurityScan: {
    name: projectOf,
    state: async (_input, output) => (output === null ? null : { scanId: output.scanId }),
  },
};
