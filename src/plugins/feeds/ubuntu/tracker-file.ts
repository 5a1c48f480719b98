import type { FeedRecord } from '../contract.ts';
import { factsOf, isCve, isoTime, problemRecord, ratingsOf, statementRecord } from '../records.ts';
import { releaseOf } from './releases.ts';
import { develState, type TrackerState, trackerState } from './tracker-status.ts';

const descriptionLengthMax = 4000;
const referencesMax = 20;

/** What is gathered over all files of one reading. */
export type TrackerReading = {
  /** Code names that were met, to tell which release `devel` is. */
  readonly codenames: Set<string>;
  readonly streams: Set<string>;
  readonly unknown: Set<string>;
  /** Statuses that only tell that support ended. */
  endedCount: number;
  /** Statements about `devel`, to be made when its stream is known. */
  readonly devel: ((stream: string) => FeedRecord)[];
};

/** What one tracker file says. */
export function* trackerRecords(path: string, text: string, reading: TrackerReading): Generator<FeedRecord> {
  const file = parse(text);
  const id = file.fields.get('Candidate')?.trim() ?? '';
  const own = path.slice(path.lastIndexOf('/') + 1);
  const vulnerability = isCve(id) ? id : own;
  yield factsOfFile(vulnerability, file);
  const ended = endedStates(file);
  for (const line of file.statuses) {
    const known = isEnded(line) ? ended.get(`${line.where} ${line.source}`) : undefined;
    if (isEnded(line) && known === undefined) reading.endedCount += 1;
    const told = known === undefined ? line : { ...line, detail: `${line.detail}, was ${known}` };
    yield* lineRecords(told, { vulnerability, path, file, reading });
  }
}

/** Only that the release's support ended, not what was known of the package then. */
function isEnded({ status, detail }: StatusLine): boolean {
  return status === 'ignored' && /^end of (?:life|standard support)$/.test(detail);
}

/**
 * What was known of packages when the support of their release ended, where the line of its ESM pocket tells it:
 * `precise/esm_gcc-4.6: DNE (precise was needed)`. Keys are code name and source.
 */
function endedStates({ statuses }: TrackerFile): ReadonlyMap<string, string> {
  const states = new Map<string, string>();
  for (const { where, source, status, detail } of statuses) {
    const told =
      status === 'DNE' ? /^([a-z]{2,20}) was (needed|pending|deferred|not-affected)\b/.exec(detail) : null;
    if (told !== null && where === `${told[1]}/esm`) states.set(`${told[1]} ${source}`, told[2] ?? '');
  }
  return states;
}

type TrackerFile = {
  /** Header fields; continued lines joined by line ends. */
  readonly fields: ReadonlyMap<string, string>;
  readonly priorities: ReadonlyMap<string, string>;
  readonly statuses: readonly StatusLine[];
};

type StatusLine = {
  readonly where: string;
  readonly source: string;
  readonly status: string;
  readonly detail: string;
};

function parse(text: string): TrackerFile {
  const found = new Map<string, string>();
  const priorities = new Map<string, string>();
  const statuses: StatusLine[] = [];
  let current = '';
  for (const line of text.split('\n')) {
    if (line.startsWith(' ')) {
      const held = found.get(current);
      if (held !== undefined && held.length < descriptionLengthMax * 2)
        found.set(current, `${held}\n${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0 || line.startsWith('#')) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    const underscore = name.indexOf('_');
    if (underscore < 0) {
      current = name;
      found.set(name, value);
    } else if (name.startsWith('Priority_')) {
      priorities.set(name.slice(underscore + 1), value);
      current = '';
    } else if (/^[a-z]/.test(name)) {
      current = '';
      const match = /^([A-Za-z-]{2,30})(?:\s+\((.*)\))?/.exec(value);
      const where = name.slice(0, underscore);
      const source = name.slice(underscore + 1);
      if (match !== null)
        statuses.push({ where, source, status: match[1] ?? '', detail: (match[2] ?? '').trim() });
    } else current = '';
  }
  return { fields: found, priorities, statuses };
}

function factsOfFile(id: string, { fields: found }: TrackerFile): FeedRecord {
  const description = (found.get('Description') ?? '')
    .replaceAll('\n', ' ')
    .trim()
    .slice(0, descriptionLengthMax);
  const published = isoTime(found.get('PublicDate') ?? null);
  const isRejected = /^(\*\* REJECT|Rejected reason:)/.test(description);
  const priority = firstWord(found.get('Priority') ?? '');
  return factsOf({
    kind: 'vulnerability',
    id,
    source: 'ubuntu',
    description,
    published,
    cvss: ratingsOf(vectorsIn(found.get('CVSS') ?? '')).ratings,
    labels: priority === '' ? [] : [{ source: 'ubuntu', label: priority }],
    references: (found.get('References') ?? '')
      .split('\n')
      .filter((url) => /^https?:\/\/\S+$/.test(url))
      .slice(0, referencesMax),
    // A rejected CVE has no date of rejection here; the day it was published is the only one given.
    withdrawn: isRejected ? (published ?? '1999-01-01') : null,
  });
}

/** Lines `nvd: CVSS:3.1/… [9.8 CRITICAL]`: the rating is that of whom the line names. */
function vectorsIn(text: string): { source: string; vector: string; score: number | null }[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([a-z]{2,20}):\s+(CVSS:\S{10,200})(?:\s+\[(\d{1,2}\.\d))?/.exec(line);
    if (match === null) return [];
    return [
      {
        source: match[1] ?? '',
        vector: match[2] ?? '',
        score: match[3] === undefined ? null : Number(match[3]),
      },
    ];
  });
}

function firstWord(text: string): string {
  return /^[a-z]+/.exec(text.trim())?.[0] ?? '';
}

type Line = {
  readonly vulnerability: string;
  readonly path: string;
  readonly file: TrackerFile;
  readonly reading: TrackerReading;
};

function* lineRecords(line: StatusLine, { vulnerability, path, file, reading }: Line): Generator<FeedRecord> {
  // Upstream versions are never a package's version, and `product` lines are about other products.
  if (line.where === 'upstream' || line.where === 'product' || line.where === 'snap') return;
  const place = placeOf(line.where);
  if (line.status === 'DNE') return;
  if (line.source === '') {
    yield problemRecord('malformed', `${path}: ${line.where}_`, 'status of no package');
    return;
  }
  const state =
    line.where === 'devel' ? develState(line.status, line.detail) : trackerState(line.status, line.detail);
  if (state === 'unknown-status') {
    yield problemRecord(
      'malformed',
      `${path}: ${line.where}_${line.source}`,
      `unknown status ${line.status}`,
    );
    return;
  }
  if (state === null) return;
  const severity = severityOf(file, line);
  const make = (stream: string) => statementOf({ stream, line, vulnerability, state, severity });
  if (line.where === 'devel') {
    reading.devel.push(make);
    return;
  }
  if (place === null) {
    if (reading.unknown.size < 50) reading.unknown.add(line.where);
    return;
  }
  reading.codenames.add(place.codename);
  reading.streams.add(place.stream);
  yield make(place.stream);
}

function statementOf(parts: {
  readonly stream: string;
  readonly line: StatusLine;
  readonly vulnerability: string;
  readonly state: TrackerState;
  readonly severity: string | null;
}): FeedRecord {
  const { line, state, vulnerability } = parts;
  return statementRecord(
    { stream: parts.stream, name: line.source },
    {
      vulnerability,
      feed: 'ubuntu',
      record: `${vulnerability} ${line.where}_${line.source}`,
      status: state.status,
      scheme: 'deb',
      ranges: state.ranges,
      severity: parts.severity,
      note: state.note,
    },
  );
}

function severityOf(file: TrackerFile, line: StatusLine): string | null {
  const special = file.priorities.get(`${line.source}_${line.where}`) ?? file.priorities.get(line.source);
  const word = firstWord(special ?? file.fields.get('Priority') ?? '');
  return word === '' || word === 'untriaged' ? null : word;
}

/** `jammy`, `esm-apps/jammy` or, for the oldest paid streams, `trusty/esm`. */
function placeOf(where: string): { readonly stream: string; readonly codename: string } | null {
  const [left = '', right] = where.split('/', 2);
  const plain = releaseOf(left);
  if (right === undefined)
    return plain === null ? null : { stream: `ubuntu:${plain.version}`, codename: left };
  if (plain !== null) {
    const pocket = right === 'esm' ? 'esm-infra' : right;
    return { stream: `ubuntu:${plain.version}:${pocket}`, codename: left };
  }
  const release = releaseOf(right);
  return release === null ? null : { stream: `ubuntu:${release.version}:${left}`, codename: right };
}
