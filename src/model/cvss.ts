import { cvss2BaseScore, cvss2Score } from './cvss2.ts';
import { cvss3BaseScore, cvss3Score } from './cvss3.ts';
import { cvss4Score, cvss4WithoutThreat } from './cvss4.ts';
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
      return cvss2BaseScore(vector.metrics);
    case '3.0':
    case '3.1':
      return cvss3BaseScore(vector.metrics);
    case '4.0':
      return cvss4Score(cvss4WithoutThreat(vector.metrics));
  }
}

/**
 * The score with everything that the vector says, 0.0 to 10.0: temporal or threat metrics, and those of the
 * environment. Equals the base score where the vector has base metrics only.
 */
export function cvssScore({ version, metrics }: CvssVector): number {
  switch (version) {
    case '2.0':
      return cvss2Score(metrics);
    case '3.0':
    case '3.1':
      return cvss3Score(metrics, version);
    case '4.0':
      return cvss4Score(metrics);
  }
}

/** The vector with some metrics set; those that it has already are replaced where they stand. */
export function withMetrics(vector: CvssVector, changes: Readonly<Record<string, string>>): CvssVector {
  return { version: vector.version, metrics: new Map([...vector.metrics, ...Object.entries(changes)]) };
}

/** A vector as text, in the order of its metrics. */
export function formatCvss({ version, metrics }: CvssVector): string {
  const text = [...metrics].map(([name, value]) => `${name}:${value}`).join('/');
  return version === '2.0' ? text : `CVSS:${version}/${text}`;
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
