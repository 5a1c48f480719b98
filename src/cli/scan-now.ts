import { judgeInventory, type ScanReport } from '../jobs/scan-once.ts';
import { type Severity, severityRank } from '../model/severity.ts';
import type { Readers } from '../pipeline/collect/readers.ts';
import type { TreeWitness } from '../pipeline/collect/tree-witness.ts';
import { remediesFor } from '../pipeline/match/remediation.ts';
import { baseImageOf } from '../plugins/targets/image.ts';
import { readVexDocuments } from '../plugins/vex/documents.ts';
import type { Settings } from '../service/settings.ts';
import { exitCode } from './command.ts';
import { openCurrentIntelligence } from './intelligence.ts';
import { reportDocument } from './report-documents.ts';
import { reportJson } from './report-json.ts';
import { reportTable } from './report-table.ts';
import { rowsShown, type ScanFormat } from './scan-formats.ts';
import { vexDocument, withVex } from './vex-report.ts';
import { collectReference } from './work.ts';

export type ScanRequest = {
  readonly reference: string;
  readonly format: ScanFormat;
  /** Findings of this severity and above are shown; null: all. */
  readonly least: Severity | null;
  readonly failOn: Severity | null;
  /** Every row of the table. */
  readonly isAll: boolean;
  /** VEX documents, and directories of them. */
  readonly vex: readonly string[];
};

export type ScanText = {
  readonly text: string;
  readonly exitCode: number;
  /** Whether scanning the same content again would say the same. */
  readonly isSettled: boolean;
  readonly witness: TreeWitness | null;
};

/** Scans a reference and puts the reports in words. */
export async function scanNow(request: ScanRequest, settings: Settings, readers: Readers): Promise<ScanText> {
  const { reference, format, least, failOn, isAll, vex } = request;
  const intelligence = await openCurrentIntelligence(settings.intelDirectory);
  try {
    const { collected, problems, isSettled, witness } = await collectReference(reference, settings, readers);
    const said = vex.length === 0 ? null : await readVexDocuments(vex);
    const reports = collected.map(({ resource, inventory }) => {
      const report = withVex(judgeInventory(resource, inventory, intelligence), said, intelligence);
      const findings = report.findings.filter(
        ({ rating }) => severityRank(rating.severity) >= severityRank(least ?? 'UNTRIAGED'),
      );
      return { ...report, findings, problems: [...problems, ...report.problems] };
    });
    const remedies = ({ findings, inventory, resource }: ScanReport) =>
      remediesFor(findings, inventory, intelligence, baseImageOf(resource));
    const documents = () =>
      reports.map((report) =>
        format === 'json' || format === 'table'
          ? reportJson(report, remedies(report))
          : format === 'openvex' || format === 'csaf-vex'
            ? vexDocument(report, format, new Date(), intelligence)
            : reportDocument(report, format, new Date()),
      );
    const isRefused =
      failOn !== null &&
      reports.some(({ findings }) =>
        findings.some(({ rating }) => severityRank(rating.severity) >= severityRank(failOn)),
      );
    const isIncomplete = reports.some((report) =>
      report.problems.some(({ kind }) => kind !== 'not-assessed' && kind !== 'stale'),
    );
    return {
      text:
        format === 'table'
          ? reports
              .map((report) => reportTable(report, remedies(report), { limit: isAll ? null : rowsShown }))
              .join('\n\n')
          : jsonText(documents()),
      exitCode: isRefused ? exitCode.refused : isIncomplete ? exitCode.incomplete : exitCode.done,
      isSettled,
      witness,
    };
  } finally {
    intelligence.close();
  }
}

function jsonText(documents: readonly object[]): string {
  return JSON.stringify(documents.length === 1 ? documents[0] : documents, null, 1);
}
