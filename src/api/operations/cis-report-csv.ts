import type { CisDetailRow } from '../../store/cis-results.ts';
import { detailReason } from './cis-scans.ts';

const columns: readonly (readonly [string, (row: CisDetailRow) => string | null])[] = [
  ['AWS Account Id', (row) => row.accountId],
  ['Resource ID', (row) => row.resourceId],
  ['Platform', (row) => row.platform],
  ['Check ID', (row) => row.checkId],
  ['Title', (row) => row.title],
  ['Level', (row) => row.level],
  ['Status', (row) => row.status],
  ['Status Reason', detailReason],
  ['Description', (row) => row.description],
  ['Remediation', (row) => row.remediation],
  ['Finding ARN', (row) => row.findingArn],
];

/** Results of a CIS scan as RFC 4180 CSV with a header. */
export function cisReportCsv(rows: readonly CisDetailRow[]): string {
  const lines = rows.map((row) => line(columns.map(([, cell]) => cell(row) ?? '')));
  return [line(columns.map(([name]) => name)), ...lines].join('');
}

// Texts come from agents: what a spreadsheet would take for a formula is made text.
function line(cells: readonly string[]): string {
  const safe = cells.map((cell) => (/^[=+@\t\r]|^-(?!\d)/.test(cell) ? `'${cell}` : cell));
  return `${safe.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\r\n`;
}
