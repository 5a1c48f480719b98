import { cvss4MacroVectorScores } from './cvss4-lookup.ts';
import { type Problem, problem } from './problem.ts';
import type { CvssRating } from './vulnerability.ts';

export type CvssVersion = CvssRating['version'];

/** A vector taken apart. `metrics` holds what the vector names, in its order; optional ones may be absent. */
export type CvssVector = {
  readonly version: CvssVersion;
  readonly metrics: ReadonlyMap<string, string>;
};

/** Longest vector that is looked at, in characters. The longest that can be written is below 300. */
export const cvssVectorLengthMax = 512;

/**
 * Takes a CVSS 2.0, 3.0, 3.1 or 4.0 vector apart. Version 2.0 vectors carry no prefix and may stand in parentheses.
 * A problem when a base metric is missing or doubled, or a value is not one of the specification's.
 * Source: https://www.first.org/cvss/v4-0/specification-document (section 7), .../v3-1/... (6), .../v2/guide (2.4)
 */
export function parseCvss(text: string): CvssVector | Problem {
  if (text.length > cvssVectorLengthMax) {
    return problem('limit', `${text.slice(0, 40)}…`, 'CVSS vector is too long', 'cvssVectorLengthMax');
  }
  const parts = text
    .trim()
    .replace(/^\((.*)\)$/, '$1')
    .replace(/\/$/, '')
    .split('/');
  const version = versionOf(parts[0] ?? '');
  if (version === null) return malformed(text, `unknown CVSS version ${parts[0]}`);
  const allowed = grammars[version];
  const metrics = new Map<string, string>();
  for (const part of version === '2.0' ? parts : parts.slice(1)) {
    const [name = '', value = ''] = part.split(':', 2);
    if (metrics.has(name)) return malformed(text, `metric ${name} is given twice`);
    if (!allowed.values.get(name)?.includes(value)) return malformed(text, `metric ${part} is not defined`);
    metrics.set(name, value);
  }
  const missing = allowed.base.find((name) => !metrics.has(name));
  return missing === undefined ? { version, metrics } : malformed(text, `base metric ${missing} is missing`);
}

/**
 * The base score of a vector, 0.0 to 10.0: temporal, threat, environmental and supplemental metrics are left out.
 */
export function cvssBaseScore(vector: CvssVector): number {
  switch (vector.version) {
    case '2.0':
      return scoreV2(vector.metrics);
    case '3.0':
    case '3.1':
      return scoreV3(vector.metrics);
    case '4.0':
      return scoreV4(vector.metrics);
  }
}

/** A rating from its vector. The published score stands when there is one; else the base score is computed. */
export function cvssRating(options: {
  readonly source: string;
  readonly vector: string;
  readonly score: number | null;
}): CvssRating | Problem {
  const parsed = parseCvss(options.vector);
  if ('kind' in parsed) return parsed;
  const published =
    options.score !== null && options.score >= 0 && options.score <= 10 ? options.score : null;
  return {
    source: options.source,
    version: parsed.version,
    vector: options.vector
      .trim()
      .replace(/^\((.*)\)$/, '$1')
      .replace(/\/$/, ''),
    score: published ?? cvssBaseScore(parsed),
  };
}

type Grammar = { readonly base: readonly string[]; readonly values: ReadonlyMap<string, readonly string[]> };

function grammar(base: string, optional: string): Grammar {
  const values = new Map<string, readonly string[]>();
  for (const entry of `${base} ${optional}`.split(' ')) {
    const [name = '', letters = ''] = entry.split('=');
    values.set(name, letters.split(','));
  }
  return { base: base.split(' ').map((entry) => entry.replace(/=.*/, '')), values };
}

const grammarV3 = grammar(
  'AV=N,A,L,P AC=L,H PR=N,L,H UI=N,R S=U,C C=H,L,N I=H,L,N A=H,L,N',
  'E=X,H,F,P,U RL=X,U,W,T,O RC=X,C,R,U CR=X,H,M,L IR=X,H,M,L AR=X,H,M,L MAV=X,N,A,L,P MAC=X,L,H ' +
    'MPR=X,N,L,H MUI=X,N,R MS=X,U,C MC=X,N,L,H MI=X,N,L,H MA=X,N,L,H',
);

const grammars: Readonly<Record<CvssVersion, Grammar>> = {
  '2.0': grammar(
    'AV=L,A,N AC=H,M,L Au=M,S,N C=N,P,C I=N,P,C A=N,P,C',
    'E=U,POC,F,H,ND RL=OF,TF,W,U,ND RC=UC,UR,C,ND CDP=N,L,LM,MH,H,ND TD=N,L,M,H,ND CR=L,M,H,ND ' +
      'IR=L,M,H,ND AR=L,M,H,ND',
  ),
  '3.0': grammarV3,
  '3.1': grammarV3,
  '4.0': grammar(
    'AV=N,A,L,P AC=L,H AT=N,P PR=N,L,H UI=N,P,A VC=H,L,N VI=H,L,N VA=H,L,N SC=H,L,N SI=H,L,N SA=H,L,N',
    'E=X,A,P,U CR=X,H,M,L IR=X,H,M,L AR=X,H,M,L MAV=X,N,A,L,P MAC=X,L,H MAT=X,N,P MPR=X,N,L,H MUI=X,N,P,A ' +
      'MVC=X,H,L,N MVI=X,H,L,N MVA=X,H,L,N MSC=X,H,L,N MSI=X,S,H,L,N MSA=X,S,H,L,N S=X,N,P AU=X,N,Y ' +
      'R=X,A,U,I V=X,D,C RE=X,L,M,H U=X,Clear,Green,Amber,Red',
  ),
};

function versionOf(first: string): CvssVersion | null {
  if (first === 'CVSS:4.0') return '4.0';
  if (first === 'CVSS:3.1') return '3.1';
  if (first === 'CVSS:3.0') return '3.0';
  return /^(AV|AC|Au|C|I|A):/.test(first) ? '2.0' : null;
}

function malformed(text: string, why: string): Problem {
  return problem('malformed', text.slice(0, 200), why);
}

function weight(
  metrics: ReadonlyMap<string, string>,
  name: string,
  table: Readonly<Record<string, number>>,
): number {
  return table[metrics.get(name) ?? ''] ?? 0;
}

/** Source: https://www.first.org/cvss/v2/guide (section 3.2.1) */
function scoreV2(metrics: ReadonlyMap<string, string>): number {
  const impacts = { N: 0, P: 0.275, C: 0.66 };
  const kept = ['C', 'I', 'A'].reduce((rest, name) => rest * (1 - weight(metrics, name, impacts)), 1);
  const impact = 10.41 * (1 - kept);
  const exploitability =
    20 *
    weight(metrics, 'AV', { L: 0.395, A: 0.646, N: 1 }) *
    weight(metrics, 'AC', { H: 0.35, M: 0.61, L: 0.71 }) *
    weight(metrics, 'Au', { M: 0.45, S: 0.56, N: 0.704 });
  if (impact === 0) return 0;
  return Math.round((0.6 * impact + 0.4 * exploitability - 1.5) * 1.176 * 10) / 10;
}

/** Source: https://www.first.org/cvss/v3-1/specification-document (sections 7.1 and 7.4) */
function scoreV3(metrics: ReadonlyMap<string, string>): number {
  const isChanged = metrics.get('S') === 'C';
  const impacts = { H: 0.56, L: 0.22, N: 0 };
  const kept = ['C', 'I', 'A'].reduce((rest, name) => rest * (1 - weight(metrics, name, impacts)), 1);
  const subScore = 1 - kept;
  const impact = isChanged ? 7.52 * (subScore - 0.029) - 3.25 * (subScore - 0.02) ** 15 : 6.42 * subScore;
  if (impact <= 0) return 0;
  const exploitability =
    8.22 *
    weight(metrics, 'AV', { N: 0.85, A: 0.62, L: 0.55, P: 0.2 }) *
    weight(metrics, 'AC', { L: 0.77, H: 0.44 }) *
    weight(metrics, 'PR', isChanged ? { N: 0.85, L: 0.68, H: 0.5 } : { N: 0.85, L: 0.62, H: 0.27 }) *
    weight(metrics, 'UI', { N: 0.85, R: 0.62 });
  return roundUp(Math.min((isChanged ? 1.08 : 1) * (impact + exploitability), 10));
}

/** Smallest number with one decimal that is not below, in whole numbers so that 4.000000001 stays 4.0. */
function roundUp(value: number): number {
  const scaled = Math.round(value * 100_000);
  return scaled % 10_000 === 0 ? scaled / 100_000 : (Math.floor(scaled / 10_000) + 1) / 10;
}

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
};

/** The highest vectors of a level of one equivalence set, and how many steps lie between them and the next level. */
type Level = { readonly depth: number; readonly highest: readonly string[] };

// Requirements are not part of a base score: they stand at their worst case (H), which is level 0 of EQ6 when any
// of VC, VI, VA is high and level 1 when none is. What the table holds for EQ3 is therefore the pair EQ3 + EQ6,
// with the highest vectors that are reachable with requirements at H.
const eq1: readonly Level[] = [
  { depth: 1, highest: ['AV:N/PR:N/UI:N'] },
  { depth: 4, highest: ['AV:A/PR:N/UI:N', 'AV:N/PR:L/UI:N', 'AV:N/PR:N/UI:P'] },
  { depth: 5, highest: ['AV:P/PR:N/UI:N', 'AV:A/PR:L/UI:P'] },
];
const eq2: readonly Level[] = [
  { depth: 1, highest: ['AC:L/AT:N'] },
  { depth: 2, highest: ['AC:H/AT:N', 'AC:L/AT:P'] },
];
const eq3: readonly Level[] = [
  { depth: 7, highest: ['VC:H/VI:H/VA:H'] },
  { depth: 8, highest: ['VC:L/VI:H/VA:H', 'VC:H/VI:L/VA:H'] },
  { depth: 10, highest: ['VC:L/VI:L/VA:L'] },
];
const eq4: readonly Level[] = [
  { depth: 6, highest: ['SC:H/SI:S/SA:S'] },
  { depth: 5, highest: ['SC:H/SI:H/SA:H'] },
  { depth: 4, highest: ['SC:L/SI:L/SA:L'] },
];

/** Source: https://www.first.org/cvss/v4-0/specification-document (section 8.2) */
function scoreV4(metrics: ReadonlyMap<string, string>): number {
  if (['VC', 'VI', 'VA', 'SC', 'SI', 'SA'].every((name) => metrics.get(name) === 'N')) return 0;
  const levels = levelsV4(metrics);
  const macro = macroVector(levels);
  const top = cvss4MacroVectorScores[macro];
  if (top === undefined) return 0;
  const [l1, l2, l3, l4] = levels;
  const sets = [
    { level: eq1[l1], lower: [macroVector([l1 + 1, l2, l3, l4])] },
    { level: eq2[l2], lower: [macroVector([l1, l2 + 1, l3, l4])] },
    { level: eq3[l3], lower: lowerEq3(levels) },
    { level: eq4[l4], lower: [macroVector([l1, l2, l3, l4 + 1])] },
  ];
  // EQ5 (exploit maturity) always has a lower neighbour at its worst case and never adds distance.
  let setCount = 1;
  let distanceSum = 0;
  for (const { level, lower } of sets) {
    const below = Math.max(...lower.map((key) => cvss4MacroVectorScores[key] ?? Number.NEGATIVE_INFINITY));
    if (level === undefined || below === Number.NEGATIVE_INFINITY) continue;
    setCount += 1;
    distanceSum += (top - below) * (stepsFrom(level, metrics) / level.depth);
  }
  // The small addend keeps a tie such as 5.65, which floating point holds as 5.6499…, on its upper side.
  return Math.round((Math.min(Math.max(top - distanceSum / setCount, 0), 10) + 1e-6) * 10) / 10;
}

type LevelsV4 = readonly [number, number, number, number];

function levelsV4(metrics: ReadonlyMap<string, string>): LevelsV4 {
  const is = (name: string, value: string) => metrics.get(name) === value;
  const easy = [is('AV', 'N'), is('PR', 'N'), is('UI', 'N')].filter(Boolean).length;
  const l1 = easy === 3 ? 0 : easy === 0 || is('AV', 'P') ? 2 : 1;
  const l2 = is('AC', 'L') && is('AT', 'N') ? 0 : 1;
  const l3 = is('VC', 'H') && is('VI', 'H') ? 0 : is('VC', 'H') || is('VI', 'H') || is('VA', 'H') ? 1 : 2;
  const l4 = is('SC', 'H') || is('SI', 'H') || is('SA', 'H') ? 1 : 2;
  return [l1, l2, l3, l4];
}

function macroVector([l1, l2, l3, l4]: LevelsV4): string {
  return `${l1}${l2}${l3}${l4}0${l3 === 2 ? 1 : 0}`;
}

/** EQ3 and EQ6 move together: from 00 to 01 or 10, from 10 to 11; nothing lies below 21. */
function lowerEq3([l1, l2, l3, l4]: LevelsV4): readonly string[] {
  if (l3 === 0) return [`${l1}${l2}0${l4}01`, `${l1}${l2}1${l4}00`];
  return l3 === 1 ? [`${l1}${l2}1${l4}01`] : [];
}

/** Steps from the first highest vector that is at least as severe in every metric. */
function stepsFrom(level: Level, metrics: ReadonlyMap<string, string>): number {
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
