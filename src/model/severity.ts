/** The severities of a finding, as the Inspector API names them. */
export const severities = ['UNTRIAGED', 'INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
export type Severity = (typeof severities)[number];

/** Rank for sorting and storing: UNTRIAGED 0 … CRITICAL 5. */
export function severityRank(severity: Severity): number {
  return severities.indexOf(severity);
}

/**
 * CVSS base score (0.0 to 10.0) to severity.
 * Source: https://docs.aws.amazon.com/inspector/latest/user/findings-understanding-severity.html
 */
export function severityOfScore(score: number): Severity {
  if (score >= 9) return 'CRITICAL';
  if (score >= 7) return 'HIGH';
  if (score >= 4) return 'MEDIUM';
  return score > 0 ? 'LOW' : 'INFORMATIONAL';
}

// Vendors' own words. Debian's and Ubuntu's lowest grades mean "no practical risk".
const labels: Readonly<Record<string, Severity>> = {
  critical: 'CRITICAL',
  important: 'HIGH',
  high: 'HIGH',
  moderate: 'MEDIUM',
  medium: 'MEDIUM',
  low: 'LOW',
  minor: 'LOW',
  negligible: 'INFORMATIONAL',
  unimportant: 'INFORMATIONAL',
  informational: 'INFORMATIONAL',
  none: 'INFORMATIONAL',
};

/** A vendor's label to severity; null when the vendor has not rated it (`untriaged`, `not yet assigned`). */
export function severityOfLabel(label: string): Severity | null {
  return labels[label.toLowerCase().replace(/\*+$/, '').trim()] ?? null;
}
