import type { AffectedRange, StatementCondition } from '../../model/advisory.ts';
import type { FeedFile, FeedRecord, VulnerabilityFacts } from './contract.ts';
import {
  type OvalCve,
  type OvalDefinition,
  type OvalPackageTest,
  type OvalRecord,
  readOval,
} from './oval.ts';
import {
  cvesIn,
  factsOf,
  isoTime,
  problemRecord,
  ratingsOf,
  statementRecord,
  streamRecord,
} from './records.ts';
import { rpmModules } from './rpm-modules.ts';

/** How a vendor writes OVAL definitions about rpm packages. */
export type RpmOval = {
  readonly feed: string;
  /** Name of the vendor's ratings. */
  readonly source: string;
  /** Streams that a package test holds for; empty when none of them is known. */
  readonly streams: (definition: OvalDefinition, test: OvalPackageTest) => readonly string[];
  /** Whether the vendor lists everything that it knows of a stream. */
  readonly complete: boolean;
};

/** Reads an OVAL file about rpm packages: one statement for each CVE, package and stream. */
export async function* readRpmOval(file: FeedFile, vendor: RpmOval): AsyncGenerator<FeedRecord> {
  yield* rpmOvalRecords(readOval(file), file.path, vendor);
}

/** The same for a document that has been read. */
export async function* rpmOvalRecords(
  records: AsyncIterable<OvalRecord> | Iterable<OvalRecord>,
  where: string,
  vendor: RpmOval,
): AsyncGenerator<FeedRecord> {
  let asOf: string | null = null;
  let skipped = 0;
  const streams = new Set<string>();
  for await (const record of records) {
    if (record.kind === 'document') asOf = isoTime(record.timestamp);
    else if (record.kind !== 'definition') yield { kind: 'problem', problem: record };
    else if (record.class === 'patch' || record.class === 'vulnerability') {
      skipped += record.otherTests;
      yield* definitionRecords(record, vendor, streams);
    }
  }
  if (skipped > 0) {
    const why = `${skipped} tests cannot be judged by a package version (running kernels, livepatches, missing parts)`;
    yield problemRecord('not-assessed', where, why);
  }
  for (const stream of streams) yield streamRecord(stream, { complete: vendor.complete, asOf });
}

function* definitionRecords(
  definition: OvalDefinition,
  vendor: RpmOval,
  streams: Set<string>,
): Generator<FeedRecord> {
  const advisory = advisoryOf(definition);
  const cves = cvesOf(definition);
  for (const cve of cves) yield factsOfCve(cve, definition, vendor);
  // Advisories for bugs name no CVE and are not about security.
  const isSecurity = /^(RHSA|RLSA|ELSA|PHSA|ALAS)/.test(advisory ?? '');
  const own = advisory !== null && isSecurity ? [{ id: advisory, attributes: {} }] : [];
  for (const cve of cves.length > 0 ? cves : own) {
    for (const test of definition.packages) {
      for (const stream of new Set(vendor.streams(definition, test))) {
        streams.add(stream);
        yield* testRecords({ definition, vendor, advisory, cve, test, stream });
      }
    }
  }
}

/** The advisory's id, from a reference or from the title (`RHSA-2022:1728: …`). Null for definitions by CVE. */
function advisoryOf(definition: OvalDefinition): string | null {
  const named = /^\s*((?:RH|RL|EL|PH)[SBE]A-\d{4}[:-][\w.-]{1,20})/.exec(definition.title)?.[1];
  return named ?? null;
}

/** The CVEs of a definition: those with details first, else the referenced ones, else those that its text names. */
function cvesOf(definition: OvalDefinition): readonly OvalCve[] {
  const detailed = definition.cves.flatMap(({ id, attributes }) =>
    cvesIn(id)
      .slice(0, 1)
      .map((cve) => ({ id: cve, attributes })),
  );
  const found = new Map<string, OvalCve>();
  for (const cve of detailed) if (!found.has(cve.id)) found.set(cve.id, cve);
  const referenced = definition.references.flatMap((reference) => cvesIn(reference.id));
  for (const id of [...referenced, ...cvesIn(definition.title)])
    if (!found.has(id)) found.set(id, { id, attributes: {} });
  if (found.size > 0) return [...found.values()];
  return cvesIn(definition.description).map((id) => ({ id, attributes: {} }));
}

function factsOfCve(cve: OvalCve, definition: OvalDefinition, { source }: RpmOval): VulnerabilityFacts {
  const told = definition.cves.filter(({ id }) => id.startsWith(cve.id));
  const impact = cve.attributes.impact ?? '';
  const day = /^(\d{4})(\d\d)(\d\d)/.exec(cve.attributes.public ?? '');
  const isByCve = definition.title.startsWith(cve.id);
  return factsOf({
    kind: 'vulnerability',
    id: cve.id,
    source,
    description: isByCve ? definition.description : null,
    cvss: ratingsOf(told.flatMap((entry) => vectorsOf(entry, source))).ratings,
    labels: impact === '' ? [] : [{ source, label: impact }],
    cwes: [...new Set((cve.attributes.cwe ?? '').match(/CWE-\d+/g) ?? [])],
    published: day === null ? null : `${day[1]}-${day[2]}-${day[3]}`,
  });
}

/** `cvss3="7.5/CVSS:3.1/AV:N/…"`, `cvss2="5.0/AV:N/…"`. SUSE adds who rated: `CVE-2010-1323 at NVD`. */
function vectorsOf(cve: OvalCve, source: string): { source: string; vector: string; score: number | null }[] {
  const rater = /\bat NVD$/.test(cve.id.replaceAll(/\s+/g, ' ')) ? 'nvd' : source;
  return ['cvss4', 'cvss3', 'cvss2'].flatMap((name) => {
    const match = /^(\d{1,2}(?:\.\d)?)\/(\S{10,300})$/.exec(cve.attributes[name] ?? '');
    return match === null ? [] : [{ source: rater, vector: match[2] ?? '', score: Number(match[1]) }];
  });
}

type Parts = {
  readonly definition: OvalDefinition;
  readonly vendor: RpmOval;
  readonly advisory: string | null;
  readonly cve: OvalCve;
  readonly test: OvalPackageTest;
  readonly stream: string;
};

function* testRecords({ definition, vendor, advisory, cve, test, stream }: Parts): Generator<FeedRecord> {
  const verdict = definition.patchable === 'Not Applicable' ? 'never' : test.verdict;
  const conditions = conditionsOf(test, definition.title);
  for (const name of test.names) {
    for (const only of conditions) {
      yield statementRecord(
        { stream, name },
        {
          vulnerability: cve.id,
          advisory,
          feed: vendor.feed,
          record: advisory ?? definition.id,
          status: statuses[verdict],
          scheme: 'rpm',
          ranges: verdict === 'never' ? [] : [rangeOf(test)],
          severity: cve.attributes.impact || definition.severity,
          only,
        },
      );
    }
  }
}

const statuses = { below: 'fixed', upTo: 'affected', every: 'affected', never: 'not-affected' } as const;

function rangeOf({ verdict, evr, above }: OvalPackageTest): AffectedRange {
  const bound = withoutZeroEpoch(evr);
  return {
    introduced: withoutZeroEpoch(above),
    fixed: verdict === 'below' ? bound : null,
    lastAffected: verdict === 'upTo' ? bound : null,
  };
}

function withoutZeroEpoch(evr: string | null): string | null {
  return evr === null ? null : evr.replace(/^0:/, '').trim();
}

/** One for each module that the fix may be a build of: as the criteria say, else as the title does. */
function conditionsOf(test: OvalPackageTest, title: string): readonly (StatementCondition | null)[] {
  const module = test.conditions
    .map((comment) => /^Module (\S+:\S+) is enabled$/.exec(comment)?.[1])
    .find(Boolean);
  // Sources are never installed, and a pattern that names `noarch` beside them all excludes nothing.
  const named = test.arches?.filter((arch) => arch !== 'src' && arch !== 'nosrc') ?? null;
  const arches = named === null || named.length === 0 ? null : named;
  if (module !== undefined) return [{ arches, module, binaries: null }];
  const ofTitle = rpmModules(test.evr === null ? [] : [test.evr], title);
  if (ofTitle !== null) return ofTitle.map((condition) => ({ ...condition, arches }));
  return [arches === null ? null : { arches, module: null, binaries: null }];
}
