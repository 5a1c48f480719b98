import { type Fields, fields, list, textOf, texts } from '../../../lib/fields.ts';
import type { AffectedRange, StatementStatus } from '../../../model/advisory.ts';
import type { KnownExploited } from '../../../model/vulnerability.ts';
import { versionScheme } from '../../../versions/registry.ts';
import { openChunks } from '../chunks.ts';
import type { Feed, FeedFile, FeedRecord } from '../contract.ts';
import {
  factsOf,
  isCve,
  problemRecord,
  problemRecords,
  ratingsOf,
  statementRecord,
  streamRecord,
} from '../records.ts';

const lineLengthMax = 1024 * 1024;

/**
 * The small set that ships with the program, so that a first scan finds something before any feed has been fetched:
 * some hundred well-known flaws. It assesses no stream completely.
 */
export const starter = {
  id: 'starter',
  title: 'Starter set',
  sources: [
    'https://github.com/advisories',
    'https://security-tracker.debian.org/tracker/',
    'https://www.cisa.gov/known-exploited-vulnerabilities-catalog',
  ],
  licence: 'Apache-2.0 (facts written down by this project)',
  downloads: [],
  wants: (path) => /(^|\/)starter\.jsonl$/.test(path),
  read: readStarter,
} satisfies Feed;

/**
 * One vulnerability a line: `{id, aliases, title, cvss, severity, cwes, published, kev, affected}`; `affected` lists
 * `{stream, name, scheme, ranges: [[introduced, fixed, lastAffected]…], status}`. Lines with `asOf` date the set.
 */
async function* readStarter(file: FeedFile): AsyncGenerator<FeedRecord> {
  const source = openChunks(file);
  const decoder = new TextDecoder();
  const streams = new Set<string>();
  let asOf: string | null = null;
  let rest = '';
  let number = 0;
  for await (const chunk of source.chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(0, lineLengthMax);
    for (const line of lines) {
      number += 1;
      const entry = parsed(line);
      asOf = textOf(entry.asOf) ?? asOf;
      if (entry.asOf === undefined) yield* entryRecords(entry, `${file.path}:${number}`, streams);
    }
  }
  if (rest.trim() !== '') yield problemRecord('malformed', file.path, 'the file ends inside a line');
  for (const stream of streams) yield streamRecord(stream, { complete: false, asOf });
  yield* problemRecords(source.problems);
}

function parsed(line: string): Fields {
  try {
    return fields(JSON.parse(line));
  } catch {
    return {};
  }
}

function* entryRecords(entry: Fields, where: string, streams: Set<string>): Generator<FeedRecord> {
  const id = textOf(entry.id);
  if (id === null) {
    yield problemRecord('malformed', where, 'line is not a vulnerability with an id');
    return;
  }
  const vector = textOf(entry.cvss);
  const severity = textOf(entry.severity);
  yield factsOf({
    kind: 'vulnerability',
    id,
    source: 'starter',
    title: textOf(entry.title),
    cvss: ratingsOf(vector === null ? [] : [{ source: 'nvd', vector, score: null }]).ratings,
    labels: severity === null ? [] : [{ source: 'ghsa', label: severity }],
    cwes: texts(entry.cwes),
    published: textOf(entry.published),
    references: isCve(id) ? [`https://www.cve.org/CVERecord?id=${id}`] : [],
    kev: kevOf(entry.kev),
  });
  for (const alias of texts(entry.aliases)) yield { kind: 'alias', id, alias };
  for (const affected of list(entry.affected).map(fields)) {
    const record = affectedRecord(affected, { id, severity, where });
    if (record.kind === 'statement') streams.add(record.key.stream);
    yield record;
  }
}

function kevOf(value: unknown): KnownExploited | null {
  const told = fields(value);
  const dateAdded = textOf(told.added);
  if (dateAdded === null) return null;
  return { dateAdded, dueDate: textOf(told.due), action: null, ransomware: told.ransomware === true };
}

const statuses: ReadonlySet<string> = new Set<StatementStatus>([
  'fixed',
  'affected',
  'not-affected',
  'will-not-fix',
]);

function affectedRecord(
  affected: Fields,
  entry: { readonly id: string; readonly severity: string | null; readonly where: string },
): FeedRecord {
  const [stream, name, scheme] = [textOf(affected.stream), textOf(affected.name), textOf(affected.scheme)];
  const ranges = rangesOf(affected.ranges);
  const open = ranges?.some((range) => range.fixed === null) ?? false;
  const status = textOf(affected.status) ?? (open ? 'affected' : 'fixed');
  if (
    stream === null ||
    name === null ||
    scheme === null ||
    versionScheme(scheme) === null ||
    !statuses.has(status)
  ) {
    return problemRecord(
      'malformed',
      entry.where,
      'affected entry lacks a stream, name, known scheme or status',
    );
  }
  if (ranges === null || (ranges.length === 0 && status !== 'not-affected'))
    return problemRecord('malformed', entry.where, 'affected entry has no ranges, or one that is none');
  return statementRecord(
    { stream, name },
    {
      vulnerability: entry.id,
      advisory: textOf(affected.advisory),
      feed: 'starter',
      record: `${entry.id} ${stream} ${name}`,
      status: status as StatementStatus,
      scheme,
      ranges,
      severity: textOf(affected.severity) ?? entry.severity,
    },
  );
}

// Null where any of them is none: left out or read as empty it would say something about every version.
function rangesOf(value: unknown): readonly AffectedRange[] | null {
  const ranges = list(value).map(rangeOf);
  return ranges.every((range) => range !== null) ? ranges : null;
}

function rangeOf(value: unknown): AffectedRange | null {
  const ends = list(value);
  if (ends.length === 0 || ends.some((end) => end !== null && textOf(end) === null)) return null;
  const [introduced, fixed, lastAffected] = ends.map(textOf);
  return { introduced: introduced ?? null, fixed: fixed ?? null, lastAffected: lastAffected ?? null };
}
