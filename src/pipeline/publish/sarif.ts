import type { Problem } from '../../model/problem.ts';
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
const descriptionLengthMax = 1000;

/**
 * Findings as SARIF 2.1.0 that its schema accepts, one rule for each vulnerability. What could not be read or judged
 * stands among the notifications of the run, so that an empty list of results does not look like a clean one. Pure.
 * Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarif(
  findings: readonly SarifFinding[],
  version: string,
  problems: readonly Problem[] = [],
): object {
  const rules = new Map<string, object>();
  for (const finding of findings)
    if (!rules.has(finding.vulnerabilityId)) rules.set(finding.vulnerabilityId, ruleOf(finding));
  const indexes = new Map([...rules.keys()].map((id, index) => [id, index]));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'OpenInspector', version, rules: [...rules.values()] } },
        ...(problems.length > 0 ? { invocations: [invocationOf(problems)] } : {}),
        results: findings.map((finding) => resultOf(finding, indexes.get(finding.vulnerabilityId) ?? 0)),
      },
    ],
  };
}

function resultOf(finding: SarifFinding, ruleIndex: number): object {
  const { packageName, installedVersion, vulnerabilityId, reason, fixedVersion, path, line } = finding;
  const fix = fixedVersion ? `Fixed in ${fixedVersion}.` : 'No fix is known.';
  return {
    ruleId: vulnerabilityId,
    ruleIndex,
    level: levels[finding.severity] ?? 'note',
    message: {
      text: `${packageName} ${installedVersion} is affected by ${vulnerabilityId}: ${reason}. ${fix}`,
    },
    locations: [
      { physicalLocation: { artifactLocation: { uri: uriOf(path) }, region: { startLine: line ?? 1 } } },
    ],
    partialFingerprints: { openinspector: `${vulnerabilityId} ${finding.purl}` },
  };
}

// A path that is no text (half of a surrogate pair) would not be encodable.
function uriOf(path: string): string {
  return path.toWellFormed().split('/').map(encodeURIComponent).join('/');
}

function ruleOf(finding: SarifFinding): object {
  return {
    id: finding.vulnerabilityId,
    shortDescription: { text: `${finding.vulnerabilityId} in ${finding.packageName}` },
    ...(finding.description
      ? { fullDescription: { text: finding.description.slice(0, descriptionLengthMax) } }
      : {}),
    properties: {
      'security-severity': String(finding.score ?? fallbackScores[finding.severity] ?? 0),
      tags: ['security', 'vulnerability'],
    },
  };
}

// Viewers sort by a number; where no score is known the middle of the severity stands in.
const fallbackScores: Readonly<Record<string, number>> = { CRITICAL: 9.5, HIGH: 8, MEDIUM: 5.5, LOW: 2 };

function invocationOf(problems: readonly Problem[]): object {
  return {
    executionSuccessful: true,
    toolExecutionNotifications: problems.map(({ kind, where, why }) => ({
      descriptor: { id: kind },
      level: kind === 'not-assessed' || kind === 'stale' ? 'note' : 'warning',
      message: { text: `${where}: ${why}` },
    })),
  };
}
