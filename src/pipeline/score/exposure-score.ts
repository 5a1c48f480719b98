import { cvssScore, formatCvss, parseCvss, withMetrics } from '../../model/cvss.ts';
import type { NetworkState } from '../../model/exposure.ts';

/** A change that a fact of the resource makes to a score, as the API shows it. */
export type Adjustment = { readonly metric: string; readonly reason: string };

export type AdjustedScore = {
  readonly score: number;
  readonly vector: string;
  readonly adjustments: readonly Adjustment[];
};

/**
 * The CVSS 3 score with the attack vector that the network leaves: an attack over the network needs a way in. Nothing
 * is raised above the base score, and what is not known changes nothing. Null: the score stays.
 * Source: https://docs.aws.amazon.com/inspector/latest/user/findings-understanding-score.html
 */
export function adjustForNetwork(vector: string, network: NetworkState | null): AdjustedScore | null {
  const change = network === null ? undefined : changes[network];
  if (!change) return null;
  const parsed = parseCvss(vector);
  if ('kind' in parsed || !parsed.version.startsWith('3')) return null;
  if (parsed.metrics.get('AV') !== 'N') return null;
  const adjusted = withMetrics(parsed, { MAV: change.value });
  const score = Math.min(cvssScore(adjusted), cvssScore(parsed));
  return {
    score,
    vector: formatCvss(adjusted),
    adjustments: [{ metric: 'Attack Vector', reason: change.reason }],
  };
}

const changes: Readonly<Partial<Record<NetworkState, { readonly value: string; readonly reason: string }>>> =
  {
    inside: {
      value: 'A',
      reason: 'Not reachable from the internet; reachable from a peered network or a private gateway',
    },
    none: { value: 'L', reason: 'No open network path to the instance was found' },
  };
