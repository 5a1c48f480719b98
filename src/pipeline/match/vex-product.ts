import type { OsRelease } from '../../model/os-release.ts';
import type { Package } from '../../model/package.ts';
import { type PurlParts, parsePurl } from '../../model/purl.ts';
import type { Resource } from '../../model/resource.ts';
import { ecosystem } from '../../plugins/ecosystems/registry.ts';
import type { VexIdentity, VexProduct } from '../../plugins/vex/contract.ts';
import { packagesByName, purlNames } from './vex-names.ts';
import osNames from './vex-os.json' with { type: 'json' };

/** What a statement is held against: a package, and the resource that carries it. */
export type VexContext = {
  readonly resource: Pick<Resource, 'id' | 'name' | 'location' | 'fingerprint' | 'details'>;
  readonly os: OsRelease | null;
  /** Every package of the resource, for products that are one of them and carry others. */
  readonly packages: readonly Package[];
};

/** How exactly a statement names what it is about; each number counts more than those behind it. */
export type Specificity = readonly [whole: number, part: number, qualifiers: number];

/**
 * How exactly a product of a statement means a package of a resource, or null where it does not mean it. A product is
 * the package itself, or what ships it: the resource, its operating system, or another package that brings it.
 */
export function specificityOf(vex: VexProduct, pkg: Package, context: VexContext): Specificity | null {
  const { product, component } = vex;
  if (component === null) {
    const own = packageMatch(product, pkg);
    if (own !== null) return [0, ...own];
    const whole = shippedBy(product, pkg, context);
    return whole === null ? null : [whole, 0, 0];
  }
  const part = packageMatch(component, pkg);
  if (part === null) return null;
  const whole = shippedBy(product, pkg, context) ?? broughtBy(product, pkg, context);
  return whole === null ? null : [whole, ...part];
}

/** The resource by its digest or name, or the operating system that a system package belongs to. */
function shippedBy(product: VexIdentity, pkg: Package, { resource, os }: VexContext): number | null {
  const named = Math.max(
    ...product.purls.map((purl) => resourceMatch(purl, resource)),
    nameMatch(product, resource),
  );
  if (named > 0) return named;
  const isSystem = ecosystem(pkg.ecosystem)?.isSystem === true;
  return isSystem && os !== null && product.cpes.some((cpe) => isOs(cpe, os)) ? 1 : null;
}

// 3: this very content, 2: its name and tag, 1: its name.
function nameMatch(
  { names }: VexIdentity,
  { id, name, location, fingerprint }: VexContext['resource'],
): number {
  if (names.includes(fingerprint)) return 3;
  return names.some((text) => text === id || text === name || text === location) ? 2 : 0;
}

/** Source: https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md */
function resourceMatch(purl: PurlParts, { name, fingerprint, details }: VexContext['resource']): number {
  if (purl.type !== 'oci' && purl.type !== 'docker') return 0;
  const repository = typeof details.repositoryName === 'string' ? details.repositoryName : name;
  const own = repository.toLowerCase().split('/');
  const wanted = [...(purl.namespace?.split('/') ?? []), purl.name].map((part) => part.toLowerCase());
  if (own.slice(-wanted.length).join('/') !== wanted.join('/')) return 0;
  const { repository_url: url, tag } = purl.qualifiers;
  if (url !== undefined && !isSameRepository(url, own)) return 0;
  const tags = Array.isArray(details.imageTags) ? details.imageTags : [];
  if (tag !== undefined && !tags.includes(tag)) return 0;
  if (purl.version === null) return tag === undefined ? 1 : 2;
  if (purl.version === fingerprint) return 3;
  return tags.includes(purl.version) ? 2 : 0;
}

// The registry alone or with the repository; our reference may lack the registry, and then tells nothing against it.
function isSameRepository(url: string, own: readonly string[]): boolean {
  const wanted = url
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .split('/')
    .filter(Boolean);
  const hasHost = /[.:]|^localhost$/.test(own[0] ?? '');
  const [host, ...path] = wanted;
  if (hasHost && host !== own[0]) return false;
  const rest = hasHost ? own.slice(1) : own;
  return path.length === 0 || path.join('/') === rest.slice(0, path.length).join('/');
}

/** Source: https://nvlpubs.nist.gov/nistpubs/Legacy/IR/nistir7695.pdf (formatted strings and URIs) */
function isOs(cpe: string, os: OsRelease): boolean {
  const parts = cpe.startsWith('cpe:/') ? cpe.slice(5).split(':') : cpe.split(':').slice(2);
  const [, vendor = '', product = '', version = ''] = parts;
  const names: Readonly<Record<string, string>> = osNames.products;
  const id = Object.hasOwn(names, product) ? names[product] : undefined;
  const vendors: Readonly<Record<string, string>> = osNames.vendors;
  if (id !== os.id || (vendors[os.id] !== undefined && vendors[os.id] !== vendor)) return false;
  if (version === '' || version === '*' || version === '-') return true;
  return os.versionId === version || os.versionId?.startsWith(`${version}.`) === true;
}

// The best of the names that mean the package: 2 with its version, 1 without; and how many qualifiers hold.
function packageMatch({ purls }: VexIdentity, pkg: Package): readonly [number, number] | null {
  let best: readonly [number, number] | null = null;
  const own = parsePurl(pkg.purl);
  if (own === null) return null;
  for (const purl of purls) {
    const found = purlMatch(purl, own, pkg);
    if (found === null || (best !== null && (found[0] - best[0] || found[1] - best[1]) <= 0)) continue;
    best = found;
  }
  return best;
}

/**
 * Whether a package URL of a document means a package. Without a version it means all of them; qualifiers count only
 * where the document gives them. A source package means every package that was built from it.
 */
function purlMatch(given: PurlParts, own: PurlParts, pkg: Package): readonly [number, number] | null {
  if (given.type !== own.type || given.subpath !== null) return null;
  if (!isNamespace(given.namespace ?? '', own.namespace ?? '')) return null;
  const { arch, epoch, ...qualifiers } = given.qualifiers;
  const isSource = arch === 'source' || arch === 'src';
  const name = isSource ? (pkg.source?.name ?? own.name) : own.name;
  if (given.name !== name) return null;
  if (given.version !== null) {
    const version = isSource ? (pkg.source?.version ?? pkg.version) : pkg.version;
    const isOwn = !isSource && given.type !== 'rpm' && given.version === own.version;
    if (!isOwn && !isVersion(given.version, epoch ?? null, version, given.type)) return null;
  }
  const wanted = Object.entries(isSource || arch === undefined ? qualifiers : { ...qualifiers, arch });
  for (const [key, value] of wanted) {
    const told = own.qualifiers[key] ?? (key === 'arch' ? pkg.arch : null);
    // A release may be named without its minor number: `rhel-9` for `rhel-9.4`.
    if (told !== value && !(key === 'distro' && told?.startsWith(`${value}.`) === true)) return null;
  }
  return [given.version === null ? 1 : 2, wanted.length];
}

function isNamespace(given: string, own: string): boolean {
  const namespaces: Readonly<Record<string, readonly string[]>> = osNames.namespaces;
  return given === own || (Object.hasOwn(namespaces, given) && namespaces[given]?.includes(own) === true);
}

// In rpm the epoch stands in the version or beside it; where the document gives none, it is not compared.
function isVersion(given: string, epoch: string | null, own: string, type: string): boolean {
  if (type !== 'rpm') return given === own;
  const [wanted, told] = [split(given), split(own)];
  const wantedEpoch = epoch ?? wanted.epoch;
  return wanted.rest === told.rest && (wantedEpoch === null || wantedEpoch === (told.epoch ?? '0'));
}

function split(version: string): { readonly epoch: string | null; readonly rest: string } {
  const epoch = /^(\d{1,8}):/.exec(version)?.[1] ?? null;
  return { epoch, rest: epoch === null ? version : version.slice(epoch.length + 1) };
}

/** Another package of the resource that the product means and that brings this one: 1, else null. */
function broughtBy(product: VexIdentity, pkg: Package, { packages }: VexContext): number | null {
  if (product.purls.length === 0) return null;
  return meantBy(product, packages).some((other) => other !== pkg && brings(other, pkg)) ? 1 : null;
}

// One product stands in many statements, and none of what it is compared with changes.
const meant = new WeakMap<readonly Package[], WeakMap<VexIdentity, readonly Package[]>>();

function meantBy(product: VexIdentity, packages: readonly Package[]): readonly Package[] {
  const known = meant.get(packages) ?? new WeakMap<VexIdentity, readonly Package[]>();
  meant.set(packages, known);
  const found =
    known.get(product) ??
    purlNames(product)
      .flatMap((name) => packagesByName(packages).get(name) ?? [])
      .filter((other) => packageMatch(product, other) !== null);
  known.set(product, found);
  return found;
}

// By the chain of dependencies, or because the file that it was seen in lies inside the other one's.
function brings(other: Package, pkg: Package): boolean {
  if (pkg.ecosystem === other.ecosystem) {
    const names = [other.name, `${other.name}@${other.version}`];
    if (pkg.introducedBy.some((name) => names.includes(name))) return true;
  }
  return other.evidence.some(({ path: outer }) =>
    pkg.evidence.some(({ path }) => path.startsWith(`${outer}!`)),
  );
}
