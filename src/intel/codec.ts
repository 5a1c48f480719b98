import { Packr } from 'msgpackr';
import type { AffectedRange, Statement, StatementStatus } from '../model/advisory.ts';
import { assert } from '../model/assert.ts';
import type { Epss, Vulnerability } from '../model/vulnerability.ts';

/**
 * How statements and vulnerabilities are written as bytes. Both are msgpack lists in a fixed order, without field
 * names, with empty fields at the end left out. Equal values give equal bytes, which the hashes rely on.
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true });

export function packValue(value: unknown): Buffer {
  return packr.pack(value);
}

export function unpackValue(bytes: Uint8Array): unknown {
  return packr.unpack(bytes);
}

// Positions are written into files: append, never reorder.
const statuses: readonly StatementStatus[] = [
  'fixed',
  'affected',
  'not-affected',
  'under-investigation',
  'will-not-fix',
  'deferred',
  'end-of-life',
  'unknown',
];

const statusNumbers = new Map(statuses.map((status, index) => [status, index]));

type WrittenRange =
  | string
  | readonly [introduced: string | null, fixed: string | null, lastAffected: string | null];

type WrittenStatement = readonly [
  vulnerability: string,
  status: number,
  ranges?: WrittenRange | readonly WrittenRange[] | null,
  record?: string | null,
  advisory?: string | null,
  severity?: string | null,
  note?: string | null,
  versions?: readonly string[] | null,
  only?:
    | readonly [arches: readonly string[] | null, module: string | null, binaries: readonly string[] | null]
    | null,
];

/** A statement without its feed and scheme, which are written once for all statements of a key that share them. */
export function encodeStatement(statement: Statement): Buffer {
  const { only } = statement;
  const fields = [
    statement.vulnerability,
    statusNumbers.get(statement.status) ?? 0,
    writtenRanges(statement.ranges),
    statement.record === statement.vulnerability ? null : statement.record,
    statement.advisory,
    statement.severity,
    statement.note,
    statement.versions.length === 0 ? null : statement.versions,
    only === null ? null : [only.arches, only.module, only.binaries],
  ];
  while (fields.at(-1) === null) fields.pop();
  return packr.pack(fields);
}

function writtenRanges(ranges: readonly AffectedRange[]): WrittenRange | readonly WrittenRange[] | null {
  if (ranges.length === 0) return null;
  const [first] = ranges;
  // By far the most common bound: below one version.
  if (ranges.length === 1 && first !== undefined && isBelow(first)) return first.fixed;
  return ranges.map((range) =>
    isBelow(range) ? range.fixed : [range.introduced, range.fixed, range.lastAffected],
  );
}

function isBelow(range: AffectedRange): range is AffectedRange & { readonly fixed: string } {
  return range.fixed !== null && range.introduced === null && range.lastAffected === null;
}

/** Statements of one feed in one version scheme, as encoded one by one. */
export type StatementGroup = {
  readonly feed: string;
  readonly scheme: string;
  readonly statements: readonly Uint8Array[];
};

/** The value of a package key. */
export function encodeGroups(groups: readonly StatementGroup[]): Buffer {
  const parts: Uint8Array[] = [listHeader(groups.length)];
  for (const { feed, scheme, statements } of groups) {
    parts.push(
      listHeader(3),
      packr.pack(feed),
      packr.pack(scheme),
      listHeader(statements.length),
      ...statements,
    );
  }
  return Buffer.concat(parts);
}

function listHeader(length: number): Buffer {
  if (length < 16) return Buffer.from([0x90 | length]);
  const header = Buffer.alloc(length < 65_536 ? 3 : 5);
  header[0] = length < 65_536 ? 0xdc : 0xdd;
  if (length < 65_536) header.writeUInt16BE(length, 1);
  else header.writeUInt32BE(length, 1);
  return header;
}

/** Reads a package key's value back. */
export function decodeStatements(bytes: Uint8Array): readonly Statement[] {
  const statements: Statement[] = [];
  const groups = packr.unpack(bytes) as readonly [
    feed: string,
    scheme: string,
    written: readonly WrittenStatement[],
  ][];
  for (const [feed, scheme, written] of groups) {
    for (const fields of written) statements.push(readStatement(fields, feed, scheme));
  }
  return statements;
}

const noRanges: readonly AffectedRange[] = [];
const noVersions: readonly string[] = [];

function readStatement(written: WrittenStatement, feed: string, scheme: string): Statement {
  const [vulnerability, number, ranges, record, advisory, severity, note, versions, only] = written;
  const status = statuses[number];
  assert(status !== undefined, 'statement status is one of the list');
  return {
    vulnerability,
    advisory: advisory ?? null,
    feed,
    record: record ?? vulnerability,
    status,
    scheme,
    ranges: readRanges(ranges ?? null),
    versions: versions ?? noVersions,
    severity: severity ?? null,
    only: only ? { arches: only[0], module: only[1], binaries: only[2] } : null,
    note: note ?? null,
  };
}

function readRanges(written: WrittenRange | readonly WrittenRange[] | null): readonly AffectedRange[] {
  if (written === null) return noRanges;
  if (typeof written === 'string') return [readRange(written)];
  return (written as readonly WrittenRange[]).map(readRange);
}

function readRange(written: WrittenRange): AffectedRange {
  if (typeof written === 'string') return { introduced: null, fixed: written, lastAffected: null };
  return { introduced: written[0], fixed: written[1], lastAffected: written[2] };
}

/** A vulnerability without its EPSS score, which changes daily and is kept apart. */
export function encodeVulnerability(vulnerability: Vulnerability): Buffer {
  const { kev, ssvc } = vulnerability;
  return packr.pack([
    vulnerability.id,
    vulnerability.aliases,
    vulnerability.title,
    vulnerability.description,
    vulnerability.cvss.map(({ source, version, vector, score }) => [source, version, vector, score]),
    vulnerability.labels.map(({ source, label }) => [source, label]),
    vulnerability.cwes,
    vulnerability.published,
    vulnerability.modified,
    vulnerability.references,
    kev === null ? null : [kev.dateAdded, kev.dueDate, kev.action, kev.ransomware],
    vulnerability.exploits.map(({ source, reference }) => [source, reference]),
    ssvc === null ? null : [ssvc.exploitation, ssvc.automatable, ssvc.technicalImpact],
    vulnerability.withdrawn,
  ]);
}

type WrittenVulnerability = readonly [
  id: string,
  aliases: readonly string[],
  title: string | null,
  description: string | null,
  cvss: readonly [source: string, version: '2.0' | '3.0' | '3.1' | '4.0', vector: string, score: number][],
  labels: readonly [source: string, label: string][],
  cwes: readonly string[],
  published: string | null,
  modified: string | null,
  references: readonly string[],
  kev:
    | readonly [dateAdded: string, dueDate: string | null, action: string | null, ransomware: boolean]
    | null,
  exploits: readonly [source: string, reference: string][],
  ssvc: readonly [exploitation: string, automatable: boolean, technicalImpact: string] | null,
  withdrawn: string | null,
];

export function decodeVulnerability(bytes: Uint8Array, epss: Epss | null): Vulnerability {
  const written = packr.unpack(bytes) as WrittenVulnerability;
  const [
    id,
    aliases,
    title,
    description,
    cvss,
    labels,
    cwes,
    published,
    modified,
    references,
    kev,
    exploits,
    ssvc,
  ] = written;
  return {
    id,
    aliases,
    title,
    description,
    cvss: cvss.map(([source, version, vector, score]) => ({ source, version, vector, score })),
    labels: labels.map(([source, label]) => ({ source, label })),
    cwes,
    published,
    modified,
    references,
    kev: kev && { dateAdded: kev[0], dueDate: kev[1], action: kev[2], ransomware: kev[3] },
    epss,
    exploits: exploits.map(([source, reference]) => ({ source, reference })),
    ssvc: ssvc && { exploitation: ssvc[0], automatable: ssvc[1], technicalImpact: ssvc[2] },
    withdrawn: written[13],
  };
}

/** A vulnerability of which nothing is told but its id and, perhaps, its EPSS score. */
export function bareVulnerability(id: string, epss: Epss | null): Vulnerability {
  return {
    id,
    aliases: [],
    title: null,
    description: null,
    cvss: [],
    labels: [],
    cwes: [],
    published: null,
    modified: null,
    references: [],
    kev: null,
    epss,
    exploits: [],
    ssvc: null,
    withdrawn: null,
  };
}
