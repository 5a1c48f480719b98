import { formatPurl, parsePurl } from '../../../model/purl.ts';
import type { Entry } from './entry.ts';
import hosts from './link-hosts.json' with { type: 'json' };

export type Identity = { readonly purl: string; readonly attributes: Readonly<Record<string, string>> };

const types: Readonly<Record<string, string>> = hosts;
const linkLengthMax = 4096;

/**
 * A purl for a component that gives none, from what else names it, most telling first: a purl among its links, the
 * package registry that a link leads to, its CPE, its SWID tag. Null when nothing does.
 */
export function purlOfIdentity(entry: Entry): Identity | null {
  const linked = entry.links.find((link) => parsePurl(link) !== null);
  if (linked !== undefined) return { purl: linked, attributes: {} };
  return purlOfRegistry(entry) ?? purlOfCpe(entry) ?? purlOfSwid(entry);
}

function purlOfRegistry({ links, group, name, version }: Entry): Identity | null {
  if (name === null || version === null) return null;
  for (const link of links) {
    const type = typeOfLink(link);
    // A Maven artifact means nothing without its group.
    if (type === null || (type === 'maven' && group === null)) continue;
    const slash = group === null ? name.lastIndexOf('/') : -1;
    const namespace = slash > 0 ? name.slice(0, slash) : group;
    const last = slash > 0 ? name.slice(slash + 1) : name;
    return { purl: purl(type, namespace, last, version, {}), attributes: {} };
  }
  return null;
}

// The registry's name or any below it: `files.pythonhosted.org`.
function typeOfLink(link: string): string | null {
  if (link.length > linkLengthMax || !URL.canParse(link)) return null;
  const { hostname, pathname } = new URL(link);
  if (pathname.length < 2) return null;
  const labels = hostname.split('.').slice(-5);
  for (let at = 0; at < labels.length; at++) {
    const type = types[labels.slice(at).join('.')];
    if (type !== undefined) return type;
  }
  return null;
}

/** `generic`: a CPE tells who made it and not how it is packaged. */
function purlOfCpe(entry: Entry): Identity | null {
  for (const cpe of entry.cpes) {
    const parts = partsOfCpe(cpe);
    if (parts === null) continue;
    const version = parts.version ?? entry.version;
    if (version === null) continue;
    return { purl: purl('generic', null, entry.name ?? parts.product, version, {}), attributes: { cpe } };
  }
  return null;
}

/** Vendor, product and version of a CPE 2.3 or 2.2 name. Source: https://nvlpubs.nist.gov/nistpubs/Legacy/IR/nistir7695.pdf */
function partsOfCpe(cpe: string): { readonly product: string; readonly version: string | null } | null {
  if (cpe.length > linkLengthMax) return null;
  const parts = cpe.startsWith('cpe:2.3:')
    ? splitEscaped(cpe.slice('cpe:2.3:'.length))
    : /^cpe:\/[aoh]:/i.test(cpe)
      ? cpe.slice('cpe:/'.length).split(':').map(decoded)
      : [];
  const [, , product = '', version = ''] = parts;
  if (product === '' || product === '*' || product === '-') return null;
  return { product, version: version === '' || version === '*' || version === '-' ? null : version };
}

function splitEscaped(text: string): readonly string[] {
  return text.split(/(?<!\\):/).map((part) => part.replace(/\\(.)/gs, '$1'));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Source: https://github.com/package-url/purl-spec/blob/main/types-doc/swid-definition.md */
function purlOfSwid({ swidTag, name, version }: Entry): Identity | null {
  if (swidTag === null || name === null || version === null) return null;
  return { purl: purl('swid', null, name, version, { tag_id: swidTag }), attributes: {} };
}

function purl(
  type: string,
  namespace: string | null,
  name: string,
  version: string,
  qualifiers: Readonly<Record<string, string>>,
): string {
  const whole = Object.fromEntries(
    Object.entries(qualifiers).map(([key, value]) => [key, value.toWellFormed()]),
  );
  return formatPurl({
    type,
    namespace: namespace?.toWellFormed() ?? null,
    name: name.toWellFormed(),
    version: version.toWellFormed(),
    qualifiers: whole,
    subpath: null,
  });
}
