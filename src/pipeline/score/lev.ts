/** A prediction as it was published on a day: days since the epoch, and the probability for 30 days from then. */
export type DatedPrediction = { readonly day: number; readonly probability: number };

const windowDays = 30;

/**
 * Likelihood that a vulnerability was exploited before `today`, by the daily reading of NIST's LEV equation: each
 * day's chance is what its 30-day prediction makes of one day, 1 - (1 - e)^(1/30). A prediction holds until the next.
 * Source: https://doi.org/10.6028/NIST.CSWP.41 (equation LEV, with the exact daily chance)
 */
export function likelihoodOfPastExploitation(predictions: readonly DatedPrediction[], today: number): number {
  const sorted = [...predictions].sort((a, b) => a.day - b.day);
  let survival = 0;
  sorted.forEach(({ day, probability }, at) => {
    const until = Math.min(sorted[at + 1]?.day ?? today, today);
    survival += daysSurvived(probability, Math.max(0, until - day));
  });
  return 1 - Math.exp(survival);
}

/**
 * Logarithm of the chance to see no exploitation for some days under one prediction. Sums over days, so that a store
 * keeps one number for each vulnerability and adds to it.
 */
export function daysSurvived(probability: number, days: number): number {
  const certain = Math.min(Math.max(probability, 0), 1 - 1e-12);
  return (days / windowDays) * Math.log(1 - certain);
}
