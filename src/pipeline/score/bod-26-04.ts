import table from './bod-26-04.json' with { type: 'json' };
import { assumed, type Decision, decide, known, publicly } from './decision.ts';
import type { Fact, RiskFacts } from './facts.ts';

export const bodOutcomes = {
  UPGRADE: { days: null, words: 'fix on system upgrade' },
  DAYS_60: { days: 60, words: '60 days' },
  DAYS_14: { days: 14, words: '14 days' },
  DAYS_3: { days: 3, words: '3 days' },
  DAYS_3_FORENSICS: { days: 3, words: '3 days and forensic investigation' },
} as const;
export type BodOutcome = keyof typeof bodOutcomes;

const rows = table as readonly { readonly when: readonly string[]; readonly then: BodOutcome }[];

/**
 * When CISA's Binding Operational Directive 26-04 wants it remediated.
 * Source: https://github.com/CERTCC/SSVC/blob/main/data/csv/cisa/cisa_bod_26_04_1_0_0.csv
 */
export function bod2604(facts: RiskFacts): Decision<BodOutcome> {
  return decide(rows, {
    inKev: yesNo(facts.isKnownExploited),
    publiclyExposed: publicly(facts),
    automatable: yesNo(facts.isAutomatable),
    technicalImpact:
      facts.isTotal.value === null ? assumed('total') : known(facts.isTotal.value ? 'total' : 'partial'),
  });
}

function yesNo({ value }: Fact<boolean>) {
  return value === null ? assumed('yes') : known(value ? 'yes' : 'no');
}
