import { cvss4MacroVectorScores } from './cvss4-lookup.ts';

type Metrics = ReadonlyMap<string, string>;

// Distances between the values of a metric, in steps, most severe first.
const severityOrder: Readonly<Record<string, string>> = {
  AV: 'NALP',
  PR: 'NLH',
  UI: 'NPA',
  AC: 'LH',
  AT: 'NP',
  VC: 'HLN',
  VI: 'HLN',
  VA: 'HLN',
  SC: 'SHLN',
  SI: 'SHLN',
  SA: 'SHLN',
  CR: 'HML',
  IR: 'HML',
  AR: 'HML',
};

/** The highest vectors of a level of one equivalence set, and how many steps lie between them and the next level. */
type Level = { readonly depth: number; readonly highest: readonly string[] };

const eq1: readonly Level[] = [
  { depth: 1, highest: ['AV:N/PR:N/UI:N'] },
  { depth: 4, highest: ['AV:A/PR:N/UI:N', 'AV:N/PR:L/UI:N', 'AV:N/PR:N/UI:P'] },
  { depth: 5, highest: ['AV:P/PR:N/UI:N', 'AV:A/PR:L/UI:P'] },
];
const eq2: readonly Level[] = [
  { depth: 1, highest: ['AC:L/AT:N'] },
  { depth: 2, highest: ['AC:H/AT:N', 'AC:L/AT:P'] },
];
// EQ3 and EQ6 are one dimension: first the level of EQ3, then that of EQ6.
const eq3: readonly (readonly (Level | undefined)[])[] = [
  [
    { depth: 7, highest: ['VC:H/VI:H/VA:H/CR:H/IR:H/AR:H'] },
    { depth: 6, highest: ['VC:H/VI:H/VA:L/CR:M/IR:M/AR:H', 'VC:H/VI:H/VA:H/CR:M/IR:M/AR:M'] },
  ],
  [
    { depth: 8, highest: ['VC:L/VI:H/VA:H/CR:H/IR:H/AR:H', 'VC:H/VI:L/VA:H/CR:H/IR:H/AR:H'] },
    {
      depth: 8,
      highest: [
        'VC:L/VI:H/VA:L/CR:H/IR:M/AR:H',
        'VC:L/VI:H/VA:H/CR:H/IR:M/AR:M',
        'VC:H/VI:L/VA:H/CR:M/IR:H/AR:M',
        'VC:H/VI:L/VA:L/CR:M/IR:H/AR:H',
        'VC:L/VI:L/VA:H/CR:H/IR:H/AR:M',
      ],
    },
  ],
  [undefined, { depth: 10, highest: ['VC:L/VI:L/VA:L/CR:H/IR:H/AR:H'] }],
];
const eq4: readonly Level[] = [
  { depth: 6, highest: ['SC:H/SI:S/SA:S'] },
  { depth: 5, highest: ['SC:H/SI:H/SA:H'] },
  { depth: 4, highest: ['SC:L/SI:L/SA:L'] },
];

/**
 * The score with everything that the vector says: threat (E), requirements and modified metrics. What is absent or X
 * stands at its worst. Source: https://www.first.org/cvss/v4-0/specification-document (section 8.2)
 */
export function cvss4Score(given: Metrics): number {
  const metrics = effective(given);
  if (['VC', 'VI', 'VA', 'SC', 'SI', 'SA'].every((name) => metrics.get(name) === 'N')) return 0;
  const levels = levelsOf(metrics);
  const top = scoreOf(levels);
  if (top === null) return 0;
  const [l1, l2, l3, l4, l5, l6] = levels;
  const sets = [
    { level: eq1[l1], below: scoreOf([l1 + 1, l2, l3, l4, l5, l6]) },
    { level: eq2[l2], below: scoreOf([l1, l2 + 1, l3, l4, l5, l6]) },
    { level: eq3[l3]?.[l6], below: belowEq3(levels) },
    { level: eq4[l4], below: scoreOf([l1, l2, l3, l4 + 1, l5, l6]) },
  ];
  // EQ5 has one metric: whoever is on a level is at its top, so it only counts as a neighbour.
  let setCount = scoreOf([l1, l2, l3, l4, l5 + 1, l6]) === null ? 0 : 1;
  let distanceSum = 0;
  for (const { level, below } of sets) {
    if (level === undefined || below === null) continue;
    setCount += 1;
    distanceSum += (top - below) * (stepsFrom(level, metrics) / level.depth);
  }
  const mean = setCount === 0 ? 0 : distanceSum / setCount;
  // The small addend keeps a tie such as 5.65, which floating point holds as 5.6499…, on its upper side.
  return Math.round((Math.min(Math.max(top - mean, 0), 10) + 1e-6) * 10) / 10;
}

/** The base metrics alone, for the base score. */
export function cvss4WithoutThreat(metrics: Metrics): Metrics {
  return new Map([...metrics].filter(([name]) => baseNames.includes(name)));
}

const baseNames = ['AV', 'AC', 'AT', 'PR', 'UI', 'VC', 'VI', 'VA', 'SC', 'SI', 'SA'];

function effective(given: Metrics): Metrics {
  const stated = (name: string) => {
    const value = given.get(name);
    return value === 'X' ? undefined : value;
  };
  const metrics = new Map<string, string>();
  for (const name of baseNames) metrics.set(name, stated(`M${name}`) ?? given.get(name) ?? '');
  for (const name of ['CR', 'IR', 'AR']) metrics.set(name, stated(name) ?? 'H');
  metrics.set('E', stated('E') ?? 'A');
  return metrics;
}

type Levels = readonly [number, number, number, number, number, number];

function levelsOf(metrics: Metrics): Levels {
  const is = (name: string, value: string) => metrics.get(name) === value;
  const easy = [is('AV', 'N'), is('PR', 'N'), is('UI', 'N')].filter(Boolean).length;
  const l1 = easy === 3 ? 0 : easy === 0 || is('AV', 'P') ? 2 : 1;
  const l2 = is('AC', 'L') && is('AT', 'N') ? 0 : 1;
  const isHigh = [is('VC', 'H'), is('VI', 'H'), is('VA', 'H')];
  const l3 = isHigh[0] && isHigh[1] ? 0 : isHigh.some(Boolean) ? 1 : 2;
  const l4 = is('SI', 'S') || is('SA', 'S') ? 0 : is('SC', 'H') || is('SI', 'H') || is('SA', 'H') ? 1 : 2;
  const l5 = is('E', 'A') ? 0 : is('E', 'P') ? 1 : 2;
  const l6 = ['CR', 'IR', 'AR'].some((name, at) => is(name, 'H') && isHigh[at]) ? 0 : 1;
  return [l1, l2, l3, l4, l5, l6];
}

function scoreOf(levels: readonly number[]): number | null {
  return cvss4MacroVectorScores[levels.join('')] ?? null;
}

/** EQ3 and EQ6 move together: from 00 to 01 or 10, from 01 or 10 to 11, from 11 to 21; nothing lies below 21. */
function belowEq3([l1, l2, l3, l4, l5, l6]: Levels): number | null {
  const at = (eq3Level: number, eq6Level: number) => scoreOf([l1, l2, eq3Level, l4, l5, eq6Level]);
  if (l3 === 0 && l6 === 0) {
    const both = [at(0, 1), at(1, 0)].filter((score) => score !== null);
    return both.length > 0 ? Math.max(...both) : null;
  }
  if (l3 === 0) return at(1, 1);
  if (l3 === 1) return l6 === 0 ? at(1, 1) : at(2, 1);
  return null;
}

/** Steps from the first highest vector that is at least as severe in every metric. */
function stepsFrom(level: Level, metrics: Metrics): number {
  for (const vector of level.highest) {
    const steps = vector.split('/').map((part) => {
      const [name = '', value = ''] = part.split(':');
      const order = severityOrder[name] ?? '';
      return order.indexOf(metrics.get(name) ?? '') - order.indexOf(value);
    });
    if (steps.every((count) => count >= 0)) return steps.reduce((sum, count) => sum + count, 0);
  }
  return 0;
}
