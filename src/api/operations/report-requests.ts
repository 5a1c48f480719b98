import type { Destination } from '@aws-sdk/client-inspector2';
import { wrongDestination } from '../../jobs/report-destination.ts';
import { createReport, endReport, type Report } from '../../store/reports.ts';
import type { ApiContext } from '../context.ts';
import { validation } from '../wire/errors.ts';
import type { Checked } from '../wire/handlers.ts';

// What findings reports and SBOM exports have in common: one at a time in an account, written to a destination.

/** Begins a report or export. Throws the modelled error when the destination is wrong or another one is in progress. */
export async function beginReport(
  { service, accountId }: ApiContext,
  asked: Pick<Report, 'kind' | 'format'> & {
    readonly criteria: unknown;
    readonly s3Destination: Checked<Destination>;
  },
): Promise<Report> {
  const { kind, format } = asked;
  const { bucketName, keyPrefix, kmsKeyArn } = asked.s3Destination;
  const destination = { bucketName, keyPrefix: keyPrefix ?? null, kmsKeyArn };
  const wrong = wrongDestination(destination);
  if (wrong) throw validation(wrong.message, { fields: [{ name: 's3Destination', message: wrong.code }] });
  const criteria = (asked.criteria as Report['criteria'] | undefined) ?? null;
  const made = await createReport(
    service.db,
    { accountId, kind, format, criteria, destination },
    service.now(),
  );
  if (!made) throw validation('Cannot have multiple reports in-progress.');
  return made;
}

/** Where a report goes, as the API shows it. */
export function shownDestination({ destination }: Report): Checked<Destination> {
  const { bucketName, keyPrefix, kmsKeyArn } = destination;
  return { bucketName, kmsKeyArn, ...(keyPrefix === null ? {} : { keyPrefix }) };
}

/** Why a report failed, as the API shows it; empty where it did not. */
export function shownFailure({ errorCode, errorMessage }: Report) {
  return {
    ...(errorCode === null ? {} : { errorCode }),
    ...(errorMessage === null ? {} : { errorMessage }),
  };
}

/** Cancels a report. Throws when it has ended already; `what` names its kind in the error. */
export async function cancelReport({ service }: ApiContext, report: Report, what: string): Promise<void> {
  if (!(await endReport(service.db, report.reportNumber, 'CANCELLED', null, service.now())))
    throw validation(`The ${what} ${report.reportId} is not in progress any more.`);
}
