import type { ResourceFilterCriteria } from '@aws-sdk/client-inspector2';
import { getReport, type Report } from '../../store/reports.ts';
import type { ApiContext } from '../context.ts';
import { resourceNotFound } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { beginReport, cancelReport, shownDestination, shownFailure } from './report-requests.ts';

export const sbomExportOperations = {
  async CreateSbomExport(input, context) {
    const { reportFormat: format, resourceFilterCriteria: criteria, s3Destination } = input;
    const made = await beginReport(context, { kind: 'SBOM', format, criteria, s3Destination });
    await context.service.queue.sbomExport(made.reportNumber, 'CreateSbomExport');
    return { reportId: made.reportId };
  },

  async GetSbomExport(input, context) {
    const found = await ownExport(input.reportId, context);
    return {
      reportId: found.reportId,
      format: found.format as 'CYCLONEDX_1_4',
      status: found.status,
      s3Destination: shownDestination(found),
      ...shownFailure(found),
      ...(found.criteria === null
        ? {}
        : { filterCriteria: found.criteria as Checked<ResourceFilterCriteria> }),
    };
  },

  async CancelSbomExport(input, context) {
    const found = await ownExport(input.reportId, context);
    await cancelReport(context, found, 'export');
    return { reportId: found.reportId };
  },
} satisfies Handlers<ApiContext>;

async function ownExport(reportId: string, { service, accountId }: ApiContext): Promise<Report> {
  const found = await getReport(service.db, accountId, 'SBOM', reportId);
  if (!found) throw resourceNotFound(`There is no export ${reportId}.`);
  return found;
}
