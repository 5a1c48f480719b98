import { type CvssVector, parseCvss } from '../../model/cvss.ts';
import type { NetworkState } from '../../model/exposure.ts';
import type { CvssRating, Vulnerability } from '../../model/vulnerability.ts';

/** Something that is known, with where it is known from; `value` null: nobody has told. */
export type Fact<T> = { readonly value: T | null; readonly evidence: string };

/** How far exploiting a weakness has come. `weaponised`: a ready-made tool has it. */
export const maturities = ['none', 'poc', 'weaponised'] as const;
export type Maturity = (typeof maturities)[number];

/**
 * What is known of one vulnerability on one resource. Score, priority and every deadline are computed from these and
 * from nothing else.
 */
export type RiskFacts = {
  /** In CISA's Known Exploited Vulnerabilities catalogue. Absent from it is a fact too. */
  readonly isKnownExploited: Fact<boolean>;
  readonly maturity: Fact<Maturity>;
  /** FIRST's exploit prediction, a probability. */
  readonly epss: Fact<number>;
  /** Likelihood that it was exploited before, by NIST's LEV; a probability. */
  readonly lev: Fact<number>;
  readonly isAutomatable: Fact<boolean>;
  /** Whether an exploit gives total control of the component. */
  readonly isTotal: Fact<boolean>;
  readonly network: Fact<NetworkState>;
  /** Whether something on the resource listens with the vulnerable package. */
  readonly use: Fact<'listening' | 'installed'>;
  /** The CVSS 3 vector that was chosen, for attack vector and impact. */
  readonly vector: CvssVector | null;
  /** Severity from 0 (unknown) to 1, where there is no CVSS 3 vector. */
  readonly severity: Fact<number>;
};

/** What the resource adds to the facts of the vulnerability. */
export type Circumstances = {
  readonly network: Fact<NetworkState>;
  readonly use: Fact<'listening' | 'installed'>;
  readonly lev: Fact<number>;
};

export const untold: Circumstances = {
  network: { value: null, evidence: 'no network description covers the resource' },
  use: { value: null, evidence: 'nobody has told what listens there' },
  lev: { value: null, evidence: 'no history of predictions is known' },
};

const weaponisedSources = ['metasploit', 'nuclei'];

/** The facts of a vulnerability, where `cvss` is the rating that was chosen for it. Null vulnerability: no source knows it. */
export function factsOf(
  vulnerability: Vulnerability | null,
  cvss: CvssRating | null,
  { network, use, lev }: Circumstances,
): RiskFacts {
  const parsed = cvss?.version.startsWith('3') ? parseCvss(cvss.vector) : null;
  const vector = parsed && 'metrics' in parsed ? parsed : null;
  return {
    isKnownExploited: knownExploited(vulnerability),
    maturity: maturityOf(vulnerability),
    epss: epssOf(vulnerability),
    lev,
    isAutomatable: automatable(vulnerability, vector),
    isTotal: total(vulnerability, vector),
    network,
    use,
    vector,
    severity: cvss
      ? { value: cvss.score / 10, evidence: `CVSS ${cvss.version} ${cvss.score} by ${cvss.source}` }
      : { value: null, evidence: 'no source has rated it' },
  };
}

function knownExploited(vulnerability: Vulnerability | null): Fact<boolean> {
  const kev = vulnerability?.kev;
  return kev
    ? { value: true, evidence: `in CISA's catalogue since ${kev.dateAdded}` }
    : { value: false, evidence: "not in CISA's catalogue" };
}

function maturityOf(vulnerability: Vulnerability | null): Fact<Maturity> {
  const exploits = vulnerability?.exploits ?? [];
  const tool = exploits.find(({ source }) => weaponisedSources.includes(source));
  if (tool) return { value: 'weaponised', evidence: `${tool.source}: ${tool.reference}` };
  if (vulnerability?.ssvc?.exploitation === 'active')
    return { value: 'weaponised', evidence: 'CISA says that it is exploited' };
  const [first] = exploits;
  if (first) return { value: 'poc', evidence: `${first.source}: ${first.reference}` };
  if (vulnerability?.ssvc?.exploitation === 'poc')
    return { value: 'poc', evidence: 'CISA knows a proof of concept' };
  if (vulnerability?.ssvc?.exploitation === 'none')
    return { value: 'none', evidence: 'CISA knows no exploit' };
  return { value: null, evidence: 'no source of exploits names it' };
}

function epssOf(vulnerability: Vulnerability | null): Fact<number> {
  const epss = vulnerability?.epss;
  return epss
    ? { value: epss.score, evidence: `EPSS of ${epss.date}` }
    : { value: null, evidence: 'EPSS has no prediction for it' };
}

// CISA's own words where it gave them; else what a CVSS vector implies, said as such.
// Source: https://certcc.github.io/SSVC/reference/decision_points/automatable/
function automatable(vulnerability: Vulnerability | null, vector: CvssVector | null): Fact<boolean> {
  if (vulnerability?.ssvc)
    return { value: vulnerability.ssvc.automatable, evidence: 'CISA Vulnrichment, Automatable' };
  if (vector === null) return { value: null, evidence: 'nobody has told whether an attack can be automated' };
  const is = (name: string, value: string) => vector.metrics.get(name) === value;
  const value = is('AV', 'N') && is('AC', 'L') && is('PR', 'N') && is('UI', 'N');
  return { value, evidence: 'inferred from AV, AC, PR and UI of the CVSS vector' };
}

function total(vulnerability: Vulnerability | null, vector: CvssVector | null): Fact<boolean> {
  if (vulnerability?.ssvc)
    return {
      value: vulnerability.ssvc.technicalImpact === 'total',
      evidence: 'CISA Vulnrichment, Technical Impact',
    };
  if (vector === null) return { value: null, evidence: 'nobody has told what an attack gains' };
  const value = ['C', 'I', 'A'].every((name) => vector.metrics.get(name) === 'H');
  return { value, evidence: 'inferred from C, I and A of the CVSS vector' };
}
