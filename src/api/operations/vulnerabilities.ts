import type { Vulnerability as VulnerabilityShape } from '@aws-sdk/client-inspector2';
import type { PackageKey } from '../../model/advisory.ts';
import type { CvssRating, Vulnerability } from '../../model/vulnerability.ts';
import type { ApiContext } from '../context.ts';
import { internal } from '../wire/errors.ts';
import type { Checked, Handlers } from '../wire/handlers.ts';

const platformsMax = 100;

export const vulnerabilityOperations = {
  async SearchVulnerabilities(input, { service }) {
    const intelligence = service.intelligence.current();
    if (!intelligence) throw internal('There is no intelligence yet: the first revision is being built.');
    const vulnerabilities: Checked<VulnerabilityShape>[] = [];
    for (const id of input.filterCriteria.vulnerabilityIds) {
      const found = intelligence.vulnerability(id);
      if (found && found.withdrawn === null)
        vulnerabilities.push(shape(found, intelligence.keysOf(found.id)));
    }
    return { vulnerabilities };
  },
} satisfies Handlers<ApiContext>;

function shape(vulnerability: Vulnerability, keys: readonly PackageKey[]): Checked<VulnerabilityShape> {
  const { kev, epss, cvss } = vulnerability;
  const rating = (major: string) => ratingShape(cvss.find(({ version }) => version.startsWith(major)));
  const [cvss4, cvss3, cvss2] = [rating('4'), rating('3'), rating('2')];
  const label = vulnerability.labels[0]?.label;
  return {
    id: vulnerability.id,
    cwes: vulnerability.cwes,
    ...(kev
      ? {
          cisaData: {
            dateAdded: new Date(kev.dateAdded),
            ...(kev.dueDate ? { dateDue: new Date(kev.dueDate) } : {}),
            ...(kev.action ? { action: kev.action } : {}),
          },
        }
      : {}),
    source: 'NVD',
    ...(vulnerability.description ? { description: vulnerability.description } : {}),
    ...(label ? { vendorSeverity: label } : {}),
    ...(cvss4 ? { cvss4 } : {}),
    ...(cvss3 ? { cvss3 } : {}),
    ...(cvss2 ? { cvss2 } : {}),
    relatedVulnerabilities: vulnerability.aliases.slice(0, 100),
    ...(vulnerability.published ? { vendorCreatedAt: new Date(vulnerability.published) } : {}),
    ...(vulnerability.modified ? { vendorUpdatedAt: new Date(vulnerability.modified) } : {}),
    sourceUrl: `https://nvd.nist.gov/vuln/detail/${vulnerability.id}`,
    referenceUrls: vulnerability.references.slice(0, 100),
    detectionPlatforms: [...new Set(keys.map(({ stream }) => stream))].slice(0, platformsMax),
    ...(epss ? { epss: { score: epss.score } } : {}),
  };
}

function ratingShape(rating: CvssRating | undefined): { baseScore: number; scoringVector: string } | null {
  return rating ? { baseScore: rating.score, scoringVector: rating.vector } : null;
}
