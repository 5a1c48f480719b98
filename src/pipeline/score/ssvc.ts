import { assumed, type Column, type Decision, decide, known } from './decision.ts';
import type { RiskFacts } from './facts.ts';
import table from './ssvc-deployer.json' with { type: 'json' };

/** From the least to the most urgent. */
export const ssvcOutcomes = ['DEFER', 'SCHEDULED', 'OUT_OF_CYCLE', 'IMMEDIATE'] as const;
export type SsvcOutcome = (typeof ssvcOutcomes)[number];
export const humanImpacts = ['low', 'medium', 'high', 'very high'] as const;
export type HumanImpact = (typeof humanImpacts)[number];

const rows = table as readonly { readonly when: readonly string[]; readonly then: SsvcOutcome }[];

/**
 * What the deployer's tree of SSVC says. `impact`: what the loss of the resource would do to people and mission, which
 * only its owner can tell; null: not told, taken as high.
 * Source: https://github.com/CERTCC/SSVC/blob/main/data/csv/ssvc/deployer_patch_application_priority_1_0_0.csv
 */
export function ssvc(facts: RiskFacts, impact: HumanImpact | null): Decision<SsvcOutcome> {
  return decide(rows, {
    exploitation: exploitation(facts),
    exposure: exposure(facts),
    automatable:
      facts.isAutomatable.value === null ? assumed('yes') : known(facts.isAutomatable.value ? 'yes' : 'no'),
    humanImpact: impact === null ? assumed('high') : known(impact),
  });
}

// Nobody who knows of no exploit proves that there is none, but waiting for such proof would make every flaw active.
function exploitation({ isKnownExploited, maturity }: RiskFacts): Column {
  if (isKnownExploited.value) return known('active');
  if (maturity.value === null) return assumed('none');
  return known(maturity.value === 'none' ? 'none' : 'poc');
}

// Source: https://certcc.github.io/SSVC/reference/decision_points/system_exposure/
function exposure({ network }: RiskFacts): Column {
  switch (network.value) {
    case 'internet':
      return known('open');
    case 'inside':
      return known('controlled');
    case 'none':
      return known('small');
    default:
      return assumed('open');
  }
}
