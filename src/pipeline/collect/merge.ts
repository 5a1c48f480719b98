import type { Inventory, InventoryFacts } from '../../model/inventory.ts';
import type { OsRelease } from '../../model/os-release.ts';
import type { Evidence, Package } from '../../model/package.ts';
import type { Problem } from '../../model/problem.ts';
import { formatPurl, parsePurl } from '../../model/purl.ts';
import { ecosystem } from '../../plugins/ecosystems/registry.ts';
import { createFactsStack } from './facts/merge-facts.ts';
import type { ReadFile, Reading } from './reading.ts';

export type LayerReading = { readonly reading: Reading; readonly layer: string | null };

type Placed = {
  readonly file: ReadFile;
  readonly layers: ReadonlyMap<string, string | null>;
  readonly layer: string | null;
};

/**
 * The inventory that stacked readings give together, as a container runtime would show them: upper layers hide,
 * replace and remove what lies below. A directory or zip is a stack of one. Pure.
 */
export function mergeReadings(
  stack: readonly LayerReading[],
  facts: InventoryFacts,
  problems: readonly Problem[],
): Inventory {
  const placed = new Map<string, Placed>();
  const releases = new Map<string, OsRelease>();
  const links = new Map<string, string>();
  const allProblems: Problem[] = [...problems];
  const configuration = createFactsStack();
  for (const { reading, layer } of stack) {
    const below = new Map(placed);
    const isHidden = hiddenBy(reading, links);
    hide(placed, releases, isHidden);
    configuration.add(reading.facts ?? null, { isHidden, place: (path) => throughLinks(path, links), links });
    for (const file of reading.files) {
      const path = throughLinks(file.path, links);
      placed.set(`${file.extractor} ${path}`, place(file, path, layer, below));
    }
    for (const { path, os } of reading.releases) releases.set(throughLinks(path, links), os);
    for (const { path, to } of reading.links) links.set(path, to);
    for (const item of reading.problems)
      allProblems.push(layer ? { ...item, where: `${item.where} (layer ${layer})` } : item);
  }
  const os = releases.get('etc/os-release') ?? releases.get('usr/lib/os-release') ?? null;
  const owners = new Map<string, string>();
  for (const { file } of placed.values()) {
    for (const { name, paths } of file.owned) for (const path of paths) owners.set(canonical(path), name);
    allProblems.push(...file.problems);
  }
  const packages = joinPackages(withoutUninstalled([...placed.values()]), os, owners);
  const own = configuration.finish();
  return { os, packages, problems: [...allProblems, ...own.problems], facts: { ...facts, ...own.facts } };
}

/**
 * Where a project's packages are installed beside its lock file, that tells what is there: the lock file then only
 * adds what it knows of those (scope, who asked for them), and what it names beyond is not installed.
 */
function withoutUninstalled(placed: readonly Placed[]): readonly Placed[] {
  const installed = installedByProject(placed);
  return placed.map((item) => {
    if (!item.file.isDeclaration) return item;
    const project = item.file.path.slice(0, Math.max(0, item.file.path.lastIndexOf('/')));
    const packages = item.file.packages.filter(({ ecosystem: id, purl }) => {
      const there = installed.get(`${id} ${project}`);
      return there === undefined || there.has(purl);
    });
    return { ...item, file: { ...item.file, packages } };
  });
}

// `npm app` to the purls found under `app/node_modules/`.
function installedByProject(placed: readonly Placed[]): ReadonlyMap<string, ReadonlySet<string>> {
  const installed = new Map<string, Set<string>>();
  for (const { file } of placed) {
    if (file.isDeclaration) continue;
    for (const { ecosystem: id, purl } of file.packages) {
      const folder = ecosystem(id)?.installedFolder;
      const at = folder ? `/${file.path}`.indexOf(`/${folder}/`) : -1;
      if (at < 0) continue;
      const project = `${id} ${file.path.slice(0, Math.max(0, at - 1))}`;
      const known = installed.get(project);
      if (known) known.add(purl);
      else installed.set(project, new Set([purl]));
    }
  }
  return installed;
}

function place(
  file: ReadFile,
  path: string,
  layer: string | null,
  below: ReadonlyMap<string, Placed>,
): Placed {
  const before = below.get(`${file.extractor} ${path}`);
  // A package database is rewritten whole by each layer: a package belongs to the layer that first had this version.
  const layers = new Map<string, string | null>();
  for (const { purl } of file.packages) layers.set(purl, before?.layers.get(purl) ?? layer);
  return { file: file.path === path ? file : { ...file, path }, layers, layer };
}

function hide(
  placed: Map<string, Placed>,
  releases: Map<string, OsRelease>,
  isHidden: (path: string) => boolean,
): void {
  for (const [key, { file }] of placed) if (isHidden(file.path)) placed.delete(key);
  for (const path of releases.keys()) if (isHidden(path)) releases.delete(path);
}

/** Whether a reading takes away what lies below at a path. */
function hiddenBy(reading: Reading, links: ReadonlyMap<string, string>): (path: string) => boolean {
  let sets: ReturnType<typeof hidingSets> | null = null;
  return (path) => {
    // Where nothing lies below, nobody asks.
    sets ??= hidingSets(reading, links);
    const { exact, prefixes } = sets;
    if (exact.has(path) || prefixes.has('')) return true;
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
      if (prefixes.has(path.slice(0, at + 1))) return true;
    }
    return false;
  };
}

function hidingSets(reading: Reading, links: ReadonlyMap<string, string>) {
  const exact = new Set(reading.removed.map((path) => throughLinks(path, links)));
  const folders = [...reading.opaque.map((path) => throughLinks(path, links)), ...exact].map((path) =>
    path ? `${path}/` : '',
  );
  const prefixes = new Set(folders);
  return { exact, prefixes };
}

function throughLinks(path: string, links: ReadonlyMap<string, string>): string {
  if (links.size === 0) return path;
  let result = path;
  for (let hops = 0; hops < 4; hops++) {
    const first = result.indexOf('/');
    const second = first < 0 ? -1 : result.indexOf('/', first + 1);
    const one = first < 0 ? undefined : links.get(result.slice(0, first));
    const two = second < 0 ? undefined : links.get(result.slice(0, second));
    if (one !== undefined) result = one + result.slice(first);
    else if (two !== undefined) result = two + result.slice(second);
    else break;
  }
  return result;
}

// Merged-usr systems list files under `lib` that lie under `usr/lib`, and the other way round.
function canonical(path: string): string {
  return /^(?:bin|sbin|lib|lib32|lib64)\//.test(path) ? `usr/${path}` : path;
}

function joinPackages(
  placed: readonly Placed[],
  os: OsRelease | null,
  owners: ReadonlyMap<string, string>,
): Package[] {
  const joined = new Map<string, { pkg: Package; evidence: Evidence[] }>();
  for (const { file, layers } of placed) {
    for (const raw of file.packages) {
      const isSystem = ecosystem(raw.ecosystem)?.isSystem ?? false;
      const pkg = isSystem && os ? withDistro(raw, os) : raw;
      const layer = layers.get(raw.purl) ?? null;
      const evidence = raw.evidence.map((item) => ({ ...item, layer: item.layer ?? layer }));
      const owner = isSystem ? null : ownerOf(evidence, owners);
      const key = `${pkg.purl} ${owner ?? ''}`;
      const known = joined.get(key);
      if (!known) joined.set(key, { pkg: { ...pkg, owner }, evidence });
      else {
        known.evidence.push(...evidence);
        known.pkg = joinFacts(known.pkg, pkg);
      }
    }
  }
  return [...joined.values()]
    .map(({ pkg, evidence }) => ({ ...pkg, evidence: sortEvidence(evidence) }))
    .sort((a, b) => order(a.purl, b.purl) || order(a.evidence[0]?.path ?? '', b.evidence[0]?.path ?? ''));
}

// Seen twice: needed at run time if either says so, direct if either says so.
function joinFacts(one: Package, two: Package): Package {
  const isRuntime =
    one.scope === 'runtime' || two.scope === 'runtime' || one.scope === null || two.scope === null;
  return {
    ...one,
    scope:
      one.scope === two.scope
        ? one.scope
        : isRuntime
          ? one.scope === 'runtime' || two.scope === 'runtime'
            ? 'runtime'
            : null
          : one.scope,
    relation:
      one.relation === 'direct' || two.relation === 'direct' ? 'direct' : (one.relation ?? two.relation),
    introducedBy: one.introducedBy.length > 0 ? one.introducedBy : two.introducedBy,
    licences: one.licences.length > 0 ? one.licences : two.licences,
  };
}

function ownerOf(evidence: readonly Evidence[], owners: ReadonlyMap<string, string>): string | null {
  for (const { path } of evidence) {
    // What lies inside an archive belongs to whoever owns the archive.
    const owner = owners.get(canonical(path.split('!/')[0] ?? path));
    if (owner !== undefined) return owner;
  }
  return null;
}

/** A system purl carries its distribution, which only the finished stack knows. */
function withDistro(pkg: Package, os: OsRelease): Package {
  const parts = parsePurl(pkg.purl);
  if (!parts) return pkg;
  const distro = os.versionId ? `${os.id}-${os.versionId}` : os.id;
  return {
    ...pkg,
    purl: formatPurl({ ...parts, namespace: os.id, qualifiers: { ...parts.qualifiers, distro } }),
  };
}

function sortEvidence(evidence: readonly Evidence[]): Evidence[] {
  const seen = new Set<string>();
  const unique = evidence.filter((item) => {
    const key = `${item.path}\0${item.layer}\0${item.line}`;
    return !seen.has(key) && seen.add(key);
  });
  return unique.sort((a, b) => order(a.path, b.path) || (a.line ?? 0) - (b.line ?? 0));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
