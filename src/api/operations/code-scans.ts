import { type CodeProject, getCodeProject } from '../../store/code-projects.ts';
import { type CodeScan, codeScanOfToken, createCodeScan, getCodeScan } from '../../store/code-scans.ts';
import type { ApiContext } from '../context.ts';
import { conflict, resourceNotFound } from '../wire/errors.ts';
import type { Handlers } from '../wire/handlers.ts';
import { accountsInReach } from './reach.ts';

export const codeScanOperations = {
  async StartCodeSecurityScan({ resource, clientToken }, context) {
    const { db, now, queue } = context.service;
    const project = await visibleProject(resource.projectId, context);
    const known =
      clientToken === undefined ? null : await codeScanOfToken(db, project.accountId, clientToken);
    if (known) return asked(known, project);
    const made = await createCodeScan(db, project, clientToken ?? null, now());
    if (!made) {
      const message = `A scan of ${project.projectId} is in progress already.`;
      throw conflict(message, { resourceId: project.projectId, resourceType: 'CODE_SECURITY_SCAN' });
    }
    await queue.scanProject(made.scanNumber, 'StartCodeSecurityScan');
    return { scanId: made.scanId, status: made.status };
  },

  async GetCodeSecurityScan({ resource, scanId }, context) {
    const project = await visibleProject(resource.projectId, context);
    const scan = await getCodeScan(context.service.db, project, scanId);
    if (!scan) throw resourceNotFound(`There is no scan ${scanId} of ${project.projectId}.`);
    return {
      scanId,
      resource: { projectId: project.projectId },
      accountId: scan.accountId,
      status: scan.status,
      ...(scan.statusReason === null ? {} : { statusReason: scan.statusReason }),
      createdAt: new Date(scan.createdAt),
      updatedAt: new Date(scan.updatedAt),
    };
  },
} satisfies Handlers<ApiContext>;

/** A project of the caller or, for an administrator, of its members. */
async function visibleProject(projectId: string | undefined, context: ApiContext): Promise<CodeProject> {
  const found = await getCodeProject(context.service.db, projectId ?? '', await accountsInReach(context));
  if (!found) throw resourceNotFound(`There is no project ${projectId}.`);
  return found;
}

// The same token asks for the same scan; for another project it is a mistake.
function asked({ scanId, status, resourceId }: CodeScan, project: CodeProject) {
  if (resourceId === project.resourceId) return { scanId, status };
  throw conflict('The clientToken was used for another project.', {
    resourceId: project.projectId,
    resourceType: 'CODE_SECURITY_SCAN',
  });
}
