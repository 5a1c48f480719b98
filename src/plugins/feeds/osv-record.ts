import { type Fields, fields, list, textOf, texts } from '../../lib/fields.ts';
import type { Statement, StatementCondition } from '../../model/advisory.ts';
import type { FeedRecord } from './contract.ts';
import { osvPackage } from './osv-ecosystems.ts';
import { informationalOf, vulnerabilityFacts } from './osv-facts.ts';
import { osvBounds } from './osv-ranges.ts';
import { isCve, problemRecord, statementRecord } from './records.ts';

/** Most `affected` entries of one record, and most ids that it names, that are looked at. */
export const osvAffectedMax = 50_000;
export const osvIdsMax = 1000;

export type OsvReading = {
  /** Id of the feed plugin. */
  readonly feed: string;
  /** Where the record was found, for problems. */
  readonly where: string;
  /** Ecosystems that were met but are not known; each is told once. */
  readonly unknown: Set<string>;
  /** Streams that were met. */
  readonly streams: Set<string>;
  /** Conditions of one affected entry (rpm modules), one statement for each; null when there is none. */
  readonly conditions?: (fixed: readonly string[], record: Fields) => readonly StatementCondition[] | null;
  /** The vendor's rating of the record, when it stands elsewhere than OSV has a field for. */
  readonly severity?: (record: Fields) => string | null;
};

/**
 * What one OSV record says. Same-flaw ids (`aliases`) become aliases; a record that fixes several CVEs (an erratum,
 * by `upstream` or for distributions `related`) speaks of each CVE and is their advisory. A withdrawn record gives
 * its withdrawal and no statement.
 * Source: https://ossf.github.io/osv-schema/
 */
export function* osvRecords(value: unknown, reading: OsvReading): Generator<FeedRecord> {
  const record = fields(value);
  const id = textOf(record.id)?.trim() ?? '';
  if (!/^[\x21-\x7e]{1,200}$/.test(id)) {
    yield problemRecord('malformed', reading.where, 'OSV record has no usable id');
    return;
  }
  const named = namesOf(record, id);
  if (record.withdrawn) {
    yield vulnerabilityFacts(record, { id, recordId: id });
    for (const alias of named.aliases) yield { kind: 'alias', id, alias };
    return;
  }
  for (const vulnerability of new Set([...named.vulnerabilities, ...named.alsoDescribes])) {
    yield vulnerabilityFacts(record, { id: vulnerability, recordId: id });
  }
  for (const alias of named.aliases) yield { kind: 'alias', id, alias };
  for (const affected of list(record.affected).slice(0, osvAffectedMax)) {
    yield* affectedRecords({ affected, record, id, vulnerabilities: named.vulnerabilities }, reading);
  }
  if (list(record.affected).length > osvAffectedMax) {
    yield problemRecord('limit', reading.where, 'record has too many affected entries', 'osvAffectedMax');
  }
}

/** The ids that a record speaks of. */
export type OsvNames = {
  /** What its statements are about. */
  readonly vulnerabilities: readonly string[];
  /** Other names of that one flaw. */
  readonly aliases: readonly string[];
  /** Its own id, when it is kept as a vulnerability beside those. */
  readonly alsoDescribes: readonly string[];
};

/** Tells the flaws that a record is about from the ids that it merely mentions. */
export function namesOf(record: Fields, id: string): OsvNames {
  const aliases = idsOf(record.aliases).filter((alias) => alias !== id);
  const cves = aliases.filter(isCve);
  // One record under several CVEs: these are several flaws, and its other names cannot be told apart.
  if (cves.length > 1) return { vulnerabilities: cves, aliases: [], alsoDescribes: [id] };
  if (isCve(id) || cves.length === 1) return { vulnerabilities: [id], aliases, alsoDescribes: [] };
  const isDistro = list(record.affected).slice(0, 1).some(isDistroEntry);
  const named = derivedCves(record, id, isDistro);
  if (named.length === 0) return { vulnerabilities: [id], aliases, alsoDescribes: [] };
  return { vulnerabilities: named, aliases: [], alsoDescribes: isDistro ? [] : [id] };
}

function derivedCves(record: Fields, id: string, isDistro: boolean): readonly string[] {
  const upstream = cvesOf(idsOf(record.upstream));
  if (upstream.length > 0) return upstream;
  const own = cvesOf([id]);
  if (own.length > 0) return own;
  return isDistro ? cvesOf(idsOf(record.related)) : [];
}

/** CVE ids, also out of a distribution's own spelling (`UBUNTU-CVE-2024-1`). */
function cvesOf(ids: readonly string[]): readonly string[] {
  const found = ids.map((id) => /(?:^|-)(CVE-\d{4}-\d{4,19})$/.exec(id)?.[1] ?? null);
  return [...new Set(found.filter((cve) => cve !== null))];
}

function idsOf(value: unknown): readonly string[] {
  return texts(value)
    .slice(0, osvIdsMax)
    .map((text) => text.trim())
    .filter((text) => /^[\x21-\x7e]{1,200}$/.test(text));
}

function isDistroEntry(affected: unknown): boolean {
  const pack = packageOf(affected);
  return pack?.isDistro ?? false;
}

function packageOf(affected: unknown): ReturnType<typeof osvPackage> {
  const told = fields(fields(affected).package);
  return osvPackage({
    ecosystem: textOf(told.ecosystem) ?? '',
    name: textOf(told.name)?.trim() ?? '',
    purl: textOf(told.purl),
  });
}

type Affected = {
  readonly affected: unknown;
  readonly record: Fields;
  readonly id: string;
  readonly vulnerabilities: readonly string[];
};

function* affectedRecords(parts: Affected, reading: OsvReading): Generator<FeedRecord> {
  const pack = packageOf(parts.affected);
  if (pack === null) {
    yield* unknownEcosystem(parts.affected, reading);
    return;
  }
  reading.streams.add(pack.stream);
  const bounds = osvBounds(parts.affected, pack.scheme);
  const fixes = bounds.ranges.flatMap((range) => (range.fixed === null ? [] : [range.fixed]));
  const isFixed =
    bounds.ranges.length > 0 && fixes.length === bounds.ranges.length && bounds.versions.length === 0;
  const conditions = reading.conditions?.(fixes, parts.record) ?? [null];
  for (const vulnerability of parts.vulnerabilities) {
    for (const only of conditions) {
      yield statementRecord(
        { stream: pack.stream, name: pack.name },
        {
          vulnerability,
          // A distribution's own record of that very CVE is no advisory.
          advisory: parts.id.endsWith(vulnerability) ? null : parts.id,
          feed: reading.feed,
          record: parts.id,
          status: bounds.unknown !== null ? 'unknown' : isFixed ? 'fixed' : 'affected',
          scheme: pack.scheme,
          ranges: bounds.ranges,
          versions: bounds.versions,
          severity: severityOf(parts, reading),
          only,
          note: bounds.unknown ?? noteOf(parts.affected),
        },
      );
    }
  }
}

function* unknownEcosystem(affected: unknown, reading: OsvReading): Generator<FeedRecord> {
  const told = fields(fields(affected).package);
  const ecosystem = (textOf(told.ecosystem) ?? 'none').slice(0, 80);
  if (reading.unknown.has(ecosystem) || reading.unknown.size >= 100) return;
  reading.unknown.add(ecosystem);
  yield problemRecord('unsupported', reading.where, `OSV ecosystem ${ecosystem} is not known`);
}

function severityOf(parts: Affected, reading: OsvReading): Statement['severity'] {
  const specific = fields(fields(parts.affected).ecosystem_specific);
  return (
    reading.severity?.(parts.record) ??
    textOf(specific.ubuntu_priority) ??
    list(parts.record.severity)
      .map(fields)
      .filter((entry) => entry.type === 'Ubuntu')
      .map((entry) => textOf(entry.score))[0] ??
    textOf(fields(parts.record.database_specific).severity) ??
    informationalOf(parts.record) ??
    textOf(specific.severity) ??
    textOf(specific.urgency)
  );
}

/** Go records name versions of forks and old import paths apart; plain module versions cannot express them. */
function noteOf(affected: unknown): string | null {
  const specific = fields(fields(affected).ecosystem_specific);
  return list(specific.custom_ranges).length > 0 ? 'further bounds in custom_ranges' : null;
}
