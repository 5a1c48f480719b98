import type { Evidence, Package } from '../../../model/package.ts';
import { formatPurl, type PurlParts, parsePurl } from '../../../model/purl.ts';

export type PurlPackage = {
  readonly purlText: string;
  readonly evidence: readonly Evidence[];
  /** The source package when the document says it outside the purl. */
  readonly source: { readonly name: string; readonly version: string } | null;
  readonly licences: readonly string[];
  readonly scope: Package['scope'];
  /** The version beside the purl, for purls that have none. */
  readonly version?: string | null;
  readonly attributes?: Readonly<Record<string, string>>;
};

// Types whose full name has the namespace in front, and what stands between.
const joiners: Readonly<Record<string, string>> = {
  maven: ':',
  generic: '/',
  npm: '/',
  golang: '/',
  composer: '/',
  hex: '/',
  swift: '/',
};
// Inspector names Debian packages after their manager.
const otherNames: Readonly<Record<string, string>> = { dpkg: 'deb' };

/** The longest that `parsePurl` takes. Escaped a purl may be longer than it was, and would not be read again. */
export const purlLengthMax = 4096;

/** Why a purl past `purlLengthMax` is no package. */
export const tooLong = `its purl is longer than ${purlLengthMax} characters`;

/** Why a purl without a version is no package. */
export const noVersion = 'its purl has no version';

/** A package from its purl, or the reason why it cannot be one. */
export function packageOfPurl(options: PurlPackage): Package | string {
  const read = parsePurl(options.purlText.toWellFormed());
  if (!read) return 'its purl is malformed';
  const parts = mended(read, options.version ?? null);
  if (!parts.version) return noVersion;
  const joiner = joiners[parts.type];
  const name = joiner && parts.namespace ? `${parts.namespace}${joiner}${parts.name}` : parts.name;
  const attributes: Record<string, string> = { ...options.attributes };
  if (parts.qualifiers.rpmmod) attributes.modularity = parts.qualifiers.rpmmod;
  if (parts.namespace && parts.qualifiers.distro) attributes.distro = parts.qualifiers.distro;
  const purl = formatPurl(parts);
  if (purl.length > purlLengthMax) return tooLong;
  return {
    purl,
    ecosystem: parts.type,
    name,
    version: versionOf(parts, parts.version),
    arch: parts.qualifiers.arch ?? null,
    source: options.source ?? upstreamOf(parts),
    evidence: options.evidence,
    scope: options.scope,
    relation: null,
    introducedBy: [],
    owner: null,
    licences: options.licences,
    attributes,
  };
}

function mended(parts: PurlParts, version: string | null): PurlParts {
  const type = otherNames[parts.type] ?? parts.type;
  // Some tools escape the slash between namespace and name.
  const slash = joiners[type] === '/' && parts.namespace === null ? parts.name.lastIndexOf('/') : -1;
  return {
    ...parts,
    type,
    ...(slash > 0 ? { namespace: parts.name.slice(0, slash), name: parts.name.slice(slash + 1) } : {}),
    version: parts.version ?? version?.toWellFormed() ?? null,
  };
}

// A purl keeps the epoch of rpm and deb apart from the version.
function versionOf(parts: PurlParts, version: string): string {
  const epoch = parts.qualifiers.epoch;
  return epoch && epoch !== '0' && !version.includes(':') ? `${epoch}:${version}` : version;
}

function upstreamOf(parts: PurlParts): Package['source'] {
  const upstream = parts.qualifiers.upstream;
  if (!upstream || !parts.version) return null;
  const at = upstream.lastIndexOf('@');
  const name = at > 0 ? upstream.slice(0, at) : upstream;
  const version = at > 0 ? upstream.slice(at + 1) : versionOf(parts, parts.version);
  // rpm writes the file name of the source package.
  const rpm = /^(.+)-([^-]+)-([^-]+)\.src\.rpm$/.exec(upstream.length < 512 ? upstream : '');
  return rpm?.[1] ? { name: rpm[1], version: `${rpm[2]}-${rpm[3]}` } : { name, version };
}
