import type { FilterCriteria } from '@aws-sdk/client-inspector2';
import { getReport } from '../../store/reports.ts';
import type { ApiContext } from '../context.ts';
import { resourceNotFound } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';
import { withDates } from './filters.ts';
import { beginReport, cancelReport, shownDestination, shownFailure } from './report-requests.ts';

export const reportOperations = {
  async CreateFindingsReport(input, context) {
    const { reportFormat: format, filterCriteria: criteria, s3Destination } = input;
    const made = await beginReport(context, { kind: 'FINDINGS', format, criteria, s3Destination });
    await context.service.queue.report(made.reportNumber, 'CreateFindingsReport');
    return { reportId: made.reportId };
  },

  async GetFindingsReportStatus(input, context) {
    const { service, accountId } = context;
    const report = await getReport(service.db, accountId, 'FINDINGS', input.reportId ?? null);
    if (!report) throw noReport(input.reportId);
    return {
      reportId: report.reportId,
      status: report.status,
      destination: shownDestination(report),
      ...shownFailure(report),
      ...(report.criteria === null
        ? {}
        : { filterCriteria: withDates(report.criteria) as Checked<FilterCriteria> }),
    };
  },

  async CancelFindingsReport(input, context) {
    const { service, accountId } = context;
    const report = await getReport(service.db, accountId, 'FINDINGS', input.reportId);
    if (!report) throw noReport(input.reportId);
    await cancelReport(context, report, 'report');
    return { reportId: report.reportId };
  },
} satisfies Handlers<ApiContext>;

function noReport(reportId: string | undefined) {
  return resourceNotFound(reportId ? `There is no report ${reportId}.` : 'No report is in progress.');
}
