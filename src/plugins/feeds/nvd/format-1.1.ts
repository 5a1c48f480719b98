import { type Fields, fields, list, numberOf, textOf } from '../../../lib/fields.ts';
import type { FeedRecord } from '../contract.ts';
import { factsOf, isCve, isoTime, problemRecord, ratingsOf } from '../records.ts';

const referencesMax = 50;

/** An item of the yearly 1.1 feeds, which NVD stopped in 2023. Source: https://csrc.nist.gov/schema/nvd/feed/1.1/ */
export function nvd11Record(value: unknown, where: string): FeedRecord {
  const item = fields(value);
  const cve = fields(item.cve);
  const id = textOf(fields(cve.CVE_data_meta).ID) ?? '';
  if (!isCve(id)) return problemRecord('malformed', where, 'item has no CVE id');
  const description = english(fields(cve.description).description_data);
  const modified = minuteTime(item.lastModifiedDate);
  return factsOf({
    kind: 'vulnerability',
    id,
    source: 'nvd',
    description,
    cvss: ratingsOf(vectorsOf(fields(item.impact))).ratings,
    cwes: list(fields(cve.problemtype).problemtype_data)
      .flatMap((entry) => list(fields(entry).description))
      .map((entry) => textOf(fields(entry).value) ?? '')
      .filter((cwe) => /^CWE-\d+$/.test(cwe)),
    published: minuteTime(item.publishedDate),
    modified,
    references: list(fields(cve.references).reference_data)
      .slice(0, referencesMax)
      .map((entry) => textOf(fields(entry).url) ?? '')
      .filter((url) => /^https?:\/\//.test(url)),
    withdrawn: /^(\*\* REJECT|Rejected reason:)/.test(description ?? '') ? modified : null,
  });
}

/** `2021-09-09T13:15Z` */
function minuteTime(value: unknown): string | null {
  return isoTime(textOf(value));
}

function vectorsOf(impact: Fields): { source: string; vector: string; score: number | null }[] {
  const metrics = [fields(fields(impact.baseMetricV3).cvssV3), fields(fields(impact.baseMetricV2).cvssV2)];
  return metrics.flatMap((metric) => {
    const vector = textOf(metric.vectorString);
    return vector === null ? [] : [{ source: 'nvd', vector, score: numberOf(metric.baseScore) }];
  });
}

function english(value: unknown): string | null {
  const entry = list(value)
    .map(fields)
    .find((item) => item.lang === 'en');
  return entry === undefined ? null : textOf(entry.value);
}
