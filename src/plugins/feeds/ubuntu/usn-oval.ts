import { below } from '../../../model/advisory.ts';
import type { FeedFile, FeedRecord } from '../contract.ts';
import { type OvalCve, type OvalDefinition, type OvalPackageTest, readOval } from '../oval.ts';
import {
  factsOf,
  isCve,
  isoTime,
  problemRecord,
  ratingsOf,
  statementRecord,
  streamRecord,
} from '../records.ts';
import { releaseOf, type UbuntuRelease } from './releases.ts';

export function isUsnOval(path: string): boolean {
  return codenameOf(path) !== null;
}

function codenameOf(path: string): string | null {
  return (
    /(?:^|\/)(?:oci\.)?com\.ubuntu\.([a-z]+)\.usn\.oval[\w.-]*\.xml(?:\.bz2|\.gz)?$/.exec(path)?.[1] ?? null
  );
}

/**
 * USN OVAL files, one per release: a definition per security notice, with lists of binary packages. They name no
 * source packages, so their statements are kept under each binary's own name and hold for that binary alone.
 * Source: https://ubuntu.com/security/oval
 */
export async function* readUsnOval(file: FeedFile): AsyncGenerator<FeedRecord> {
  const codename = codenameOf(file.path) ?? '';
  const release = releaseOf(codename);
  if (release === null) {
    yield problemRecord('unsupported', file.path, `Ubuntu release ${codename} is not known`);
    return;
  }
  let asOf: string | null = null;
  let kernels = 0;
  for await (const record of readOval(file)) {
    if (record.kind === 'document') asOf = isoTime(record.timestamp);
    else if (record.kind !== 'definition') yield { kind: 'problem', problem: record };
    else if (record.class === 'patch') {
      if (record.packages.length === 0) kernels += 1;
      yield* noticeRecords(record, release);
    }
  }
  if (kernels > 0) {
    const why = `${kernels} notices are about the running kernel or livepatches, not about a package version`;
    yield problemRecord('not-assessed', file.path, why);
  }
  yield streamRecord(`ubuntu:${release.version}`, { complete: false, asOf });
}

function* noticeRecords(definition: OvalDefinition, release: UbuntuRelease): Generator<FeedRecord> {
  const notice = definition.title.split(' ', 1)[0] ?? '';
  const named = new Map(definition.cves.filter((cve) => isCve(cve.id)).map((cve) => [cve.id, cve]));
  for (const reference of definition.references) {
    if (isCve(reference.id) && !named.has(reference.id))
      named.set(reference.id, { id: reference.id, attributes: {} });
  }
  for (const cve of named.values()) {
    yield factsOfCve(cve);
    for (const test of definition.packages) {
      for (const stream of streamsOf(test, definition, release)) {
        yield* testRecords({ test, stream, notice, cve });
      }
    }
  }
}

function factsOfCve({ id, attributes }: OvalCve): FeedRecord {
  const score = attributes.cvss_score === undefined ? null : Number(attributes.cvss_score);
  const vector = attributes.cvss_vector ?? '';
  const day = /^(\d{4})(\d\d)(\d\d)$/.exec(attributes.public ?? '');
  return factsOf({
    kind: 'vulnerability',
    id,
    source: 'ubuntu',
    cvss: ratingsOf(vector === '' ? [] : [{ source: 'ubuntu', vector, score }]).ratings,
    labels: attributes.priority === undefined ? [] : [{ source: 'ubuntu', label: attributes.priority }],
    published: day === null ? null : `${day[1]}-${day[2]}-${day[3]}`,
  });
}

/**
 * Fixes that only Ubuntu Pro delivers belong to a pocket of their own. The file says that it is Pro, not which
 * pocket: while the release has standard support it can only be `esm-apps`.
 */
function streamsOf(
  test: OvalPackageTest,
  definition: OvalDefinition,
  release: UbuntuRelease,
): readonly string[] {
  const stream = `ubuntu:${release.version}`;
  if (!/Ubuntu Pro/i.test(test.comment)) return [stream];
  const isInStandard = (definition.issued ?? '') <= release.standardUntil;
  return isInStandard ? [`${stream}:esm-apps`] : [`${stream}:esm-infra`, `${stream}:esm-apps`];
}

function* testRecords(parts: {
  readonly test: OvalPackageTest;
  readonly stream: string;
  readonly notice: string;
  readonly cve: OvalCve;
}): Generator<FeedRecord> {
  const { test, stream, notice, cve } = parts;
  for (const name of test.names) {
    yield statementRecord(
      { stream, name },
      {
        vulnerability: cve.id,
        advisory: notice,
        feed: 'ubuntu',
        record: `${notice} ${cve.id}`,
        status: 'fixed',
        scheme: 'deb',
        ranges: [below((test.evr ?? '').replace(/^0:/, ''))],
        severity: cve.attributes.priority ?? null,
        only: { arches: null, module: null, binaries: [name] },
      },
    );
  }
}
