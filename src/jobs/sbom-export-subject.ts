import type { OsRelease } from '../model/os-release.ts';
import type { Package } from '../model/package.ts';
import { formatPurl, parsePurl } from '../model/purl.ts';
import { ecosystem } from '../plugins/ecosystems/registry.ts';
import type { StoredInventory } from '../store/inventories.ts';
import type { SbomResource, SbomVulnerability } from '../store/sbom-resources.ts';

/** What one document of an export tells of. `now` is when the export began, so that a repeated one is the same. */
export type SbomExportSubject = {
  readonly resource: SbomResource;
  readonly inventory: StoredInventory;
  readonly vulnerabilities: readonly SbomVulnerability[];
  readonly now: Date;
  readonly version: string;
};

// How the export spells the types of system packages; the rest keep the type that the purl specification gives.
const systemTypes: Readonly<Record<string, string>> = { deb: 'dpkg' };

export function isSystemPackage(pkg: Package): boolean {
  return ecosystem(pkg.ecosystem)?.isSystem ?? false;
}

/**
 * A purl as Inspector's exports write it: system packages without their distribution, with architecture, epoch and
 * source package; others with the path that they were found at. A package of neither form keeps its purl.
 * Source: https://docs.aws.amazon.com/inspector/latest/user/sbom-export.html
 */
export function exportedPurl(pkg: Package): string {
  const type = systemTypes[pkg.ecosystem] ?? pkg.ecosystem;
  if (isSystemPackage(pkg)) return systemPurl(pkg, type);
  const parts = parsePurl(pkg.purl);
  const path = pkg.evidence[0]?.path;
  if (!parts || path === undefined) return pkg.purl;
  return formatPurl({ ...parts, qualifiers: { ...parts.qualifiers, path } });
}

function systemPurl(pkg: Package, type: string): string {
  const [, epoch = '0', version = pkg.version] = /^(\d{1,10}):(.*)$/s.exec(pkg.version) ?? [];
  const hasEpoch = pkg.ecosystem === 'deb' || pkg.ecosystem === 'rpm';
  return formatPurl({
    type,
    namespace: null,
    name: pkg.name,
    version,
    qualifiers: {
      ...(pkg.arch === null ? {} : { arch: pkg.arch.toUpperCase() }),
      ...(hasEpoch ? { epoch } : {}),
      ...(pkg.source === null ? {} : { upstream: upstreamOf(pkg.source, type) }),
    },
    subpath: null,
  });
}

// The file that the source package comes as.
function upstreamOf({ name, version }: NonNullable<Package['source']>, type: string): string {
  const plain = version.replace(/^\d{1,10}:/, '');
  return type === 'dpkg' || type === 'rpm' ? `${name}-${plain}.src.${type}` : name;
}

/** `DEBIAN_12` of an operating system, as the findings spell platforms; null where there is none. */
export function platformWord(os: OsRelease | null): string | null {
  if (os === null) return null;
  const text = os.versionId === null ? os.id : `${os.id}_${os.versionId}`;
  return text.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
}

export function detailText({ details }: SbomResource, name: string): string | null {
  const value = details[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
