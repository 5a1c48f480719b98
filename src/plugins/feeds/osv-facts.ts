import { type Fields, fields, list, textOf, texts } from '../../lib/fields.ts';
import type { SeverityLabel } from '../../model/vulnerability.ts';
import type { VulnerabilityFacts } from './contract.ts';
import sources from './osv-sources.json' with { type: 'json' };
import { factsOf, isoTime, ratingsOf } from './records.ts';

const referencesMax = 30;
const descriptionLengthMax = 4000;

const sourceByPrefix: Readonly<Record<string, string>> = sources;

/** Who rates under ids of this kind: `GHSA-…` is `ghsa`, `PYSEC-…` is `pypa`. */
export function sourceOf(id: string): string {
  const prefix = id.split('-', 1)[0]?.toUpperCase() ?? '';
  return (Object.hasOwn(sourceByPrefix, prefix) ? sourceByPrefix[prefix] : undefined) ?? prefix.toLowerCase();
}

/** What an OSV record says of the vulnerability itself, under one of its ids. */
export function vulnerabilityFacts(
  record: Fields,
  ids: { readonly id: string; readonly recordId: string },
): VulnerabilityFacts {
  const source = sourceOf(ids.recordId);
  const withdrawn = ids.id === ids.recordId ? isoTime(textOf(record.withdrawn)) : null;
  // `UBUNTU-CVE-2024-1` is one distribution's record of that very CVE.
  const isErratum = ids.id !== ids.recordId && !ids.recordId.endsWith(`-${ids.id}`);
  const specific = fields(record.database_specific);
  return factsOf({
    kind: 'vulnerability',
    id: ids.id,
    source,
    // An erratum's own words are about all its flaws together.
    title: isErratum ? null : textOf(record.summary)?.slice(0, 300),
    description: isErratum ? null : textOf(record.details)?.slice(0, descriptionLengthMax),
    cvss: ratingsOf(vectorsOf(record).map((vector) => ({ source, vector, score: null }))).ratings,
    labels: labelsOf(record, ids.recordId),
    cwes: [
      ...texts(specific.cwe_ids),
      ...list(specific.cwes).map((cwe) => textOf(fields(cwe).cweId) ?? ''),
    ].filter((cwe) => /^CWE-\d+$/.test(cwe)),
    published: isErratum ? null : isoTime(textOf(record.published)),
    modified: isErratum ? null : isoTime(textOf(record.modified)),
    references: list(record.references)
      .slice(0, referencesMax)
      .map((reference) => textOf(fields(reference).url) ?? '')
      .filter((url) => /^https?:\/\//.test(url)),
    withdrawn,
  });
}

/** Vectors stand at the top or, in some databases, at each affected entry. */
function vectorsOf(record: Fields): readonly string[] {
  const entries = [
    ...list(record.severity),
    ...list(record.affected)
      .slice(0, 100)
      .flatMap((affected) => list(fields(affected).severity)),
  ].map(fields);
  const vectors = entries.filter((entry) => /^CVSS_V[234]$/.test(textOf(entry.type) ?? ''));
  return [...new Set(vectors.map((entry) => textOf(entry.score) ?? ''))].filter((vector) => vector !== '');
}

/** RustSec also publishes notices that are no flaws, such as that a crate is not maintained any more. */
export function informationalOf(record: Fields): string | null {
  const told = list(record.affected)
    .slice(0, 1)
    .map((affected) => fields(fields(affected).database_specific))[0];
  const kind = textOf(told?.informational);
  return kind === 'unmaintained' || kind === 'notice' ? 'informational' : null;
}

function labelsOf(record: Fields, recordId: string): readonly SeverityLabel[] {
  const labels: SeverityLabel[] = [];
  const told = textOf(fields(record.database_specific).severity);
  if (told !== null) labels.push({ source: sourceOf(recordId), label: told });
  const ubuntu = list(record.severity)
    .map(fields)
    .find((entry) => entry.type === 'Ubuntu');
  const priority = ubuntu === undefined ? null : textOf(ubuntu.score);
  if (priority !== null) labels.push({ source: 'ubuntu', label: priority });
  const notice = informationalOf(record);
  if (notice !== null) labels.push({ source: sourceOf(recordId), label: notice });
  // A package that is malware has no degrees: whoever installed it ran it.
  if (recordId.startsWith('MAL-')) labels.push({ source: 'malicious-packages', label: 'critical' });
  return labels;
}
