import {
  type CisDetailRow,
  cisDetailSorts,
  countCisResults,
  listCisDetails,
} from '../../store/cis-results.ts';
import type { CisScan } from '../../store/cis-scans.ts';
import type { SortMark } from '../../store/sorted-page.ts';
import type { ApiContext } from '../context.ts';
import { resourceNotFound, validation } from '../wire/errors.ts';
import type { Handlers } from '../wire/handlers.ts';
import { denied } from './authority.ts';
import { cisReportCsv } from './cis-report-csv.ts';
import { cisReportPdf } from './cis-report-pdf.ts';
import { findScan } from './cis-scans.ts';

// A report is made when it is asked for and comes in the URL itself, so it is bounded.
const resultsMax = 20_000;
const rowsAtOnce = 2_000;

export const cisReportOperations = {
  async GetCisScanReport(input, context) {
    const seen = await findScan(input.scanArn, context);
    if (!seen) throw resourceNotFound(`There is no CIS scan ${input.scanArn}.`);
    const { scan, accountIds } = seen;
    const wanted = input.targetAccounts ?? [];
    if (!wanted.every((id) => accountIds.includes(id))) throw denied('this account');
    if (scan.status === 'IN_PROGRESS') return { status: 'IN_PROGRESS' as const };
    const accounts = wanted.length > 0 ? wanted : accountIds;
    const count = await countCisResults(context.service.db, scan.scanNumber, accounts);
    if (count > resultsMax)
      throw validation(
        `The report would have ${count} results, and ${resultsMax} is the most. Name one account in targetAccounts, or read GetCisScanResultDetails page by page.`,
        { fields: [{ name: 'targetAccounts', message: 'leaves too many results' }] },
      );
    const rows = await allDetails(scan, accounts, context);
    const [type, bytes] =
      input.reportFormat === 'CSV'
        ? ['text/csv;charset=utf-8', Buffer.from(cisReportCsv(rows))]
        : ['application/pdf', cisReportPdf(scan, rows)];
    return { status: 'SUCCEEDED' as const, url: `data:${type};base64,${bytes.toString('base64')}` };
  },
} satisfies Handlers<ApiContext>;

async function allDetails(
  { scanNumber }: CisScan,
  accountIds: readonly string[],
  { service }: ApiContext,
): Promise<readonly CisDetailRow[]> {
  const all: CisDetailRow[] = [];
  let after: SortMark | null = null;
  for (;;) {
    const page: readonly CisDetailRow[] = await listCisDetails(service.db, {
      scanNumber,
      accountIds,
      resourceId: null,
      region: service.region,
      criteria: {},
      tags: [],
      sort: cisDetailSorts.MACHINE as NonNullable<(typeof cisDetailSorts)['MACHINE']>,
      descending: false,
      after,
      limit: rowsAtOnce,
    });
    all.push(...page);
    const last = page.at(-1);
    if (!last || page.length < rowsAtOnce) return all;
    after = { value: last.sortValue, id: last.sortId };
  }
}
