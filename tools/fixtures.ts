import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Package } from '../src/model/package.ts';
import type { Problem } from '../src/model/problem.ts';
import type { ExtractorFile } from '../src/plugins/ecosystems/contract.ts';
import { ecosystem, extractors } from '../src/plugins/ecosystems/registry.ts';
import { sharedPath, sharedReason } from '../testkit/shared.ts';
import knownDifferences from './fixtures-differences.json' with { type: 'json' };

// Runs the extractors over package databases and lock files of other projects and compares what they list. Exits 1
// when a difference is not explained in fixtures-differences.json. `--all` prints every difference.

type Expected = {
  readonly name: string;
  readonly version: string;
  readonly commit?: string;
  readonly arch?: string | null;
  readonly licence?: string | null;
};

type Case = {
  /** `lockfiles/npm/trivy: lock version v2`. */
  readonly id: string;
  /** Folder that it is counted under. */
  readonly group: string;
  /** The path that the file would have in a tree, and where its bytes are. */
  readonly files: readonly { readonly path: string; readonly from: string }[];
  readonly expected: readonly Expected[];
  /** Whether the file must be refused with a problem. */
  readonly isBroken: boolean;
  /** Whether only some of the packages are known. */
  readonly isPartial: boolean;
};

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

// Where a file of a kind lies in a tree. Other kinds are named after the file that projects have.
const places: Readonly<Record<string, (input: string) => string>> = {
  'var/lib/dpkg/status': (input) => {
    if (input.includes('status.d/')) return `var/lib/dpkg/status.d/${basename(input)}`;
    return input.includes('opkg/') ? 'usr/lib/opkg/status' : 'var/lib/dpkg/status';
  },
  'rpm database': () => 'var/lib/rpm/rpmdb.sqlite',
  'package.json': () => 'app/node_modules/name/package.json',
  '*.gemspec': (input) => `usr/lib/ruby/gems/3.1.0/specifications/${basename(input)}`,
  'jar/war': (input) => `app/${basename(input)}`,
  'conda-meta/*.json': (input) => `opt/conda/conda-meta/${basename(input)}`,
  '*.deps.json': (input) => `app/${basename(input).replace(/(?:\.deps)?(?:\.json)?$/, '.deps.json')}`,
  '*.csproj': (input) => `app/${basename(input)}`,
  'dist-info/METADATA or egg-info/PKG-INFO': pythonPlace,
  'METADATA/PKG-INFO/egg': pythonPlace,
};

const root = sharedPath('fixtures');
if (root === null) {
  console.log(`fixtures: nothing compared, ${sharedReason}`);
} else {
  process.exitCode = compareAll(root) ? 0 : 1;
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
      wasWanted = true;
      const extraction = extractor.extract(readFile(found, path, from, extractor.companions?.(path) ?? []));
      packages.push(...extraction.packages);
      problems.push(...extraction.problems);
    }
  }
  if (!wasWanted) return 'unread';
  if (found.isBroken && problems.length > 0 && packages.length === 0) return null;
  if (found.isBroken) return { missing: [], extra: packages.map(labelOf), note: 'should have been refused' };
  return compare(found, packages);
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
  if (normalise(pkg.name) !== normalise(wanted.name)) return false;
  if (wanted.arch !== undefined && pkg.arch !== wanted.arch) return false;
  if (wanted.licence && pkg.licences[0] !== wanted.licence) return false;
  return pkg.version === wanted.version || (wanted.version === '' && pkg.version === wanted.commit);
}

function collectCases(folder: string): readonly Case[] {
  const cases: Case[] = [];
  for (const area of ['pkgdb', 'lockfiles']) {
    for (const group of foldersIn(join(folder, area))) {
      for (const source of foldersIn(join(folder, area, group))) {
        const id = `${area}/${group}/${source}`;
        if (existsSync(join(folder, id, 'cases.json'))) cases.push(...listedCases(folder, id));
      }
    }
  }
  return [...cases, ...databaseCases(join(folder, 'pkgdb')), ...treeCases(join(folder, 'pkgdb'))];
}

type ListedCase = {
  readonly input: string;
  readonly kind?: string;
  readonly name?: string;
  readonly packages?: readonly Expected[];
  readonly contains?: readonly Expected[];
  readonly error?: boolean;
};

function listedCases(folder: string, id: string): readonly Case[] {
  const listed = JSON.parse(readFileSync(join(folder, id, 'cases.json'), 'utf8')) as readonly ListedCase[];
  return listed
    .filter((entry) => entry.kind !== undefined)
    .map((entry) => ({
      id: `${id}: ${entry.input}${entry.name === undefined ? '' : ` (${entry.name})`}`,
      group: id,
      files: [{ path: placeOf(entry.kind ?? '', entry.input), from: join(folder, id, 'files', entry.input) }],
      expected: (entry.packages ?? entry.contains ?? []).map(({ name, version, commit }) =>
        commit === undefined ? { name, version } : { name, version, commit },
      ),
      isBroken: entry.error === true,
      isPartial: entry.packages === undefined,
    }));
}

function pythonPlace(input: string): string {
  const name = basename(input);
  const site = 'usr/lib/python3/site-packages';
  if (/\.(?:whl|egg|egg-info)$/.test(name)) return `${site}/${name}`;
  return name.includes('egginfo') ? `${site}/name.egg-info/PKG-INFO` : `${site}/name.dist-info/METADATA`;
}

function placeOf(kind: string, input: string): string {
  const place = places[kind];
  if (place !== undefined) return place(input);
  return kind.includes('/') ? kind : `app/${kind.replace('*', 'name')}`;
}

// Real databases, each with what the real tool lists.
function databaseCases(folder: string): readonly Case[] {
  const cases: Case[] = [];
  for (const name of foldersIn(join(folder, 'dpkg/status'))) {
    const base = join(folder, 'dpkg/status', name);
    const { packages } = readJson<{ packages: readonly (Expected & { status: string })[] }>(
      join(base, 'expected.json'),
    );
    const expected = packages.filter((pkg) => /i$/.test(pkg.status.trim())).map(pick);
    cases.push(
      whole(
        `pkgdb/dpkg/status`,
        name,
        [{ path: 'var/lib/dpkg/status', from: join(base, 'status') }],
        expected,
      ),
    );
  }
  const statusD = join(folder, 'dpkg/status.d-amd64');
  const files = filesIn(join(statusD, 'status.d')).map((name) => ({
    path: `var/lib/dpkg/status.d/${name}`,
    from: join(statusD, 'status.d', name),
  }));
  const listed = readJson<readonly Expected[]>(join(statusD, 'expected.json')).map(pick);
  cases.push(whole('pkgdb/dpkg/status.d-amd64', 'all', files, listed));
  for (const name of foldersIn(join(folder, 'rpm/real')))
    cases.push(rpmCase(join(folder, 'rpm/real', name), name));
  return cases;
}

function pick({ name, version, arch }: Expected): Expected {
  return arch === undefined ? { name, version } : { name, version, arch };
}

function whole(group: string, name: string, files: Case['files'], expected: readonly Expected[]): Case {
  return { id: `${group}: ${name}`, group, files, expected, isBroken: false, isPartial: false };
}

type RpmRow = {
  readonly name: string;
  readonly epoch: string | number | null;
  readonly version: string;
  readonly release: string;
  readonly arch: string;
  readonly license: string;
};

function rpmCase(base: string, name: string): Case {
  const file = filesIn(base).find((entry) => entry !== 'expected.json') ?? '';
  const rows = readJson<{ packages: readonly RpmRow[] }>(join(base, 'expected.json')).packages;
  const expected = rows.map((row) => {
    const epoch = row.epoch === null || Number(row.epoch) === 0 ? '' : `${row.epoch}:`;
    const version = `${epoch}${row.version}-${row.release}`;
    return { name: row.name, version, arch: row.arch === '(none)' ? null : row.arch, licence: row.license };
  });
  return whole('pkgdb/rpm/real', name, [{ path: `var/lib/rpm/${file}`, from: join(base, file) }], expected);
}

// Trees of installed files with one list for all of them.
function treeCases(folder: string): readonly Case[] {
  const cases: Case[] = [];
  for (const group of ['python', 'ruby']) {
    const base = join(folder, group, 'debian-large');
    if (!existsSync(join(base, 'expected.json'))) continue;
    const files = filesIn(join(base, 'files')).map((path) => ({ path, from: join(base, 'files', path) }));
    const expected = readJson<readonly Expected[]>(join(base, 'expected.json')).map(({ name, version }) => ({
      name,
      version,
    }));
    cases.push(whole(`pkgdb/${group}/debian-large`, 'all', files, expected));
  }
  return cases;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

function foldersIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
