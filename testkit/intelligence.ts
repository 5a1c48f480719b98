import type { Intelligence } from '../src/intel/contract.ts';
import type { AffectedRange, PackageKey, Statement } from '../src/model/advisory.ts';
import type { Vulnerability } from '../src/model/vulnerability.ts';

/** A revision in memory, for tests of what reads intelligence. */
export function memoryIntelligence(content: {
  readonly statements: readonly (PackageKey & { readonly statement: Statement })[];
  readonly vulnerabilities?: readonly Vulnerability[];
  /** Streams assessed beside those that statements are in. */
  readonly streams?: readonly string[];
  readonly revision?: string;
}): Intelligence {
  const { statements, vulnerabilities = [], streams = [], revision = 'memory' } = content;
  const assessed = new Set([...streams, ...statements.map(({ stream }) => stream)]);
  const find = (id: string) =>
    vulnerabilities.find((item) => item.id === id || item.aliases.includes(id)) ?? null;
  const displayId = (id: string) => find(id)?.id ?? id;
  return {
    meta: {
      revision,
      builtAt: '2026-01-01T00:00:00.000Z',
      isStarter: false,
      statementCount: statements.length,
      keyCount: statements.length,
      vulnerabilityCount: vulnerabilities.length,
      feeds: [],
    },
    statements: ({ stream, name }) =>
      statements
        .filter((item) => item.stream === stream && item.name === name)
        .map(({ statement }) => statement),
    vulnerability: find,
    displayId,
    keysOf: (id) =>
      statements
        .filter(({ statement }) => displayId(statement.vulnerability) === displayId(id))
        .map(({ stream, name }) => ({ stream, name })),
    stream: (stream) =>
      assessed.has(stream) ? { stream, feeds: ['test'], complete: true, asOf: null } : null,
    close: () => {},
  };
}

/** A statement with everything but what the test is about. */
export function statement(
  vulnerability: string,
  ranges: readonly AffectedRange[],
  more: Partial<Statement> = {},
): Statement {
  return {
    vulnerability,
    advisory: null,
    feed: 'test',
    record: `test record of ${vulnerability}`,
    status: 'fixed',
    scheme: 'semver',
    ranges,
    versions: [],
    severity: null,
    only: null,
    note: null,
    ...more,
  };
}

/** A vulnerability with everything but what the test is about. */
export function vulnerability(id: string, more: Partial<Vulnerability> = {}): Vulnerability {
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
    epss: null,
    exploits: [],
    ssvc: null,
    withdrawn: null,
    ...more,
  };
}
