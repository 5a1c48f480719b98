import { assumed, type Column, type Decision, known, publicly } from './decision.ts';
import type { RiskFacts } from './facts.ts';
import tables from './vdr.json' with { type: 'json' };

export const vdrLevels = ['low', 'moderate', 'high'] as const;
export type VdrLevel = (typeof vdrLevels)[number];
/** Potential adverse impact, N1 to N5. */
export type AdverseImpact = 1 | 2 | 3 | 4 | 5;

export type VdrOutcome = {
  /** Days from the evaluation until it has to be mitigated at least in part; null: in routine operation. */
  readonly mitigateWithinDays: number | null;
  /** Days from the detection until it has to be evaluated. */
  readonly evaluateWithinDays: number;
  readonly isIncident: boolean;
};

/** Share of predictions above which exploitation is called likely. A prior of ours: FedRAMP names no number. */
const likelyFrom = 0.1;

/**
 * The timeframes of FedRAMP's Vulnerability Detection and Response. `impact`: the potential adverse impact, which the
 * provider judges; null: taken from the severity.
 * Source: https://www.fedramp.gov/docs/20x/vulnerability-detection-and-response (VDR-TFR)
 */
export function vdr(facts: RiskFacts, level: VdrLevel, impact: AdverseImpact | null): Decision<VdrOutcome> {
  const likely = likelyExploitable(facts);
  const reachable = publicly(facts);
  const pain = impact ?? impactOf(facts);
  const isLikely = likely.value === 'yes';
  const isReachable = reachable.value === 'yes';
  const days = tables.mitigateDays[level];
  const column = isLikely ? (isReachable ? 0 : 1) : 2;
  const from = tables.incident[level][isReachable ? 'reachable' : 'unreachable'];
  const columns: Record<string, Column> = {
    likelyExploitable: likely,
    internetReachable: reachable,
    adverseImpact: impact === null ? assumed(`N${pain}`) : known(`N${pain}`),
  };
  return {
    outcome: {
      mitigateWithinDays: pain === 1 ? null : (days[`${pain}`][column] ?? null),
      evaluateWithinDays: tables.evaluateDays[level],
      isIncident: isLikely && from !== null && pain >= from,
    },
    inputs: Object.fromEntries(Object.entries(columns).map(([name, { value }]) => [name, value])),
    assumed: Object.entries(columns).flatMap(([name, { isAssumed }]) => (isAssumed ? [name] : [])),
  };
}

function likelyExploitable({ isKnownExploited, maturity, epss, lev }: RiskFacts): Column {
  if (isKnownExploited.value || maturity.value === 'weaponised') return known('yes');
  const highest = Math.max(epss.value ?? -1, lev.value ?? -1);
  if (highest < 0) return assumed('yes');
  return known(highest >= likelyFrom ? 'yes' : 'no');
}

function impactOf({ severity }: RiskFacts): AdverseImpact {
  const value = severity.value ?? 1;
  if (value >= 0.9) return 5;
  if (value >= 0.7) return 4;
  if (value >= 0.4) return 3;
  return value > 0 ? 2 : 1;
}
