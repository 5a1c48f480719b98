import type { AffectedRange, PackageKey, Statement, StatementStatus } from '../../model/advisory.ts';
import { cvssRating } from '../../model/cvss.ts';
import { type Problem, type ProblemKind, problem, reasonOf } from '../../model/problem.ts';
import type { CvssRating } from '../../model/vulnerability.ts';
import type { Entry } from './archive.ts';
import type { FeedRecord, VulnerabilityFacts } from './contract.ts';

/** What a statement says beyond its defaults (no advisory, no bounds, no conditions). */
export type StatementParts = {
  readonly vulnerability: string;
  readonly feed: string;
  readonly record: string;
  readonly status: StatementStatus;
  readonly scheme: string;
} & Partial<Pick<Statement, 'advisory' | 'ranges' | 'versions' | 'severity' | 'only' | 'note'>>;

/** A statement record with every field that is not named at its empty value. */
export function statementRecord(key: PackageKey, parts: StatementParts): FeedRecord {
  return {
    kind: 'statement',
    key,
    statement: {
      vulnerability: parts.vulnerability,
      advisory: parts.advisory ?? null,
      feed: parts.feed,
      record: parts.record,
      status: parts.status,
      scheme: parts.scheme,
      ranges: parts.ranges ?? noRanges,
      versions: parts.versions ?? noVersions,
      severity: parts.severity ?? null,
      only: parts.only ?? null,
      note: parts.note ?? null,
    },
  };
}

const noRanges: readonly AffectedRange[] = [];
const noVersions: readonly string[] = [];

export function problemRecord(
  kind: ProblemKind,
  where: string,
  why: string,
  limit: string | null = null,
): FeedRecord {
  return { kind: 'problem', problem: problem(kind, where, why, limit) };
}

export function* problemRecords(problems: readonly Problem[]): Generator<FeedRecord> {
  for (const found of problems) yield { kind: 'problem', problem: found };
}

export function streamRecord(
  stream: string,
  options: { complete: boolean; asOf: string | null },
): FeedRecord {
  return { kind: 'stream', stream, complete: options.complete, asOf: options.asOf };
}

/** Whether an id is a CVE id as the CVE programme writes it. */
export function isCve(id: string): boolean {
  return /^CVE-\d{4}-\d{4,19}$/.test(id);
}

/** The distinct CVE ids that a text names, in the order of first mention. */
export function cvesIn(text: string): readonly string[] {
  return [...new Set(text.match(/\bCVE-\d{4}-\d{4,19}\b/g) ?? [])];
}

/** The JSON of an archive member, or a problem. */
export function jsonOf(entry: Entry): { readonly value: unknown } | Problem {
  try {
    return { value: JSON.parse(entry.bytes.toString('utf8')) };
  } catch (error) {
    return problem('malformed', entry.path, `not JSON: ${reasonOf(error)}`);
  }
}

/** Facts without the fields that are empty, so that a source never speaks of what it did not say. */
export function factsOf(
  facts: {
    readonly [Field in keyof VulnerabilityFacts]: VulnerabilityFacts[Field] | null | undefined;
  },
): VulnerabilityFacts {
  const kept = Object.entries(facts).filter(
    ([, value]) =>
      value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept) as VulnerabilityFacts;
}

/** Ratings from vectors; what cannot be read as a CVSS vector is left out and told apart. */
export function ratingsOf(
  vectors: readonly { readonly source: string; readonly vector: string; readonly score: number | null }[],
): { readonly ratings: readonly CvssRating[]; readonly problems: readonly Problem[] } {
  const ratings: CvssRating[] = [];
  const problems: Problem[] = [];
  for (const entry of vectors) {
    const rating = cvssRating(entry);
    if ('kind' in rating) problems.push(rating);
    else ratings.push(rating);
  }
  return { ratings, problems };
}

/** ISO 8601 from what a source writes for a time, or null when it is not one. Days stay days; year 1 is no time. */
export function isoTime(text: string | null): string | null {
  if (text === null || text.startsWith('0')) return null;
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return text;
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,9})? ?(Z|UTC|[+-]\d\d:?\d\d)?$/.exec(
    text.slice(0, 40),
  );
  if (match === null) return null;
  const [, day, time, seconds = ':00', , zone = 'Z'] = match;
  const parsed = new Date(`${day}T${time}${seconds}${zone === 'UTC' ? 'Z' : zone}`);
  return Number.isNaN(parsed.getTime()) ? null : parsed.toISOString().replace('.000Z', 'Z');
}
