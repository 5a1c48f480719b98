import type { SbomFinding } from './cyclonedx.ts';

/** A finding with the place that a code viewer can show. */
export type SarifFinding = SbomFinding & {
  readonly packageName: string;
  readonly installedVersion: string;
  readonly fixedVersion: string | null;
  readonly path: string;
  readonly line: number | null;
  readonly reason: string;
};

const levels: Readonly<Record<string, string>> = { CRITICAL: 'error', HIGH: 'error', MEDIUM: 'warning' };

/**
 * Findings as SARIF 2.1.0, one rule for each vulnerability. Pure.
 * Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarif(findings: readonly SarifFinding[], version: string): object {
  const rules = new Map<string, object>();
  for (const finding of findings)
    if (!rules.has(finding.vulnerabilityId)) rules.set(finding.vulnerabilityId, ruleOf(finding));
  const ids = [...rules.keys()];
  const indexes = new Map(ids.map((id, index) => [id, index]));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'OpenInspector', version, rules: [...rules.values()] } },
        results: findings.map((finding) => ({
          ruleId: finding.vulnerabilityId,
          ruleIndex: indexes.get(finding.vulnerabilityId) ?? 0,
          level: levels[finding.severity] ?? 'note',
          message: {
            text: `${finding.packageName} ${finding.installedVersion} is affected by ${finding.vulnerabilityId}: ${finding.reason}. ${finding.fixedVersion ? `Fixed in ${finding.fixedVersion}.` : 'No fix is known.'}`,
          },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: finding.path.split('/').map(encodeURIComponent).join('/') },
                region: { startLine: finding.line ?? 1 },
              },
            },
          ],
          partialFingerprints: { openinspector: `${finding.vulnerabilityId} ${finding.purl}` },
        })),
      },
    ],
  };
}

function ruleOf(finding: SarifFinding): object {
  return {
    id: finding.vulnerabilityId,
    shortDescription: { text: `${finding.vulnerabilityId} in ${finding.packageName}` },
    ...(finding.description ? { fullDescription: { text: finding.description.slice(0, 1000) } } : {}),
    properties: {
      'security-severity': String(finding.score ?? fallbackScores[finding.severity] ?? 0),
      tags: ['security', 'vulnerability'],
    },
  };
}

// Viewers sort by a number; where no score is known the middle of the severity stands in.
const fallbackScores: Readonly<Record<string, number>> = { CRITICAL: 9.5, HIGH: 8, MEDIUM: 5.5, LOW: 2 };
