import fc from 'fast-check';
import type { AffectedRange, Statement, StatementStatus } from '../../src/model/advisory.ts';
import type { Subject, SubjectKey } from '../../src/model/match.ts';
import type { FeedRecord } from '../../src/plugins/feeds/contract.ts';

// Small worlds in which much collides: few names, few versions, few flaws, so that statements overrule one another.

type Kind = {
  readonly ecosystem: string;
  readonly scheme: string;
  readonly distro: string | null;
  readonly streams: readonly string[];
  readonly names: readonly string[];
  /** Some are no versions, or none that a specification allows. */
  readonly versions: readonly string[];
};

const kinds: readonly Kind[] = [
  {
    ecosystem: 'npm',
    scheme: 'semver',
    distro: null,
    streams: ['npm'],
    names: ['left', 'right'],
    versions: '0 1.0.0-rc.1 1.0.0 1.0.0+b1 1.2.0 1.2 1.2.3.4 1.10.0 2.0.0 latest'.split(' '),
  },
  {
    ecosystem: 'pypi',
    scheme: 'pep440',
    distro: null,
    streams: ['pypi'],
    names: ['left'],
    versions: '1.0.dev1 1.0rc1 1.0 1.0+cu1 1.0+~x 1.0.post1 1.1 1.1+cu1 2004d 2004d+x unknown'.split(' '),
  },
  {
    ecosystem: 'maven',
    scheme: 'maven',
    distro: null,
    streams: ['maven'],
    names: ['g:left'],
    versions: ['1', '1.0', '1.0-rc1', '1.0-sp', '1.0.1', '1.ga.1', '2', '$' + '{v}'],
  },
  {
    ecosystem: 'alpm',
    scheme: 'alpm',
    distro: null,
    streams: ['arch'],
    names: ['left'],
    versions: '1.0-1 1.0 1.0-2 1.0.-1 1.0a-1 1.1-1 1:1.0-1'.split(' '),
  },
  {
    ecosystem: 'deb',
    scheme: 'deb',
    distro: 'ubuntu',
    streams: ['ubuntu:22.04', 'ubuntu:22.04:esm-infra'],
    names: ['src', 'libsrc1'],
    versions: '1.0 1.0-1~a 1.0-1 1.0-1+esm1 1.0-2 2.0-1 1:0.9-1 x'.split(' '),
  },
  {
    ecosystem: 'rpm',
    scheme: 'rpm',
    distro: 'rhel',
    streams: ['rhel:9:eus-9.2', 'rhel:9'],
    names: ['left', 'left-libs'],
    versions: [
      '1.0~rc1-1.el9',
      '1.0-1.el9',
      '1.0-1.el9_2',
      '0:1.0-2.el9_2.1',
      '1.0-2.el9',
      '1.1-1.module+el9.2.0+1',
      '2.0-1.el9',
      'no version',
    ],
  },
];

const flaws = ['CVE-2024-0001', 'CVE-2024-0002', 'GHSA-aaaa-bbbb-cccc', 'GO-2024-0001'];
/** The feeds that speak, one of them of less weight than the others. */
export const feedIds = ['first', 'second', 'retirejs'];
const statuses: readonly StatementStatus[] = [
  'fixed',
  'fixed',
  'fixed',
  'affected',
  'not-affected',
  'under-investigation',
  'will-not-fix',
  'unknown',
];

const kind = fc.constantFrom(...kinds);
const flaw = fc.constantFrom(...flaws);

function rangeOf({ versions }: Kind): fc.Arbitrary<AffectedRange> {
  const bound = fc.option(fc.constantFrom(...versions));
  return fc.record({ introduced: bound, fixed: bound, lastAffected: fc.option(bound, { freq: 1 }) });
}

const said: fc.Arbitrary<FeedRecord> = kind.chain((one) =>
  fc
    .record({
      vulnerability: flaw,
      advisory: fc.constantFrom(null, 'ADV-1', 'ADV-2'),
      feed: fc.constantFrom(...feedIds),
      record: fc.constant('a record'),
      status: fc.constantFrom(...statuses),
      scheme: fc.constantFrom(one.scheme, one.scheme, one.scheme, one.scheme, 'semver'),
      ranges: fc.array(rangeOf(one), { maxLength: 2 }),
      versions: fc.array(fc.constantFrom(...one.versions), { maxLength: 2 }),
      severity: fc.constantFrom(null, 'low', 'high'),
      only: fc.constantFrom(
        null,
        null,
        { arches: ['amd64'], module: null, binaries: null },
        { arches: null, module: 'left:1.1', binaries: null },
        { arches: null, module: null, binaries: ['libsrc1'] },
      ),
      note: fc.constantFrom(null, 'a note'),
    } satisfies { [Field in keyof Statement]: fc.Arbitrary<Statement[Field]> })
    .chain((statement) =>
      fc.record({
        kind: fc.constant('statement' as const),
        key: fc.record({
          stream: fc.constantFrom(...one.streams),
          name: fc.constantFrom(...one.names),
        }),
        statement: fc.constant(statement),
      }),
    ),
);

const told: fc.Arbitrary<FeedRecord> = fc.oneof(
  { weight: 5, arbitrary: said },
  fc
    .record({
      id: flaw,
      label: fc.constantFrom('low', 'high'),
      withdrawn: fc.constantFrom(undefined, '2026-01-01T00:00:00Z'),
      epss: fc.constantFrom(undefined, 0.1, 0.9),
      isExploited: fc.boolean(),
    })
    .map(({ id, label, withdrawn, epss, isExploited }) => ({
      kind: 'vulnerability' as const,
      id,
      source: 'first',
      labels: [{ source: 'nvd', label }],
      ...(withdrawn && { withdrawn }),
      ...(epss && { epss: { score: epss, percentile: 0.5, date: '2026-01-01' } }),
      ...(isExploited && { exploits: [{ source: 'first', reference: 'https://example.org' }] }),
    })),
  fc
    .tuple(flaw, flaw)
    .filter(([id, alias]) => id !== alias)
    .map(([id, alias]) => ({ kind: 'alias' as const, id, alias })),
);

/** One step of a history: what is taken back, by place, and what is said anew. */
export type Step = {
  readonly dropped: readonly number[];
  readonly added: readonly FeedRecord[];
  /** Positions of stored versions that a slow scan judges under the revision before, after this one was applied. */
  readonly late: readonly number[];
};

/** The records of a revision after the first, out of those of the one before. */
export function nextRecords(before: readonly FeedRecord[], step: Step): readonly FeedRecord[] {
  const dropped = new Set(step.dropped.map((at) => at % Math.max(1, before.length)));
  return [...before.filter((_, at) => !dropped.has(at)), ...step.added];
}

export const randomHistory = fc.record({
  first: fc.array(told, { minLength: 5, maxLength: 40, size: 'max' }),
  steps: fc.array(
    fc.record({
      dropped: fc.array(fc.nat(100), { maxLength: 2 }),
      added: fc.array(told, { maxLength: 2 }),
      late: fc.array(fc.nat(100), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 5, size: 'max' },
  ),
  subjects: fc.array(kind.chain(subjectOf), { minLength: 10, maxLength: 60, size: 'max' }),
});

function subjectOf(one: Kind): fc.Arbitrary<Subject> {
  const version = fc.constantFrom(...one.versions);
  const key: fc.Arbitrary<SubjectKey> = fc
    .tuple(
      fc.constantFrom(...one.streams),
      fc.constantFrom(...one.names),
      version,
      fc.constantFrom(undefined, undefined, 'named' as const, 'open' as const),
    )
    .map(([stream, name, own, takes]) => ({ stream, name, version: own, ...(takes && { takes }) }));
  return fc.record({
    ecosystem: fc.constant(one.ecosystem),
    name: fc.constantFrom(...one.names),
    version,
    arch: fc.constantFrom('amd64', 'arm64', null),
    keys: fc.array(key, { minLength: 1, maxLength: one.streams.length * one.names.length }),
    module: fc.constantFrom(null, null, 'left:1.1'),
    distro: fc.constant(one.distro),
  });
}
