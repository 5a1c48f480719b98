import type { Verdict } from '../../model/match.ts';
import { type Severity, severityOfLabel, severityOfScore } from '../../model/severity.ts';
import type { CvssRating, Vulnerability } from '../../model/vulnerability.ts';
import type { VendorRating } from '../../plugins/distros/contract.ts';

/** The severity of a match, the number behind it, and where both come from. */
export type Rating = {
  readonly severity: Severity;
  /** CVSS 3 base score, 0 to 10; null when no source gives one, which a zero would hide. */
  readonly score: number | null;
  readonly cvss: CvssRating | null;
  /** The vendor's own word, kept beside the severity. */
  readonly vendorSeverity: string | null;
  /** One sentence: which source decided and why. */
  readonly reason: string;
};

const distroOrder = ['nvd', 'cna', 'cisa-adp', 'ghsa'];
const languageOrder = ['ghsa', 'osv', 'nvd', 'cna', 'cisa-adp'];

/**
 * Rates a match: the matched distribution's own rating, then the ecosystem's database, NVD, the CVE's own numbering
 * authority and CISA. Only CVSS 3 makes a score; without it the vendor's word makes the severity. Pure.
 * Source: https://docs.aws.amazon.com/inspector/latest/user/findings-understanding-severity.html
 */
export function rate(
  verdict: Verdict,
  vulnerability: Vulnerability | null,
  vendor: VendorRating | null,
): Rating {
  const cvss = vulnerability ? chooseCvss(vulnerability.cvss, vendor) : null;
  const label = verdict.severityLabel ?? labelOf(vulnerability, vendor, verdict.feed);
  const labelled = label === null ? null : severityOfLabel(label);
  const isVendorCvss = cvss !== null && vendor !== null && cvss.source === vendor.source;
  if (vendor?.isLabelFirst && labelled !== null && !isVendorCvss) {
    return {
      severity: labelled,
      score: null,
      cvss,
      vendorSeverity: label,
      reason: `${vendor.source} rates it '${label}'`,
    };
  }
  if (cvss?.version.startsWith('3')) {
    const reason = `CVSS ${cvss.version} base score ${cvss.score} by ${cvss.source}`;
    return { severity: severityOfScore(cvss.score), score: cvss.score, cvss, vendorSeverity: label, reason };
  }
  if (labelled !== null) {
    return {
      severity: labelled,
      score: null,
      cvss,
      vendorSeverity: label,
      reason: `rated '${label}', and no CVSS 3 score is known`,
    };
  }
  if (cvss !== null) {
    const severity = cvss.version === '2.0' ? severityOfCvss2(cvss.score) : severityOfScore(cvss.score);
    return {
      severity,
      score: null,
      cvss,
      vendorSeverity: label,
      reason: `only CVSS ${cvss.version} is known: ${cvss.score} by ${cvss.source}`,
    };
  }
  return {
    severity: 'UNTRIAGED',
    score: null,
    cvss: null,
    vendorSeverity: label,
    reason: 'no source has rated it yet',
  };
}

/** The rating that counts: CVSS 3 of the first source in order that has one, else the best of any other version. */
function chooseCvss(ratings: readonly CvssRating[], vendor: VendorRating | null): CvssRating | null {
  const order = vendor ? [vendor.source, ...distroOrder] : languageOrder;
  const rankOf = (rating: CvssRating) => {
    const rank = order.indexOf(rating.source);
    return rank < 0 ? order.length : rank;
  };
  let best: CvssRating | null = null;
  for (const rating of ratings) {
    if (best === null || isBefore(rating, best)) best = rating;
  }
  return best;

  function isBefore(one: CvssRating, two: CvssRating): boolean {
    const versions = versionRank(one) - versionRank(two);
    if (versions !== 0) return versions < 0;
    const sources = rankOf(one) - rankOf(two);
    return sources !== 0 ? sources < 0 : one.version > two.version;
  }
}

// Inspector scores by CVSS 3; 4.0 is shown beside it, and 2.0 is what very old records have.
function versionRank({ version }: CvssRating): number {
  return version === '2.0' ? 2 : version === '4.0' ? 1 : 0;
}

// Source: https://nvd.nist.gov/vuln-metrics/cvss
function severityOfCvss2(score: number): Severity {
  return score >= 7 ? 'HIGH' : score >= 4 ? 'MEDIUM' : 'LOW';
}

// A distribution's word is only good for its own packages.
function labelOf(
  vulnerability: Vulnerability | null,
  vendor: VendorRating | null,
  feed: string,
): string | null {
  const sources = vendor ? [vendor.source] : [...languageOrder, feed];
  for (const source of sources) {
    const label = vulnerability?.labels.find((item) => item.source === source)?.label;
    if (label) return label;
  }
  return null;
}
