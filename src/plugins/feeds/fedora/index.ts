import { type Fields, fields, list, textOf } from '../../../lib/fields.ts';
import { below } from '../../../model/advisory.ts';
import type { Feed, FeedFile, FeedRecord } from '../contract.ts';
import { jsonMembers } from '../json-stream.ts';
import { cvesIn, isoTime, problemRecord, statementRecord, streamRecord } from '../records.ts';
import { readUpdateinfo, type Update } from '../updateinfo.ts';

/**
 * Fedora and EPEL updates, from Bodhi (its JSON names source builds) and from the updateinfo of the repositories
 * (which lists binary packages).
 */
export const fedora = {
  id: 'fedora',
  title: 'Fedora and EPEL updates',
  sources: [
    'https://bodhi.fedoraproject.org/docs/server_api/index.html',
    'https://bodhi.fedoraproject.org/updates/',
  ],
  licence: 'Fedora Project metadata',
  downloads: ['42', '43'].map((release) => ({
    url: `https://dl.fedoraproject.org/pub/fedora/linux/updates/${release}/Everything/x86_64/repodata/repomd.xml#repodata:updateinfo`,
    path: `fedora/${release}/updateinfo.xml.zst`,
  })),
  wants: (path) => isBodhi(path) || isUpdateinfo(path),
  read(file: FeedFile): AsyncIterable<FeedRecord> {
    return isBodhi(file.path)
      ? readBodhi(file)
      : readUpdateinfo(file, { feed: 'fedora', stream: (update) => streamOf(update), complete: false });
  },
} satisfies Feed;

function isBodhi(path: string): boolean {
  return /(^|\/)fedora\/bodhi[\w.-]*\.json(\.gz)?$/.test(path);
}

function isUpdateinfo(path: string): boolean {
  return /(^|\/)(fedora\/[\w./-]*updateinfo|oracle\/uln-updateinfo)[\w.-]*\.xml(\.gz|\.zst)?$/.test(path);
}

function streamOf({ id, release }: Pick<Update, 'id' | 'release'>): string | null {
  const match = /^(Fedora(?: EPEL)?|EPEL)[ -]?(\d{1,3})$/.exec(release);
  if (match === null || !id.startsWith('FEDORA-')) return null;
  return match[1] === 'Fedora' ? `fedora:${match[2]}` : `epel:${match[2]}`;
}

async function* readBodhi(file: FeedFile): AsyncGenerator<FeedRecord> {
  const streams = new Map<string, string>();
  for await (const member of jsonMembers(file, 'updates')) {
    if ('kind' in member) yield { kind: 'problem', problem: member };
    else yield* bodhiRecords(fields(member.value), `${file.path}#${member.key}`, streams);
  }
  // One page of many: what it does not name may still have been fixed.
  for (const [stream, asOf] of streams)
    yield streamRecord(stream, { complete: false, asOf: asOf === '' ? null : asOf });
}

function* bodhiRecords(update: Fields, where: string, streams: Map<string, string>): Generator<FeedRecord> {
  if (update.type !== 'security' || update.status !== 'stable') return;
  const id = textOf(update.alias) ?? textOf(update.updateid) ?? '';
  const stream = streamOf({ id, release: textOf(fields(update.release).long_name) ?? '' });
  if (stream === null) {
    yield problemRecord('unsupported', where, 'update is of no release that we know');
    return;
  }
  const pushed = isoTime(textOf(update.date_stable) ?? textOf(update.date_pushed)) ?? '';
  if (pushed >= (streams.get(stream) ?? '')) streams.set(stream, pushed);
  const bugs = list(update.bugs).map((bug) => textOf(fields(bug).title) ?? '');
  const cves = cvesIn([...bugs, textOf(update.title) ?? '', textOf(update.notes) ?? ''].join(' '));
  for (const build of list(update.builds).map(fields))
    yield* buildRecords({ build, update, id, stream, cves, where });
}

function* buildRecords(parts: {
  readonly build: Fields;
  readonly update: Fields;
  readonly id: string;
  readonly stream: string;
  readonly cves: readonly string[];
  readonly where: string;
}): Generator<FeedRecord> {
  const nvr = textOf(parts.build.nvr) ?? '';
  const match = /^(.{1,200})-([^-]{1,100})-([^-]{1,100})$/.exec(nvr);
  if (match === null) {
    yield problemRecord('malformed', parts.where, 'build is not name-version-release');
    return;
  }
  const epoch = typeof parts.build.epoch === 'number' && parts.build.epoch > 0 ? `${parts.build.epoch}:` : '';
  const severity = textOf(parts.update.severity);
  for (const vulnerability of parts.cves.length > 0 ? parts.cves : [parts.id]) {
    yield statementRecord(
      { stream: parts.stream, name: match[1] ?? '' },
      {
        vulnerability,
        advisory: parts.id,
        feed: 'fedora',
        record: `${parts.id} ${nvr}`,
        status: 'fixed',
        scheme: 'rpm',
        ranges: [below(`${epoch}${match[2]}-${match[3]}`)],
        severity: severity === 'unspecified' ? null : severity,
      },
    );
  }
}
