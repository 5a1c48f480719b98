import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type IntelligenceRevision, openIntelligence } from '../src/intel/open.ts';
import { type Fields, fields, list, textOf, texts } from '../src/lib/fields.ts';
import type { Inventory } from '../src/model/inventory.ts';
import type { Verdict } from '../src/model/match.ts';
import type { Package } from '../src/model/package.ts';
import { judge } from '../src/pipeline/match/match.ts';
import { prepare } from '../src/pipeline/match/subject.ts';
import { readSbom, sbomInventory } from '../src/plugins/targets/sbom/index.ts';
import { sharedPath } from '../testkit/shared.ts';
import { measurePeers } from './match-peers.ts';
import { textTable } from './measure.ts';

/**
 * Judges inventories against an intelligence database: 20,000 made-up packages of which half are known to it, every
 * SBOM and every host's list of the real test data.
 * usage: npm run bench -- match INTELLIGENCE-DIRECTORY
 */
const directory = process.argv[2];
if (!directory) {
  process.stderr.write('usage: npm run bench -- match INTELLIGENCE-DIRECTORY\n');
  process.exit(2);
}
const rounds = 3;
const opened = performance.now();
const intelligence = openIntelligence(directory);
const openMilliseconds = performance.now() - opened;
const { revision, statementCount, keyCount } = intelligence.meta;
process.stdout.write(
  `intelligence ${revision}: ${statementCount} statements on ${keyCount} keys, opened in ${openMilliseconds.toFixed(1)} ms\n`,
);

// How the lists of hosts call the distributions.
const hostDistros: Readonly<Record<string, readonly [id: string, ecosystem: string]>> = {
  alma: ['almalinux', 'rpm'],
  alpine: ['alpine', 'apk'],
  amazon: ['amzn', 'rpm'],
  centos: ['centos', 'rpm'],
  debian: ['debian', 'deb'],
  fedora: ['fedora', 'rpm'],
  'opensuse.leap': ['opensuse-leap', 'rpm'],
  'opensuse.tumbleweed': ['opensuse-tumbleweed', 'rpm'],
  oracle: ['ol', 'rpm'],
  redhat: ['rhel', 'rpm'],
  rocky: ['rocky', 'rpm'],
  'suse.linux.enterprise.server': ['sles', 'rpm'],
  ubuntu: ['ubuntu', 'deb'],
};

const rows = [['what', 'inventories', 'packages', 'judged', 'affected', 'seconds', 'packages/s', 'RSS MB']];
for (const [name, inventories] of [
  ['20,000 made-up packages', [syntheticInventory(intelligence, 20_000)]],
  ['SBOMs of the test data', sbomInventories()],
  ['hosts of the test data', hostInventories()],
] as const) {
  if (inventories.length > 0) rows.push(measureAll(name, inventories));
}
process.stdout.write(`${textTable(rows)}\n`);
const peers = await measurePeers(directory, intelligence);
process.stdout.write(
  `\n${textTable([['one SBOM', 'seconds', 'packages/s', 'found', 'peak MB', 'ratio'], ...peers])}\n`,
);
intelligence.close();

type Measured = { readonly seconds: number; readonly judged: number; readonly affected: number };

function measureAll(name: string, inventories: readonly Inventory[]): string[] {
  let best: Measured | null = null;
  for (let round = 0; round < rounds; round++) {
    const made = judgeAll(inventories);
    if (best === null || made.seconds < best.seconds) best = made;
  }
  const { seconds, judged, affected } = best ?? { seconds: 0, judged: 0, affected: 0 };
  const packages = inventories.reduce((sum, inventory) => sum + inventory.packages.length, 0);
  const rss = process.memoryUsage.rss() / 2 ** 20;
  const counts = [inventories.length, packages, judged, affected].map(String);
  return [name, ...counts, seconds.toFixed(2), (packages / seconds).toFixed(0), rss.toFixed(0)];
}

// As a scan does it: equal packages of one inventory are judged once.
function judgeAll(inventories: readonly Inventory[]): Measured {
  const started = performance.now();
  let judged = 0;
  let affected = 0;
  for (const inventory of inventories) {
    const known = new Map<string, readonly Verdict[]>();
    for (const pkg of inventory.packages) {
      const prepared = prepare(pkg, inventory.os, inventory.facts);
      if (prepared.kind === 'set-aside') continue;
      const verdicts = known.get(prepared.digest) ?? judge(prepared.subject, intelligence);
      known.set(prepared.digest, verdicts);
      judged++;
      for (const { result } of verdicts) if (result === 'affected') affected++;
    }
  }
  return { seconds: (performance.now() - started) / 1000, judged, affected };
}

// What a large image carries: mostly language packages, of which many copies are never named by an advisory.
function syntheticInventory(from: IntelligenceRevision, count: number): Inventory {
  const shares = [
    { stream: 'debian:12', ecosystem: 'deb', share: 0.1 },
    { stream: 'npm', ecosystem: 'npm', share: 0.5 },
    { stream: 'pypi', ecosystem: 'pypi', share: 0.15 },
    { stream: 'golang', ecosystem: 'golang', share: 0.1 },
    { stream: 'maven', ecosystem: 'maven', share: 0.1 },
    { stream: 'gem', ecosystem: 'gem', share: 0.05 },
  ];
  const packages = shares.flatMap(({ stream, ecosystem, share }) => {
    const wanted = Math.round(count * share);
    const names = from.namesIn(stream, '', Math.ceil(wanted / 2));
    return Array.from({ length: wanted }, (_, index) => {
      const known = index % 2 === 0 ? names[(index / 2) % Math.max(1, names.length)] : undefined;
      const version = `${1 + (index % 7)}.${index % 23}.${index % 11}`;
      return packageOf(ecosystem, known ?? `unheard-of-${index}`, version);
    });
  });
  const os = { id: 'debian', idLike: [], versionId: '12', codename: null, prettyName: null };
  return inventoryOf(os, packages);
}

function packageOf(ecosystem: string, name: string, version: string, more: Partial<Package> = {}): Package {
  return {
    purl: `pkg:${ecosystem}/${name}@${version}` as Package['purl'],
    ecosystem,
    name,
    version,
    arch: null,
    source: null,
    evidence: [],
    scope: null,
    relation: null,
    introducedBy: [],
    owner: null,
    licences: [],
    attributes: {},
    ...more,
  };
}

function inventoryOf(os: Inventory['os'], packages: readonly Package[]): Inventory {
  return { os, packages, problems: [], facts: { isContainer: false, runningKernel: null, layers: [] } };
}

function sbomInventories(): readonly Inventory[] {
  const folders = [
    sharedPath('fixtures', 'sbom'),
    sharedPath('fixtures', 'ground-truth', 'trivy-integration', 'input', 'sbom'),
  ];
  return folders.flatMap((folder) => (folder === null ? [] : filesUnder(folder))).flatMap(readInventory);
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => path.endsWith('.json') && statSync(path).isFile());
}

function readInventory(path: string): readonly Inventory[] {
  try {
    return [sbomInventory(readSbom(readFileSync(path, 'utf8'), path))];
  } catch {
    // Some of the files are broken on purpose, and some are no SBOM.
    return [];
  }
}

function hostInventories(): readonly Inventory[] {
  const folder = sharedPath('fixtures', 'ground-truth', 'host-inventories');
  if (folder === null) return [];
  return filesUnder(folder).flatMap((path) => {
    const told = fields(JSON.parse(readFileSync(path, 'utf8')));
    const distro = hostDistros[textOf(told.family) ?? ''];
    return distro === undefined ? [] : [hostInventory(told, distro)];
  });
}

function hostInventory(told: Fields, [id, ecosystem]: readonly [string, string]): Inventory {
  const sources = new Map<string, Package['source']>();
  for (const source of list(told.sourcePackages).map(fields)) {
    const known = { name: textOf(source.name) ?? '', version: textOf(source.version) ?? '' };
    for (const binary of texts(source.binaries)) sources.set(binary, known);
  }
  const packages = list(told.packages)
    .map(fields)
    .map((item) => {
      const name = textOf(item.name) ?? '';
      const release = textOf(item.release);
      const version = `${textOf(item.version) ?? ''}${release === null ? '' : `-${release}`}`;
      return packageOf(ecosystem, name, version, {
        arch: textOf(item.arch),
        source: sources.get(name) ?? null,
      });
    });
  const os = { id, idLike: [], versionId: textOf(told.release), codename: null, prettyName: null };
  return inventoryOf(os, packages);
}
