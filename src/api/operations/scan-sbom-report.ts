import type { ReportFinding, ScanReport } from '../../jobs/scan-once.ts';
import type { Package } from '../../model/package.ts';
import type { Severity } from '../../model/severity.ts';
import type { Vulnerability } from '../../model/vulnerability.ts';

/** One vulnerability of a scanned SBOM with the packages that have it. */
export type SbomMatch = {
  readonly id: string;
  readonly findings: readonly [ReportFinding, ...ReportFinding[]];
  /** What is known of it; null: nothing but that it is there. */
  readonly vulnerability: Vulnerability | null;
};

export type CountName = 'critical' | 'high' | 'medium' | 'low' | 'other';

/** Findings by vulnerability, in their order: worst first. */
export function matchesOf(
  { findings }: ScanReport,
  find: (id: string) => Vulnerability | null,
): readonly SbomMatch[] {
  const byId = new Map<string, [ReportFinding, ...ReportFinding[]]>();
  for (const finding of findings) {
    const known = byId.get(finding.verdict.vulnerability);
    if (known) known.push(finding);
    else byId.set(finding.verdict.vulnerability, [finding]);
  }
  return [...byId].map(([id, list]) => ({ id, findings: list, vulnerability: find(id) }));
}

/** How many vulnerabilities there are of each severity, by the worst that it is rated in any package. */
export function countsOf(matches: readonly SbomMatch[]): Record<CountName, number> {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, other: 0 };
  for (const { findings } of matches) counts[countName(findings[0].rating.severity)] += 1;
  return counts;
}

function countName(severity: Severity): CountName {
  const name = severity.toLowerCase();
  return name === 'critical' || name === 'high' || name === 'medium' || name === 'low' ? name : 'other';
}

/** The word of the report for a severity. */
export function severityWord(severity: Severity): string {
  if (severity === 'INFORMATIONAL') return 'info';
  return severity === 'UNTRIAGED' ? 'unknown' : severity.toLowerCase();
}

/** What is to be said of a package beside its vulnerabilities: that it has none, or why it was not judged. */
export function noteOf(
  pkg: Package,
  setAside: ReadonlyMap<string, string>,
  affected: ReadonlySet<Package>,
): { readonly kind: 'info' | 'warning'; readonly text: string } | null {
  const why = setAside.get(pkg.purl);
  if (why !== undefined) return { kind: 'warning', text: `Component skipped: ${why}.` };
  if (affected.has(pkg)) return null;
  return { kind: 'info', text: 'Component scanned: no vulnerabilities found.' };
}

/** CWE ids as numbers, for `CWE-79` and `79` alike. */
export function cweNumbers(cwes: readonly string[]): number[] {
  return cwes.flatMap((cwe) => {
    const number = /^(?:CWE-)?(\d{1,6})$/i.exec(cwe)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

export function publicPage(id: string): string {
  if (id.startsWith('CVE-')) return `https://nvd.nist.gov/vuln/detail/${id}`;
  return id.startsWith('GHSA-')
    ? `https://github.com/advisories/${id}`
    : `https://osv.dev/vulnerability/${id}`;
}

export function sourceName(id: string): string {
  if (id.startsWith('CVE-')) return 'NVD';
  return id.startsWith('GHSA-') ? 'GITHUB' : 'OSV';
}
