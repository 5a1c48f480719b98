import {
  type CodeIntegration,
  codeIntegrationsMax,
  createCodeIntegration,
  deleteCodeIntegration,
  getCodeIntegration,
  listCodeIntegrations,
  setCodeIntegrationStatus,
} from '../../store/code-integrations.ts';
import { getTags, putTags, type Tags } from '../../store/tags.ts';
import type { ApiContext } from '../context.ts';
import { conflict, resourceNotFound, serviceQuotaExceeded, validation } from '../wire/errors.ts';
import type { Handlers } from '../wire/handlers.ts';
import { numberedPage } from './numbered-list.ts';
import { checkTagCount } from './tag-count.ts';

// An integration is kept with what it is for. This version does not speak to providers: it asks them for nothing,
// keeps none of the secrets that it is given, and says so in the status.

const providers: Readonly<Record<CodeIntegration['type'], string>> = {
  GITHUB: 'GitHub',
  GITLAB_SELF_MANAGED: 'GitLab',
};

export const codeIntegrationOperations = {
  async CreateCodeSecurityIntegration(input, context) {
    const { service, accountId } = context;
    const instanceUrl = input.details?.gitlabSelfManaged?.instanceUrl ?? null;
    if ((input.type === 'GITLAB_SELF_MANAGED') !== (instanceUrl !== null))
      throw wrong(
        'details',
        `is for GITLAB_SELF_MANAGED, and the type is ${input.type}`,
        instanceUrl === null,
      );
    checkTagCount(input.tags);
    const made = await createCodeIntegration(
      service.db,
      service.region,
      {
        accountId,
        name: input.name,
        type: input.type,
        instanceUrl,
        status: 'PENDING',
        statusReason: `Waits for a connection to ${providers[input.type]}, which this version cannot make; no token was kept.`,
      },
      service.now(),
    );
    if (made === 'taken')
      throw conflict(`An integration named '${input.name}' exists already.`, {
        resourceId: input.name,
        resourceType: 'CODE_SECURITY_INTEGRATION',
      });
    if (made === 'full')
      throw serviceQuotaExceeded(`An account may have ${codeIntegrationsMax} integrations.`, {
        resourceId: accountId,
      });
    if (input.tags) await putTags(service.db, made.arn, input.tags);
    return { integrationArn: made.arn, status: made.status };
  },

  async UpdateCodeSecurityIntegration({ integrationArn, details }, context) {
    const { db, now } = context.service;
    const found = await ownIntegration(integrationArn, context);
    const isFor = details.github ? 'GITHUB' : 'GITLAB_SELF_MANAGED';
    if (isFor !== found.type)
      throw wrong('details', `is for ${isFor}, and the integration is for ${found.type}`);
    const status = 'INACTIVE';
    const statusReason = `The authorization could not be taken to ${providers[found.type]}: this version does not connect to it. The code was not kept.`;
    await setCodeIntegrationStatus(db, found.integrationNumber, { status, statusReason }, now());
    return { integrationArn, status };
  },

  async GetCodeSecurityIntegration({ integrationArn, tags: wanted = {} }, context) {
    const found = await ownIntegration(integrationArn, context);
    const tags = await getTags(context.service.db, integrationArn);
    if (!Object.entries(wanted).every(([key, value]) => tags[key] === value))
      throw noIntegration(integrationArn);
    return integrationShape(found, tags);
  },

  async DeleteCodeSecurityIntegration({ integrationArn }, context) {
    await deleteCodeIntegration(context.service.db, await ownIntegration(integrationArn, context));
    return { integrationArn };
  },

  async ListCodeSecurityIntegrations(input, context) {
    const { db } = context.service;
    const { rows, token } = await numberedPage(input, context, {
      query: { list: 'codeIntegrations' },
      numberOf: (row: CodeIntegration) => row.integrationNumber,
      read: (after, limit) => listCodeIntegrations(db, context.accountId, after, limit),
    });
    const integrations = [];
    for (const row of rows) integrations.push(integrationShape(row, await getTags(db, row.arn)));
    return { integrations, ...token };
  },
} satisfies Handlers<ApiContext>;

async function ownIntegration(arn: string, { service, accountId }: ApiContext): Promise<CodeIntegration> {
  const found = await getCodeIntegration(service.db, accountId, arn);
  if (!found) throw noIntegration(arn);
  return found;
}

function noIntegration(arn: string) {
  return resourceNotFound(`There is no integration ${arn}.`);
}

function integrationShape(found: CodeIntegration, tags: Tags) {
  return {
    integrationArn: found.arn,
    name: found.name,
    type: found.type,
    status: found.status,
    statusReason: found.statusReason,
    createdOn: new Date(found.createdAt),
    lastUpdateOn: new Date(found.updatedAt),
    tags,
  };
}

function wrong(name: string, message: string, isMissing = false) {
  const text = isMissing ? 'has to name the instance and its token' : message;
  return validation(`${name} ${text}.`, { fields: [{ name, message: text }] });
}
