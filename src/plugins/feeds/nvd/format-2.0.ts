import { type Fields, fields, list, numberOf, textOf } from '../../../lib/fields.ts';
import type { FeedRecord } from '../contract.ts';
import { factsOf, isCve, isoTime, problemRecord, ratingsOf } from '../records.ts';

const referencesMax = 50;

/**
 * An item of the 2.0 feeds and API pages. Ratings of type `Secondary` are those of the CVE's own authority (`cna`), or
 * CISA's (`cisa-adp`), not NVD's.
 * Source: https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema
 */
export function nvd20Record(value: unknown, where: string): FeedRecord {
  const cve = fields(fields(value).cve);
  const id = textOf(cve.id) ?? '';
  if (!isCve(id)) return problemRecord('malformed', where, 'item has no CVE id');
  const isRejected = cve.vulnStatus === 'Rejected';
  const modified = isoTime(textOf(cve.lastModified));
  return factsOf({
    kind: 'vulnerability',
    id,
    source: 'nvd',
    description: english(cve.descriptions),
    cvss: ratingsOf(vectorsOf(fields(cve.metrics))).ratings,
    cwes: list(cve.weaknesses)
      .flatMap((weakness) => list(fields(weakness).description))
      .map((entry) => textOf(fields(entry).value) ?? '')
      .filter((cwe) => /^CWE-\d+$/.test(cwe)),
    published: isoTime(textOf(cve.published)),
    modified,
    references: list(cve.references)
      .slice(0, referencesMax)
      .map((entry) => textOf(fields(entry).url) ?? '')
      .filter((url) => /^https?:\/\//.test(url)),
    withdrawn: isRejected ? (modified ?? isoTime(textOf(cve.published))) : null,
  });
}

function vectorsOf(metrics: Fields): { source: string; vector: string; score: number | null }[] {
  const all = ['cvssMetricV40', 'cvssMetricV31', 'cvssMetricV30', 'cvssMetricV2'].flatMap((name) =>
    list(metrics[name]),
  );
  return all.map(fields).flatMap((metric) => {
    const data = fields(metric.cvssData);
    const vector = textOf(data.vectorString);
    if (vector === null) return [];
    return [{ source: raterOf(metric), vector, score: numberOf(data.baseScore) }];
  });
}

// CISA rates as an authorised data publisher under this id.
const cisaAdp = '134c704f-9b21-4f2e-91b3-4a467353bcc0';

function raterOf(metric: Fields): string {
  if (metric.source === 'nvd@nist.gov') return 'nvd';
  return metric.source === cisaAdp ? 'cisa-adp' : 'cna';
}

function english(value: unknown): string | null {
  const entry = list(value)
    .map(fields)
    .find((item) => item.lang === 'en');
  return entry === undefined ? null : textOf(entry.value);
}
