import { cvss3Impact } from '../../model/cvss3.ts';
import type { Fact, RiskFacts } from './facts.ts';
import weights from './priority.json' with { type: 'json' };

/**
 * A number to work by, 0 to 10 with two decimals, and what each fact adds to it or takes from it. The shares and the
 * start of 10 sum to the score exactly.
 */
export type Priority = {
  readonly score: number;
  readonly shares: readonly Share[];
  /** Facts that are not known. They never lower the score. */
  readonly unknown: readonly string[];
};

export type Share = {
  readonly fact: string;
  /** Points, with two decimals. */
  readonly points: number;
  readonly evidence: string;
};

/** Points that a vulnerability with everything against us has; every share is counted from here. */
export const priorityStart = 10;

type Factor = { readonly fact: string; readonly ratio: number; readonly evidence: string };

/**
 * How much a finding matters: 10·√(threat · access · impact), each between 0 and 1. The weights are priors, kept in
 * priority.json; what an absent EPSS stands for is the mean EPSS of vectors of its kind in August 2026. Pure.
 */
export function prioritise(facts: RiskFacts): Priority {
  const factors = [...threat(facts), ...access(facts), impact(facts)];
  const raw = priorityStart * Math.sqrt(factors.reduce((product, { ratio }) => product * ratio, 1));
  const bounded = bound(raw, facts);
  const score = hundredths(bounded.value);
  const shares = sharesOf(factors, raw);
  if (bounded.why !== null)
    shares.push({ fact: 'bound', points: bounded.value - raw, evidence: bounded.why });
  return { score: score / 100, shares: rounded(shares, score), unknown: unknownOf(facts) };
}

// One minus the chance that nothing makes it happen, with the evidence added one after the other.
function threat({ epss, lev, maturity, isKnownExploited, vector }: RiskFacts): Factor[] {
  const predicted = Math.max(epss.value ?? prior(vector), lev.value ?? 0, 1e-5);
  const withExploit = 1 - (1 - predicted) * (1 - weights.maturity[maturity.value ?? 'none']);
  const all = isKnownExploited.value ? 1 : withExploit;
  const prediction = (lev.value ?? 0) > (epss.value ?? 0) ? lev : epss;
  return [
    { fact: 'prediction', ratio: predicted, evidence: prediction.evidence },
    { fact: 'exploit', ratio: withExploit / predicted, evidence: maturity.evidence },
    { fact: 'known exploited', ratio: all / withExploit, evidence: isKnownExploited.evidence },
  ];
}

function prior(vector: RiskFacts['vector']): number {
  const { networkAlone, network, near, unrated } = weights.predictionWithoutEpss;
  if (vector === null) return unrated;
  const is = (name: string, value: string) => vector.metrics.get(name) === value;
  if (!is('AV', 'N')) return near;
  return is('PR', 'N') && is('UI', 'N') ? networkAlone : network;
}

// A way in only matters to attacks that need one.
function access({ network, use, vector }: RiskFacts): Factor[] {
  const isRemote = vector === null || vector.metrics.get('AV') === 'N';
  const way = isRemote ? weights.network[network.value ?? 'unknown'] : 1;
  return [
    {
      fact: 'network',
      ratio: way,
      evidence: isRemote ? network.evidence : 'the attack does not come over the network',
    },
    { fact: 'use', ratio: use.value === null ? 1 : weights.use[use.value], evidence: use.evidence },
  ];
}

const impactMax = 6.1;

function impact({ vector, severity }: RiskFacts): Factor {
  const value = vector ? cvss3Impact(vector.metrics) / impactMax : (severity.value ?? 1);
  return {
    fact: 'impact',
    ratio: Math.min(1, Math.max(weights.leastImpact, value)),
    evidence: severity.evidence,
  };
}

function bound(raw: number, facts: RiskFacts): { readonly value: number; readonly why: string | null } {
  const { isKnownExploited, network } = facts;
  if (isKnownExploited.value && network.value === 'internet' && raw < weights.floorExploitedOpen)
    return { value: weights.floorExploitedOpen, why: 'exploited, and open to the internet' };
  if (!isKnownExploited.value && network.value === 'none' && raw > weights.ceilingIsolated)
    return { value: weights.ceilingIsolated, why: 'not known to be exploited, and nobody can reach it' };
  return { value: raw, why: null };
}

// The logarithm of the score is a sum over the facts; scaled by the logarithmic mean of both ends, it is one in points.
function sharesOf(factors: readonly Factor[], raw: number): Share[] {
  const loss = Math.log(raw) - Math.log(priorityStart);
  const scale = Math.abs(loss) < 1e-12 ? priorityStart : (raw - priorityStart) / loss;
  return factors.map(({ fact, ratio, evidence }) => ({
    fact,
    points: (scale * Math.log(ratio)) / 2,
    evidence,
  }));
}

// Hundredths that sum to what the score says: the largest rests are rounded up first.
function rounded(shares: readonly Share[], score: number): Share[] {
  const floors = shares.map(({ points }) => Math.floor(points * 100));
  let missing = score - priorityStart * 100 - floors.reduce((sum, points) => sum + points, 0);
  const byRest = shares
    .map(({ points }, at) => ({ at, rest: points * 100 - (floors[at] as number) }))
    .sort((a, b) => b.rest - a.rest);
  for (const { at } of byRest) {
    if (missing <= 0) break;
    floors[at] = (floors[at] as number) + 1;
    missing--;
  }
  return shares.map((share, at) => ({ ...share, points: (floors[at] as number) / 100 }));
}

function hundredths(value: number): number {
  return Math.round(value * 100);
}

function unknownOf(facts: RiskFacts): string[] {
  const named: readonly (readonly [string, Fact<unknown>])[] = [
    ['prediction', facts.epss],
    ['exploit', facts.maturity],
    ['automatable', facts.isAutomatable],
    ['technical impact', facts.isTotal],
    ['network', facts.network],
    ['use', facts.use],
    ['severity', facts.severity],
  ];
  return named.flatMap(([name, { value, evidence }]) =>
    value === null || value === 'unknown' ? [`${name}: ${evidence}`] : [],
  );
}
