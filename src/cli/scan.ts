import { judgeInventory } from '../jobs/scan-once.ts';
import { type Severity, severities, severityRank } from '../model/severity.ts';
import { type Command, exitCode, UsageError } from './command.ts';
import { openCurrentIntelligence } from './intelligence.ts';
import { print } from './output.ts';
import { reportDocument } from './report-documents.ts';
import { reportJson } from './report-json.ts';
import { reportTable } from './report-table.ts';
import { readSettings, settingOptions } from './settings.ts';
import { collectReference } from './work.ts';

const rowsShown = 50;
const formats = ['table', 'json', 'cyclonedx', 'spdx', 'sarif'] as const;

export const scan: Command = {
  name: 'scan',
  summary:
    'Takes the inventory of an image, directory, host, function or SBOM and lists its vulnerabilities.',
  usage: ['[options] TARGET'],
  options: {
    format: { kind: 'value', word: 'FORMAT', help: `${formats.join(', ')}; table when not given` },
    severity: { kind: 'value', word: 'LEVEL', help: 'show findings of this severity and above' },
    'fail-on': {
      kind: 'value',
      word: 'LEVEL',
      help: 'exit with 1 when a finding of this severity or above is there',
    },
    all: { kind: 'flag', help: `show every row of the table, not only the first ${rowsShown}` },
    ...settingOptions('home', 'intel-directory'),
  },
  examples: [
    'openinspector scan host',
    'openinspector scan oci-layout:./image',
    'openinspector scan docker-archive:image.tar --format json',
    'openinspector scan registry:registry.example.com/team/app:1.0',
    'openinspector scan zip:function.zip --fail-on high',
  ],
  async run(input) {
    const reference = input.positionals[0];
    if (!reference || input.positionals.length > 1) {
      throw new UsageError(
        "Name one thing to scan, as 'host' or 'oci-layout:DIR'.\nTry 'openinspector scan --help'.",
      );
    }
    const named = input.value('format') ?? 'table';
    const format = formats.find((item) => item === named);
    if (!format) throw new UsageError(`format '${named}' is not one of ${formats.join(', ')}`);
    const least = parseSeverity(input.value('severity'), 'severity');
    const failOn = parseSeverity(input.value('fail-on'), 'fail-on');
    const settings = readSettings(input.value);
    const intelligence = await openCurrentIntelligence(settings.intelDirectory);
    try {
      const { collected, problems } = await collectReference(reference, settings);
      const reports = collected.map(({ resource, inventory }) => {
        const report = judgeInventory(resource, inventory, intelligence);
        const findings = report.findings.filter(
          ({ rating }) => severityRank(rating.severity) >= severityRank(least ?? 'UNTRIAGED'),
        );
        return { ...report, findings, problems: [...problems, ...report.problems] };
      });
      if (format !== 'table') {
        const documents = reports.map((report) =>
          format === 'json' ? reportJson(report) : reportDocument(report, format, new Date()),
        );
        print(JSON.stringify(documents.length === 1 ? documents[0] : documents, null, 1));
      } else {
        print(
          reports
            .map((report) => reportTable(report, { limit: input.flag('all') ? null : rowsShown }))
            .join('\n\n'),
        );
      }
      if (
        failOn &&
        reports.some(({ findings }) =>
          findings.some(({ rating }) => severityRank(rating.severity) >= severityRank(failOn)),
        )
      ) {
        return exitCode.refused;
      }
      const isIncomplete = reports.some((report) =>
        report.problems.some(({ kind }) => kind !== 'not-assessed' && kind !== 'stale'),
      );
      return isIncomplete ? exitCode.incomplete : exitCode.done;
    } finally {
      intelligence.close();
    }
  },
};

function parseSeverity(text: string | null, option: string): Severity | null {
  if (text === null) return null;
  const severity = severities.find((item) => item === text.toUpperCase());
  if (!severity)
    throw new UsageError(`${option} '${text}' is not one of ${severities.join(', ').toLowerCase()}`);
  return severity;
}
