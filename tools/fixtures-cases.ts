import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

// The cases that tools/fixtures.ts runs, gathered from the forms in which other projects keep theirs.

export type Expected = {
  readonly name: string;
  readonly version: string;
  readonly commit?: string;
  readonly arch?: string | null;
  readonly licence?: string | null;
};

export type Case = {
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

// Where a file of a kind lies in a tree. Other kinds are named after the file that projects have.
const places: Readonly<Record<string, (input: string) => string>> = {
  'var/lib/dpkg/status': (input) => {
    if (input.includes('status.d/')) return `var/lib/dpkg/status.d/${basename(input)}`;
    return input.includes('opkg/') ? 'usr/lib/opkg/status' : 'var/lib/dpkg/status';
  },
  'rpm database': () => 'var/lib/rpm/rpmdb.sqlite',
  'var/lib/pacman/local/*/desc': () => 'var/lib/pacman/local/name-1.0/desc',
  'package.json': () => 'app/node_modules/name/package.json',
  '*.gemspec': (input) => `usr/lib/ruby/gems/3.1.0/specifications/${basename(input)}`,
  'jar/war': (input) => `app/${basename(input).replace(/^[^.]+$/, '$&.jar')}`,
  'conda-meta/*.json': (input) => `opt/conda/conda-meta/${basename(input).replace(/(?:\.json)?$/, '.json')}`,
  '*.deps.json': (input) => `app/${basename(input).replace(/(?:\.deps)?(?:\.json)?$/, '.deps.json')}`,
  '*.csproj': (input) => `app/${basename(input).replace(/(?:\.csproj)?$/, '.csproj')}`,
  'dist-info/METADATA or egg-info/PKG-INFO': pythonPlace,
  'METADATA/PKG-INFO/egg': pythonPlace,
  'manifest.wall': () => 'var/lib/chisel/manifest.wall',
  '*.nuspec': (input) => `ProgramData/chocolatey/lib/${basename(input, '.nuspec')}/${basename(input)}`,
  'PE file': (input) => `app/${basename(input)}`,
  'metainfo.xml': () =>
    'var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/0/export/share/metainfo/a.metainfo.xml',
  'Info.plist': () => 'Applications/Name.app/Contents/Info.plist',
  'var/db/pkg': () => 'var/db/pkg/category/name-1.0/PF',
  'snap.yaml': () => 'snap/core/1/meta/snap.yaml',
};

// The same for the analyzers that are run on files of any name.
const analyzerPlaces: Readonly<Record<string, string>> = {
  'language/php/composer': 'vendor/composer/installed.json',
  'language/swift/cocoapods': 'app/Podfile.lock',
};

/** Every case of the bundle, in a fixed order. */
export function collectCases(folder: string): readonly Case[] {
  const cases: Case[] = [];
  for (const area of ['pkgdb', 'lockfiles']) {
    for (const group of foldersIn(join(folder, area))) {
      for (const source of foldersIn(join(folder, area, group))) {
        const id = `${area}/${group}/${source}`;
        if (existsSync(join(folder, id, 'cases.json'))) cases.push(...listedCases(folder, id));
      }
    }
  }
  const databases = join(folder, 'pkgdb');
  return [
    ...cases,
    ...databaseCases(databases),
    ...treeCases(databases),
    ...projectCases(join(databases, 'trivy-analyzer')),
  ];
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
      expected: (entry.packages ?? entry.contains ?? [])
        .filter(({ version, commit }) => version !== '' || commit !== undefined)
        .map(({ name, version, commit }) =>
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
  const jars = join(folder, 'java/debian-large');
  if (existsSync(jars)) cases.push(...jarCases(jars));
  return cases;
}

// Each jar with its true coordinates, which its bytes do not always tell.
function jarCases(base: string): readonly Case[] {
  return readJson<readonly { file: string; gav: string }[]>(join(base, 'expected.json')).map(
    ({ file, gav }) => {
      const [group = '', artifact = '', version = ''] = gav.split(':');
      const expected = [{ name: `${group}:${artifact}`, version }];
      return whole(
        'pkgdb/java/debian-large',
        file,
        [{ path: `usr/share/java/${file}`, from: join(base, 'files', file) }],
        expected,
      );
    },
  );
}

type ProjectCase = {
  readonly analyzer: string;
  readonly name: string;
  readonly input: string;
  readonly result: readonly {
    readonly filePath: string;
    readonly packages?: readonly {
      readonly Name?: string;
      readonly Version?: string;
      readonly Relationship?: string;
    }[];
  }[];
};

// Single files of whole projects. The project itself is no package that it depends on.
function projectCases(base: string): readonly Case[] {
  if (!existsSync(join(base, 'cases.json'))) return [];
  const listed = readJson<readonly ProjectCase[]>(join(base, 'cases.json'));
  return listed
    .filter(({ input, analyzer }) => !input.endsWith('.txtar') && analyzer !== 'sbom')
    .flatMap(({ analyzer, name, input, result }) =>
      result.map(({ filePath, packages }) => {
        const place = join(base, 'files', input);
        const from = statSync(place).isDirectory() ? join(place, filePath) : place;
        const path = projectPlace(analyzer, from);
        const expected = (packages ?? [])
          .filter((pkg) => pkg.Version !== undefined && pkg.Relationship !== 'types.RelationshipRoot')
          .map((pkg) => ({ name: pkg.Name ?? '', version: pkg.Version ?? '' }));
        const id = `${analyzer}: ${input} (${name})`;
        return { ...whole('pkgdb/trivy-analyzer', id, [{ path, from }], expected) };
      }),
    );
}

function projectPlace(analyzer: string, from: string): string {
  if (basename(from) === 'package.json') return 'app/node_modules/name/package.json';
  const isNamed = ['composer.lock', 'Podfile.lock'].includes(basename(from));
  return (isNamed ? null : analyzerPlaces[analyzer]) ?? `app/${placeIn(from)}`;
}

// The last two parts of a path, which hold what names a file's kind.
function placeIn(path: string): string {
  const parts = path.split('/').slice(-2);
  return parts[0] === 'language-conda-meta' ? `conda-meta/${parts[1]}` : parts.join('/');
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
