type Metrics = ReadonlyMap<string, string>;

const impacts = { H: 0.56, L: 0.22, N: 0 };
const requirements = { H: 1.5, M: 1, L: 0.5, X: 1 };

/** Source: https://www.first.org/cvss/v3-1/specification-document (sections 7.1 and 7.4) */
export function cvss3BaseScore(metrics: Metrics): number {
  const isChanged = metrics.get('S') === 'C';
  const impact = impactOf(
    1 - kept((name) => impactWeight(metrics.get(name))),
    isChanged,
    (sub) => 3.25 * (sub - 0.02) ** 15,
  );
  if (impact <= 0) return 0;
  return roundUp(
    together(
      impact,
      exploitabilityOf((name) => metrics.get(name) ?? '', isChanged),
      isChanged,
    ),
  );
}

/**
 * The environmental score: modified metrics stand in for the base metrics, requirements weigh the impacts, and the
 * temporal metrics multiply. What is absent or X changes nothing. The two versions differ in one exponent.
 * Source: https://www.first.org/cvss/v3-1/specification-document (section 7.3), .../v3-0/... (8.3)
 */
export function cvss3Score(metrics: Metrics, version: '3.0' | '3.1'): number {
  if (![...metrics.keys()].some((name) => name.startsWith('M') || /^[CIA]R$/.test(name)))
    return roundUp(cvss3BaseScore(metrics) * temporalOf(metrics));
  const effective = (name: string) => {
    const modified = metrics.get(`M${name}`) ?? 'X';
    return modified === 'X' ? (metrics.get(name) ?? '') : modified;
  };
  const isChanged = effective('S') === 'C';
  const weighed = (name: string) =>
    impactWeight(effective(name)) * (requirements[(metrics.get(`${name}R`) ?? 'X') as 'X'] ?? 1);
  const subScore = Math.min(1 - kept(weighed), 0.915);
  const impact = impactOf(subScore, isChanged, (sub) =>
    version === '3.1' ? 3.25 * (sub * 0.9731 - 0.02) ** 13 : 3.25 * (sub - 0.02) ** 15,
  );
  if (impact <= 0) return 0;
  const score = roundUp(together(impact, exploitabilityOf(effective, isChanged), isChanged));
  return roundUp(score * temporalOf(metrics));
}

/** The impact sub-score of the base metrics, 0 to 6.05: what an attack gains, whatever it takes. */
export function cvss3Impact(metrics: Metrics): number {
  const subScore = 1 - kept((name) => impactWeight(metrics.get(name)));
  return Math.max(
    0,
    impactOf(subScore, metrics.get('S') === 'C', (sub) => 3.25 * (sub - 0.02) ** 15),
  );
}

function kept(weightOf: (name: string) => number): number {
  return ['C', 'I', 'A'].reduce((rest, name) => rest * (1 - weightOf(name)), 1);
}

function impactWeight(value: string | undefined): number {
  return impacts[(value ?? 'N') as 'N'] ?? 0;
}

function impactOf(subScore: number, isChanged: boolean, loss: (subScore: number) => number): number {
  return isChanged ? 7.52 * (subScore - 0.029) - loss(subScore) : 6.42 * subScore;
}

function together(impact: number, exploitability: number, isChanged: boolean): number {
  return Math.min((isChanged ? 1.08 : 1) * (impact + exploitability), 10);
}

const attackVectors: Readonly<Record<string, number>> = { N: 0.85, A: 0.62, L: 0.55, P: 0.2 };
const complexities: Readonly<Record<string, number>> = { L: 0.77, H: 0.44 };
const privileges: Readonly<Record<string, number>> = { N: 0.85, L: 0.62, H: 0.27 };
const privilegesAcross: Readonly<Record<string, number>> = { N: 0.85, L: 0.68, H: 0.5 };
const interactions: Readonly<Record<string, number>> = { N: 0.85, R: 0.62 };

function exploitabilityOf(metric: (name: string) => string, isChanged: boolean): number {
  const needed = isChanged ? privilegesAcross : privileges;
  return (
    8.22 *
    (attackVectors[metric('AV')] ?? 0) *
    (complexities[metric('AC')] ?? 0) *
    (needed[metric('PR')] ?? 0) *
    (interactions[metric('UI')] ?? 0)
  );
}

const maturities: Readonly<Record<string, number>> = { X: 1, H: 1, F: 0.97, P: 0.94, U: 0.91 };
const remedies: Readonly<Record<string, number>> = { X: 1, U: 1, W: 0.97, T: 0.96, O: 0.95 };
const confidences: Readonly<Record<string, number>> = { X: 1, C: 1, R: 0.96, U: 0.92 };

function temporalOf(metrics: Metrics): number {
  return (
    (maturities[metrics.get('E') ?? 'X'] ?? 1) *
    (remedies[metrics.get('RL') ?? 'X'] ?? 1) *
    (confidences[metrics.get('RC') ?? 'X'] ?? 1)
  );
}

/** Smallest number with one decimal that is not below, in whole numbers so that 4.000000001 stays 4.0. */
function roundUp(value: number): number {
  const scaled = Math.round(value * 100_000);
  return scaled % 10_000 === 0 ? scaled / 100_000 : (Math.floor(scaled / 10_000) + 1) / 10;
}
