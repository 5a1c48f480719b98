import type { ReportFinding, ScanReport } from '../jobs/scan-once.ts';
import type { Inventory } from '../model/inventory.ts';
import { type Severity, severities } from '../model/severity.ts';
import type { Remediation } from '../pipeline/match/remediation.ts';
import { fixOf } from '../pipeline/match/upgrade.ts';
import { type Colour, colour, table } from './output.ts';
import type { VexReport } from './vex-report.ts';

export const severityColours: Readonly<Record<Severity, Colour>> = {
  CRITICAL: 'magenta',
  HIGH: 'red',
  MEDIUM: 'yellow',
  LOW: 'blue',
  INFORMATIONAL: 'grey',
  UNTRIAGED: 'grey',
};
const problemsShown = 10;
const remediesShown = 10;

/** A scan for people: what was scanned, a table of findings with the fix and why, then what could not be judged. */
export function reportTable(
  report: VexReport,
  remedies: readonly Remediation[],
  options: { readonly limit: number | null },
): string {
  const { inventory, findings, problems } = report;
  const lines: string[] = [];
  const system = inventory.os?.prettyName ?? inventory.os?.id ?? 'no operating system';
  lines.push(
    colour(
      `${report.resource.name}: ${system}, ${inventory.packages.length} packages (${kindsOf(report)})`,
      'bold',
    ),
  );
  lines.push(
    `Intelligence ${report.revision}${report.isStarter ? ' (starter set: a few hundred well-known vulnerabilities only)' : ''}`,
  );
  if (findings.length > 0) {
    const shown = options.limit === null ? findings : findings.slice(0, options.limit);
    lines.push('', findingsTable(shown, inventory));
    if (shown.length < findings.length) {
      lines.push(
        `… and ${findings.length - shown.length} more (--all shows every one, --format json has everything)`,
      );
    }
  }
  if (remedies.some(({ version }) => version !== null)) lines.push('', remediesText(remedies, options.limit));
  lines.push('', `${countText(findings)} in ${report.resource.name}`);
  if (report.explained.length > 0) lines.push(explainedText(report));
  if (report.setAside.length > 0) {
    lines.push(`${report.setAside.length} packages are listed and not judged here (${firstReason(report)})`);
  }
  if (problems.length > 0) {
    lines.push(`Not everything could be judged (${problems.length}):`);
    for (const { where, why } of problems.slice(0, problemsShown)) lines.push(`  ${where}: ${why}`);
    if (problems.length > problemsShown)
      lines.push(`  … and ${problems.length - problemsShown} more in --format json`);
  }
  return lines.join('\n');
}

/** The table alone; every row is one vulnerability in one package. */
export function findingsTable(findings: readonly ReportFinding[], { os }: Pick<Inventory, 'os'>): string {
  const columns = [
    { title: 'SEVERITY', min: 8, share: 0 },
    { title: 'SCORE', min: 5, share: 0 },
    { title: 'VULNERABILITY', min: 13, share: 1 },
    { title: 'PACKAGE', min: 10, share: 1 },
    { title: 'INSTALLED', min: 9, share: 1 },
    { title: 'FIXED IN', min: 9, share: 1 },
    { title: 'WHY', min: 10, share: 1 },
  ];
  const rows = findings.map(({ package: pkg, verdict, rating, isKnownExploited }) => [
    rating.severity === 'INFORMATIONAL' ? 'INFO' : rating.severity,
    rating.score === null ? '-' : rating.score.toFixed(1),
    `${verdict.vulnerability}${isKnownExploited ? ' (exploited)' : ''}`,
    pkg.name,
    pkg.version,
    fixOf(pkg, os, verdict)?.version ??
      (verdict.status === 'fixed' || verdict.status === 'affected' ? 'no fix yet' : verdict.status),
    verdict.proof.reason,
  ]);
  return table(columns, rows, (text, column, row) => {
    const severity = findings[row]?.rating.severity;
    return column === 0 && severity ? colour(text, severityColours[severity]) : text;
  });
}

/** What to do, the upgrades that end most first; `limit` null shows every one. */
function remediesText(remedies: readonly Remediation[], limit: number | null): string {
  const upgrades = remedies.filter(({ version }) => version !== null);
  const shown = upgrades.slice(0, limit === null ? upgrades.length : remediesShown);
  const columns = [
    { title: 'UPGRADE', min: 10, share: 1 },
    { title: 'FROM', min: 9, share: 1 },
    { title: 'TO', min: 9, share: 1 },
    { title: 'ENDS', min: 4, share: 0 },
    { title: 'HOW', min: 20, share: 3 },
  ];
  const rows = shown.map(({ package: pkg, version, ended, command, raise, notes }) => [
    pkg.name,
    pkg.version,
    version ?? '',
    String(ended.length),
    [command ?? notes[0] ?? '', raise === null ? '' : `(brought by ${raise})`].filter(Boolean).join(' '),
  ]);
  const lines = [table(columns, rows)];
  if (shown.length < upgrades.length) lines.push(`… and ${upgrades.length - shown.length} more upgrades`);
  const ofBase = remedies.filter(({ isOfBase }) => isOfBase).length;
  if (ofBase > 0)
    lines.push(
      `${ofBase} of the ${remedies.length} affected packages come with the base image: a newer base image may mend all of them at once.`,
    );
  return lines.join('\n');
}

/** `3 critical, 10 high, 2 low`, or `No findings`. */
export function countText(findings: readonly { readonly rating: { readonly severity: Severity } }[]): string {
  const counts = [...severities]
    .reverse()
    .map(
      (severity) => [severity, findings.filter(({ rating }) => rating.severity === severity).length] as const,
    )
    .filter(([, count]) => count > 0);
  if (counts.length === 0) return 'No findings';
  return counts.map(([severity, count]) => `${count} ${severity.toLowerCase()}`).join(', ');
}

function kindsOf({ inventory }: ScanReport): string {
  const counts = new Map<string, number>();
  for (const { ecosystem } of inventory.packages) counts.set(ecosystem, (counts.get(ecosystem) ?? 0) + 1);
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([ecosystem, count]) => `${count} ${ecosystem}`);
  return parts.join(', ') || 'none';
}

function explainedText({ explained }: VexReport): string {
  const [first] = explained;
  const said = first === undefined ? '' : `${first.vex.author ?? 'no author'} in ${first.vex.document}`;
  return `${explained.length} findings are explained by VEX statements and not reported (${said}; --format json has all)`;
}

function firstReason({ setAside }: ScanReport): string {
  const first = setAside[0]?.why ?? '';
  return first.length > 90 ? `${first.slice(0, 90)}…` : first;
}
