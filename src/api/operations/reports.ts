import type { Destination, FilterCriteria } from '@aws-sdk/client-inspector2';
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
import { withDates } from './filters.ts';

export const reportOperations = {
  async CreateFindingsReport(input, context) {
    const { service, accountId } = context;
    const destination = destinationOf(input.s3Destination);
    const wrong = wrongDestination(destination);
    if (wrong) throw validation(wrong.message, { fields: [{ name: 's3Destination', message: wrong.code }] });
    const made = await createReport(
      service.db,
      {
        accountId,
        kind: 'FINDINGS',
        format: input.reportFormat,
        criteria: (input.filterCriteria as Report['criteria'] | undefined) ?? null,
        destination,
      },
      service.now(),
    );
    if (!made) throw validation('Cannot have multiple reports in-progress.');
    await service.queue.report(made.reportNumber, 'CreateFindingsReport');
    return { reportId: made.reportId };
  },

  async GetFindingsReportStatus(input, context) {
    const { service, accountId } = context;
    const report = await getReport(service.db, accountId, 'FINDINGS', input.reportId ?? null);
    if (!report) throw noReport(input.reportId);
    const { bucketName, keyPrefix, kmsKeyArn } = report.destination;
    return {
      reportId: report.reportId,
      status: report.status,
      destination: { bucketName, kmsKeyArn, ...(keyPrefix === null ? {} : { keyPrefix }) },
      ...(report.errorCode === null ? {} : { errorCode: report.errorCode }),
      ...(report.errorMessage === null ? {} : { errorMessage: report.errorMessage }),
      ...(report.criteria === null
        ? {}
        : { filterCriteria: withDates(report.criteria) as Checked<FilterCriteria> }),
    };
  },

  async CancelFindingsReport(input, context) {
    const { service, accountId } = context;
    const report = await getReport(service.db, accountId, 'FINDINGS', input.reportId);
    if (!report) throw noReport(input.reportId);
    if (!(await endReport(service.db, report.reportNumber, 'CANCELLED', null, service.now())))
      throw validation(`The report ${report.reportId} is not in progress any more.`);
    return { reportId: report.reportId };
  },
} satisfies Handlers<ApiContext>;

function destinationOf({ bucketName, keyPrefix, kmsKeyArn }: Checked<Destination>): ReportDestination {
  return { bucketName, keyPrefix: keyPrefix ?? null, kmsKeyArn };
}

function noReport(reportId: string | undefined) {
  return resourceNotFound(reportId ? `There is no report ${reportId}.` : 'No report is in progress.');
}
