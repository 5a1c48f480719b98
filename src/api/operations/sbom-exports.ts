import type { Destination, ResourceFilterCriteria } from '@aws-sdk/client-inspector2';
import { wrongDestination } from '../../jobs/report-destination.ts';
import {
  createReport,
  endReport,
  getReport,
  type Report,
  type ReportDestination,
} from '../../store/reports.ts';
import type { ApiContext } from '../context.ts';
import { resourceNotFound, validation } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';

export const sbomExportOperations = {
  async CreateSbomExport(input, context) {
    const { service, accountId } = context;
    const destination = destinationOf(input.s3Destination);
    const wrong = wrongDestination(destination);
    if (wrong) throw validation(wrong.message, { fields: [{ name: 's3Destination', message: wrong.code }] });
    const made = await createReport(
      service.db,
      {
        accountId,
        kind: 'SBOM',
        format: input.reportFormat,
        criteria: (input.resourceFilterCriteria as Report['criteria'] | undefined) ?? null,
        destination,
      },
      service.now(),
    );
    if (!made) throw validation('Cannot have multiple reports in-progress.');
    await service.queue.sbomExport(made.reportNumber, 'CreateSbomExport');
    return { reportId: made.reportId };
  },

  async GetSbomExport(input, context) {
    const found = await ownExport(input.reportId, context);
    const { bucketName, keyPrefix, kmsKeyArn } = found.destination;
    return {
      reportId: found.reportId,
      format: found.format as 'CYCLONEDX_1_4',
      status: found.status,
      s3Destination: { bucketName, kmsKeyArn, ...(keyPrefix === null ? {} : { keyPrefix }) },
      ...(found.errorCode === null ? {} : { errorCode: found.errorCode }),
      ...(found.errorMessage === null ? {} : { errorMessage: found.errorMessage }),
      ...(found.criteria === null
        ? {}
        : { filterCriteria: found.criteria as Checked<ResourceFilterCriteria> }),
    };
  },

  async CancelSbomExport(input, context) {
    const { db, now } = context.service;
    const found = await ownExport(input.reportId, context);
    if (!(await endReport(db, found.reportNumber, 'CANCELLED', null, now())))
      throw validation(`The export ${found.reportId} is not in progress any more.`);
    return { reportId: found.reportId };
  },
} satisfies Handlers<ApiContext>;

async function ownExport(reportId: string, { service, accountId }: ApiContext): Promise<Report> {
  const found = await getReport(service.db, accountId, 'SBOM', reportId);
  if (!found) throw resourceNotFound(`There is no export ${reportId}.`);
  return found;
}

function destinationOf({ bucketName, keyPrefix, kmsKeyArn }: Checked<Destination>): ReportDestination {
  return { bucketName, keyPrefix: keyPrefix ?? null, kmsKeyArn };
}
