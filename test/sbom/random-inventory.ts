import fc from 'fast-check';
import type { Inventory } from '../../src/model/inventory.ts';
import type { OsRelease } from '../../src/model/os-release.ts';
import type { Package } from '../../src/model/package.ts';
import type { Problem } from '../../src/model/problem.ts';
import { formatPurl } from '../../src/model/purl.ts';

// Inventories with anything that outside data may bring into them: any script, spaces, quotes, control characters.

const text = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9.-]{0,12}$/),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const ecosystems = ['npm', 'deb', 'pypi', 'maven', 'golang', 'rpm', 'apk', 'generic', 'composer'];
const licence = fc.oneof(
  fc.constantFrom(
    'MIT',
    'Apache-2.0',
    'MIT OR Apache-2.0',
    'GPL-2.0-only WITH Classpath-exception-2.0',
    'BSD',
  ),
  text,
);

const purl = fc
  .record({
    type: fc.constantFrom(...ecosystems),
    namespace: maybe(fc.array(text, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))),
    name: text,
    version: text,
    qualifiers: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/), text, { maxKeys: 3 }),
    subpath: maybe(text),
  })
  .map(formatPurl);

const anyPackage: fc.Arbitrary<Package> = fc
  .record({
    purl,
    name: text,
    version: text,
    arch: maybe(text),
    source: maybe(fc.record({ name: text, version: text })),
    evidence: fc.array(
      fc.record({ path: text, layer: maybe(text), line: maybe(fc.integer({ min: 1, max: 2 ** 31 })) }),
      { minLength: 1, maxLength: 4 },
    ),
    scope: maybe(fc.constantFrom('runtime' as const, 'dev' as const, 'test' as const, 'optional' as const)),
    relation: maybe(fc.constantFrom('direct' as const, 'transitive' as const)),
    introducedBy: fc.array(text, { maxLength: 4 }),
    owner: maybe(text),
    licences: fc.array(licence, { maxLength: 3 }),
    attributes: fc.dictionary(text, text, { maxKeys: 3 }),
  })
  .map((parts) => ({ ...parts, ecosystem: parts.purl.slice('pkg:'.length, parts.purl.indexOf('/')) }));

const os: fc.Arbitrary<OsRelease> = fc.record({
  id: fc.constantFrom('debian', 'rhel', 'alpine', 'redhat', 'amzn', 'opensuse-leap', 'suse'),
  idLike: fc.array(text, { maxLength: 2 }),
  versionId: maybe(text),
  codename: maybe(text),
  prettyName: maybe(text),
});

const anyProblem: fc.Arbitrary<Problem> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('unreadable' as const, 'malformed' as const, 'not-assessed' as const),
    where: text,
    why: text,
    limit: fc.constant(null),
  }),
  fc.record({ kind: fc.constant('limit' as const), where: text, why: text, limit: text }),
);

/** As collecting makes them: sorted by purl, and each purl and owner once. */
export const anyInventory: fc.Arbitrary<Inventory> = fc.record({
  os: maybe(os),
  packages: fc
    .uniqueArray(anyPackage, { maxLength: 8, selector: (pkg) => `${pkg.purl} ${pkg.owner ?? ''}` })
    .map((packages) => packages.toSorted(byPurl)),
  problems: fc.array(anyProblem, { maxLength: 3 }),
  facts: fc.record({
    isContainer: fc.boolean(),
    runningKernel: maybe(text),
    layers: fc.array(text, { maxLength: 3 }),
  }),
});

function byPurl(a: Package, b: Package): number {
  return order(a.purl, b.purl) || order(a.evidence[0]?.path ?? '', b.evidence[0]?.path ?? '');
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
