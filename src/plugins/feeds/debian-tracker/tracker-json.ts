import { type Fields, fields, textOf } from '../../../lib/fields.ts';
import { below, everyVersion, type StatementStatus } from '../../../model/advisory.ts';
import type { FeedFile, FeedRecord } from '../contract.ts';
import { jsonMembers } from '../json-stream.ts';
import { factsOf, problemRecord, statementRecord, streamRecord } from '../records.ts';
import { streamOfCodename } from './releases.ts';

export function isTrackerJson(path: string): boolean {
  return /(^|\/)debian-tracker\/[^/]+\.json(\.gz)?$/.test(path);
}

/**
 * The tracker's JSON: source package → issue → release. It lists every supported release of every affected source
 * package, so a release that it names is assessed completely.
 * Source: https://security-team.debian.org/security_tracker.html
 */
export async function* readTrackerJson(file: FeedFile): AsyncGenerator<FeedRecord> {
  const streams = new Set<string>();
  const unknown = new Set<string>();
  for await (const member of jsonMembers(file, null)) {
    if ('kind' in member) {
      yield { kind: 'problem', problem: member };
      continue;
    }
    for (const [issue, value] of Object.entries(fields(member.value))) {
      if (member.key === '' || issue === '')
        yield problemRecord('malformed', `${file.path}#${member.key}`, 'entry names no package or no issue');
      else yield* issueRecords({ name: member.key, issue, told: fields(value) }, streams, unknown);
    }
  }
  for (const stream of streams) yield streamRecord(stream, { complete: true, asOf: null });
  for (const codename of unknown) {
    yield problemRecord('unsupported', file.path, `Debian release ${codename.slice(0, 40)} is not known`);
  }
}

type Issue = { readonly name: string; readonly issue: string; readonly told: Fields };

function* issueRecords(issue: Issue, streams: Set<string>, unknown: Set<string>): Generator<FeedRecord> {
  const description = textOf(issue.told.description);
  yield factsOf({ kind: 'vulnerability', id: issue.issue, source: 'debian', description });
  for (const [codename, value] of Object.entries(fields(issue.told.releases))) {
    const stream = streamOfCodename(codename);
    if (stream === null) {
      if (unknown.size < 20) unknown.add(codename);
      continue;
    }
    streams.add(stream);
    yield releaseRecord(issue, { stream, codename, told: fields(value) });
  }
}

type Release = { readonly stream: string; readonly codename: string; readonly told: Fields };

function releaseRecord({ name, issue }: Issue, { stream, codename, told }: Release): FeedRecord {
  const where = `${name} ${issue} ${codename}`;
  const state = stateOf(told);
  if (state === null)
    return problemRecord(
      'malformed',
      where,
      `unknown status ${(textOf(told.status) ?? 'of no text').slice(0, 40)}`,
    );
  const ranges = state.fixed === null ? [everyVersion] : [below(state.fixed)];
  return statementRecord(
    { stream, name },
    {
      vulnerability: issue,
      feed: 'debian-tracker',
      record: where,
      status: state.status,
      scheme: 'deb',
      ranges: state.status === 'not-affected' || state.status === 'unknown' ? [] : ranges,
      severity: severityOf(textOf(told.urgency)),
      note: state.note,
    },
  );
}

type State = {
  readonly status: StatementStatus;
  readonly fixed: string | null;
  readonly note: string | null;
};

function stateOf(told: Fields): State | null {
  const fixed = textOf(told.fixed_version);
  if (told.status === 'undetermined') return { status: 'unknown', fixed: null, note: 'undetermined' };
  if (told.status === 'resolved') {
    // Version 0 is how the tracker writes that the package never had the flaw.
    return fixed === '0' || fixed === null
      ? { status: 'not-affected', fixed: null, note: null }
      : { status: 'fixed', fixed, note: null };
  }
  return told.status === 'open' ? openState(told) : null;
}

function openState(told: Fields): State {
  const reason = textOf(told.nodsa_reason);
  const text = textOf(told.nodsa);
  if (told.urgency === 'end-of-life') return { status: 'end-of-life', fixed: null, note: 'end of life' };
  const note = text === null ? reason : `${reason ?? 'no-dsa'}: ${text}`.slice(0, 200);
  const status = reason === 'ignored' ? 'will-not-fix' : reason === 'postponed' ? 'deferred' : 'affected';
  return { status, fixed: null, note };
}

/** The urgency in the tracker's word; a trailing `*` marks one taken over from NVD. */
function severityOf(urgency: string | null): string | null {
  return urgency === null || urgency === 'not yet assigned' || urgency === 'end-of-life' ? null : urgency;
}
