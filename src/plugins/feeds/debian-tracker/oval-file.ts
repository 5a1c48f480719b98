import { below, everyVersion } from '../../../model/advisory.ts';
import type { FeedFile, FeedRecord } from '../contract.ts';
import { type OvalDefinition, readOval } from '../oval.ts';
import { factsOf, isoTime, problemRecord, statementRecord, streamRecord } from '../records.ts';

export function isOvalFile(path: string): boolean {
  return /(^|\/)debian(-tracker)?\/oval-definitions-[^/]+\.xml(\.bz2|\.gz)?$/.test(path);
}

/**
 * Debian's OVAL files, one per release: a definition for each pair of issue and source package. Never-affected pairs
 * are left out of them, and `earlier than 0` means that the issue is open with no fixed version. Files of releases
 * out of support hold advisories only (class `patch`), which do not make the release assessed completely.
 * Source: https://www.debian.org/security/oval/
 */
export async function* readOvalFile(file: FeedFile): AsyncGenerator<FeedRecord> {
  let asOf: string | null = null;
  const streams = new Set<string>();
  const patches: OvalDefinition[] = [];
  for await (const record of readOval(file)) {
    if (record.kind === 'document') asOf = isoTime(record.timestamp);
    else if (record.kind !== 'definition') yield { kind: 'problem', problem: record };
    else if (record.class === 'vulnerability') yield* issueRecords(record, file.path, streams);
    else if (record.class === 'patch') patches.push(record);
  }
  // Where issues are listed, the advisories repeat them.
  const isByIssue = streams.size > 0;
  for (const patch of isByIssue ? [] : patches) yield* patchRecords(patch, file.path, streams);
  for (const stream of streams) yield streamRecord(stream, { complete: isByIssue, asOf });
}

function streamOf(definition: OvalDefinition): string | null {
  const release = /^Debian GNU\/(?:Linux|kFreeBSD) (\d+)/.exec(definition.platforms[0] ?? '')?.[1];
  return release === undefined || definition.packages.length === 0 ? null : `debian:${release}`;
}

function malformed(definition: OvalDefinition, where: string): FeedRecord {
  return problemRecord(
    'malformed',
    `${where}#${definition.id}`,
    'definition lacks an issue, release or package',
  );
}

function* patchRecords(
  definition: OvalDefinition,
  where: string,
  streams: Set<string>,
): Generator<FeedRecord> {
  const advisory = definition.title.split(' ', 1)[0] ?? '';
  const stream = streamOf(definition);
  if (advisory === '' || stream === null) {
    yield malformed(definition, where);
    return;
  }
  streams.add(stream);
  const record = `${advisory} ${stream}`;
  const issues = definition.references.filter((reference) => reference.source === 'CVE').map(({ id }) => id);
  for (const issue of new Set(issues)) {
    if (issue === '') {
      yield malformed(definition, where);
      continue;
    }
    for (const { names, evr } of definition.packages) {
      for (const name of names)
        yield packageRecord({ record, advisory, issue, stream, name, evr: evr ?? '0' });
    }
  }
}

function* issueRecords(
  definition: OvalDefinition,
  where: string,
  streams: Set<string>,
): Generator<FeedRecord> {
  const record = definition.title;
  const issue = record.split(' ', 1)[0] ?? '';
  const stream = streamOf(definition);
  if (issue === '' || stream === null) {
    yield malformed(definition, where);
    return;
  }
  streams.add(stream);
  const advisory = definition.advisories[0] ?? null;
  const description = definition.description === 'security update' ? null : definition.description;
  yield factsOf({ kind: 'vulnerability', id: issue, source: 'debian', description });
  for (const { names, evr } of definition.packages) {
    for (const name of names) yield packageRecord({ record, advisory, issue, stream, name, evr: evr ?? '0' });
  }
}

function packageRecord(parts: {
  readonly record: string;
  readonly advisory: string | null;
  readonly issue: string;
  readonly stream: string;
  readonly name: string;
  readonly evr: string;
}): FeedRecord {
  // The files write an epoch of 0 out; dpkg does not.
  const version = parts.evr.replace(/^0:/, '');
  const isOpen = version === '0';
  return statementRecord(
    { stream: parts.stream, name: parts.name },
    {
      vulnerability: parts.issue,
      advisory: parts.advisory,
      feed: 'debian-tracker',
      record: parts.record,
      status: isOpen ? 'affected' : 'fixed',
      scheme: 'deb',
      ranges: [isOpen ? everyVersion : below(version)],
    },
  );
}
