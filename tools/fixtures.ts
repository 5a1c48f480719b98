import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Package } from '../src/model/package.ts';
import type { Problem } from '../src/model/problem.ts';
import type { ExtractorFile } from '../src/plugins/ecosystems/contract.ts';
import { ecosystem, extractors } from '../src/plugins/ecosystems/registry.ts';
import { sharedPath, sharedReason } from '../testkit/shared.ts';
import { type Case, collectCases, type Expected } from './fixtures-cases.ts';
import knownDifferences from './fixtures-differences.json' with { type: 'json' };
import { compareSboms } from './fixtures-sbom.ts';

// Runs the extractors over package databases and lock files of other projects and compares what they list. Exits 1
// when a difference is not explained in fixtures-differences.json. `--all` prints every difference. Expected packages
// without a version are left out: nothing can be judged about them, and the extractors name them as problems.

type Outcome = {
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly note: string | null;
};

type Difference = {
  readonly case: string;
  readonly reason: string;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly note?: string;
};

const root = sharedPath('fixtures');
if (root === null) {
  console.log(`fixtures: nothing compared, ${sharedReason}`);
} else {
  // Both run, whatever the first says.
  process.exitCode = [compareAll(root), compareSboms(root)].every(Boolean) ? 0 : 1;
}

function compareAll(folder: string): boolean {
  const counts = new Map<
    string,
    { cases: number; passed: number; explained: number; unread: number; failed: number }
  >();
  const failures: { readonly id: string; readonly outcome: Outcome }[] = [];
  for (const found of collectCases(folder)) {
    const count = counts.get(found.group) ?? { cases: 0, passed: 0, explained: 0, unread: 0, failed: 0 };
    counts.set(found.group, count);
    count.cases++;
    const outcome = runCase(found);
    if (outcome === 'unread') count.unread++;
    else if (outcome === null) count.passed++;
    else if (isExplained(found.id, outcome)) count.explained++;
    else {
      count.failed++;
      failures.push({ id: found.id, outcome });
    }
  }
  printTable(counts);
  for (const { id, outcome } of failures) printFailure(id, outcome);
  return failures.length === 0;
}

function printTable(counts: ReadonlyMap<string, Record<string, number>>): void {
  const columns = ['cases', 'passed', 'explained', 'unread', 'failed'];
  console.log(`${'fixtures'.padEnd(34)}${columns.map((column) => column.padStart(11)).join('')}`);
  const totals: Record<string, number> = {};
  for (const [group, count] of [...counts].sort()) {
    console.log(group.padEnd(34) + columns.map((column) => String(count[column] ?? 0).padStart(11)).join(''));
    for (const column of columns) totals[column] = (totals[column] ?? 0) + (count[column] ?? 0);
  }
  console.log('all'.padEnd(34) + columns.map((column) => String(totals[column] ?? 0).padStart(11)).join(''));
  console.log('unread: no extractor wants such a file; explained: see fixtures-differences.json');
}

function printFailure(id: string, outcome: Outcome): void {
  const max = process.argv.includes('--all') ? Number.POSITIVE_INFINITY : 6;
  console.log(`\n${id}${outcome.note === null ? '' : `: ${outcome.note}`}`);
  for (const name of outcome.missing.slice(0, max)) console.log(`  - ${name}`);
  for (const name of outcome.extra.slice(0, max)) console.log(`  + ${name}`);
}

function isExplained(id: string, outcome: Outcome): boolean {
  return (knownDifferences as readonly Difference[]).some(
    (known) =>
      known.case === id &&
      (known.note ?? null) === outcome.note &&
      known.missing.join('\n') === outcome.missing.join('\n') &&
      known.extra.join('\n') === outcome.extra.join('\n'),
  );
}

// Null when the packages are the expected ones.
function runCase(found: Case): Outcome | 'unread' | null {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  let wasWanted = false;
  for (const { path, from } of found.files) {
    for (const extractor of extractors.filter((candidate) => candidate.wants(path))) {
      // Those that look into every program want files that are none too.
      wasWanted ||= !extractor.wants('usr/bin/program');
      const extraction = extractor.extract(readFile(found, path, from, extractor.companions?.(path) ?? []));
      packages.push(...extraction.packages);
      problems.push(...extraction.problems);
    }
  }
  if (!wasWanted && !found.files.some(({ path }) => isCompanion(path))) return 'unread';
  if (!found.isBroken) return compare(found, packages);
  if (problems.length > 0) return packages.length === 0 ? null : compare(found, packages);
  return { missing: [], extra: packages.map(labelOf), note: 'should have been refused' };
}

// Whether a file is only read together with the one that it stands beside, under that name and an ending.
function isCompanion(path: string): boolean {
  const beside = path.replace(/\.[^./]+$/, '');
  return extractors.some(
    (extractor) => extractor.wants(beside) && extractor.companions?.(beside).includes(path),
  );
}

function readFile(found: Case, path: string, from: string, companions: readonly string[]): ExtractorFile {
  const known = new Map(found.files.map((file) => [file.path, file.from]));
  const there = companions
    .map(
      (companion) => [companion, known.get(companion) ?? join(dirname(from), basename(companion))] as const,
    )
    .filter(([, place]) => existsSync(place) && statSync(place).isFile());
  return {
    path,
    bytes: readFileSync(from),
    companions: new Map(there.map(([companion, place]) => [companion, readFileSync(place)])),
    os: null,
  };
}

function compare(found: Case, packages: readonly Package[]): Outcome | null {
  const got = new Map(packages.map((pkg) => [keyOf(pkg), pkg]));
  const missing: string[] = [];
  const matched = new Set<Package>();
  for (const wanted of found.expected) {
    const hit = [...got.values()].find((pkg) => isSame(pkg, wanted));
    if (hit === undefined) missing.push(`${wanted.name} ${wanted.version || (wanted.commit ?? '')}`);
    else matched.add(hit);
  }
  const extra = found.isPartial ? [] : [...got.values()].filter((pkg) => !matched.has(pkg)).map(labelOf);
  const unique = (names: readonly string[]) => [...new Set(names)].sort();
  return missing.length + extra.length === 0
    ? null
    : { missing: unique(missing), extra: unique(extra), note: null };
}

function keyOf(pkg: Package): string {
  return `${pkg.ecosystem} ${pkg.name} ${pkg.version} ${pkg.arch ?? ''}`;
}

function labelOf(pkg: Package): string {
  return `${pkg.name} ${pkg.version}`;
}

function isSame(pkg: Package, wanted: Expected): boolean {
  const normalise = ecosystem(pkg.ecosystem)?.normaliseName ?? ((name: string) => name);
  // Where a purl has no type for them, packages carry their kind in front of their name.
  const name = pkg.ecosystem === 'generic' ? pkg.name.slice(pkg.name.lastIndexOf('/') + 1) : pkg.name;
  if (normalise(name) !== normalise(wanted.name)) return false;
  if (wanted.arch !== undefined && pkg.arch !== wanted.arch) return false;
  if (wanted.licence && pkg.licences[0] !== wanted.licence) return false;
  const plain = (version: string) => (pkg.ecosystem === 'golang' ? version.replace(/^v/, '') : version);
  return (
    plain(pkg.version) === plain(wanted.version) ||
    (wanted.version === '' && pkg.attributes.commit === wanted.commit)
  );
}
