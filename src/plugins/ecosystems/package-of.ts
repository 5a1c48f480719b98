import type { Package, PackageScope } from '../../model/package.ts';
import { formatPurl } from '../../model/purl.ts';

/** What an extractor found out; everything else of a package gets its absent value. */
export type Found = {
  /** Ecosystem id, which is the purl type. */
  readonly ecosystem: string;
  readonly namespace: string | null;
  /** The name inside the namespace, as the purl wants it. */
  readonly purlName: string;
  /** The full coordinate, when it is not the purl name. */
  readonly name?: string;
  readonly version: string;
  /** The version as the purl wants it, when it is not the version. */
  readonly purlVersion?: string;
  readonly qualifiers?: Readonly<Record<string, string | null>>;
  /** Part of the package that the purl means (a Go module's subpackage). */
  readonly subpath?: string | null;
  readonly arch?: string | null;
  readonly source?: { readonly name: string; readonly version: string } | null;
  readonly path: string;
  readonly line?: number | null;
  readonly scope?: PackageScope | null;
  readonly relation?: 'direct' | 'transitive' | null;
  readonly introducedBy?: readonly string[];
  readonly licences?: readonly string[];
  readonly attributes?: Readonly<Record<string, string | null>>;
};

/** A package of the model from what was found, with its purl. */
export function packageOf(found: Found): Package {
  return {
    purl: formatPurl({
      type: found.ecosystem,
      namespace: found.namespace,
      name: found.purlName,
      version: found.purlVersion ?? withoutMark(found.version),
      qualifiers: withoutNulls(found.qualifiers),
      subpath: found.subpath ?? null,
    }),
    ecosystem: found.ecosystem,
    name: found.name ?? found.purlName,
    version: found.version,
    arch: found.arch ?? null,
    source: found.source ?? null,
    evidence: [{ path: found.path, layer: null, line: found.line ?? null }],
    scope: found.scope ?? null,
    relation: found.relation ?? null,
    introducedBy: found.introducedBy ?? [],
    owner: null,
    licences: found.licences ?? [],
    attributes: withoutNulls(found.attributes),
  };
}

const commitMark = 'git+';

/**
 * The version of a package that is only known by its commit. The mark keeps it out of every order: a commit of
 * digits would otherwise read as a version.
 */
export function commitVersion(commit: string): string {
  return commitMark + commit;
}

function withoutMark(version: string): string {
  return version.startsWith(commitMark) ? version.slice(commitMark.length) : version;
}

function withoutNulls(values: Readonly<Record<string, string | null>> | undefined): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(values ?? {})) if (value) kept[key] = value;
  return kept;
}

// Names and versions of outside data: longer ones are no names, and control characters break every later line.
const nameLengthMax = 512;

/** Whether a text can be a name or a version: neither empty nor endless, and without spaces or control characters. */
export function isNameLike(text: string | null | undefined): text is string {
  if (text === null || text === undefined || text === '' || text.length > nameLengthMax) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 32 || code === 127) return false;
  }
  return true;
}
