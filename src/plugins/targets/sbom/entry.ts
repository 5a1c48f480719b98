import type { Fields } from '../../../lib/fields.ts';
import type { Evidence, Package } from '../../../model/package.ts';
import { parsePurl } from '../../../model/purl.ts';
import { purlOfIdentity } from './identity.ts';
import { ownPackage } from './own-facts.ts';
import { noVersion, packageOfPurl } from './package-of-purl.ts';
import { type ProblemList, shown } from './problem-list.ts';

/** A component of any format, with what it says of itself. */
export type Entry = {
  /** What dependencies call it, or null when nothing can point to it. */
  readonly ref: string | null;
  /** `component` or `package`: the word of its format. */
  readonly noun: string;
  readonly group: string | null;
  readonly name: string | null;
  readonly version: string | null;
  readonly purls: readonly string[];
  readonly cpes: readonly string[];
  readonly swidTag: string | null;
  /** Addresses of the component itself: where it is distributed or described. */
  readonly links: readonly string[];
  /** What the document is about, or holds others together, and so need not be a package itself. */
  readonly isFrame: boolean;
  readonly evidence: readonly Evidence[];
  readonly source: Package['source'];
  readonly licences: readonly string[];
  readonly scope: Package['scope'];
  readonly attributes: Readonly<Record<string, string>>;
};

/** The packages that an entry stands for, mostly one. What cannot be one is a problem that names it. */
export function packagesOfEntry(entry: Entry, where: string, problems: ProblemList): readonly Package[] {
  const purls = entry.purls.filter((purl) => !isImage(purl, entry));
  if (purls.length > 0) return purls.flatMap((purl) => packageOf(purl, {}, entry, where, problems));
  if (entry.purls.length > 0) return [];
  const identity = purlOfIdentity(entry);
  if (identity !== null) return packageOf(identity.purl, identity.attributes, entry, where, problems);
  if (!entry.isFrame) {
    const why = 'has no purl, CPE or SWID, so no ecosystem is known and it is not assessed';
    problems.add('not-assessed', `${where}: ${labelOf(entry)}`, why);
  }
  return [];
}

/** The package of an entry that we wrote, from what stands beside it. */
export function ownPackages(
  entry: Entry,
  told: Fields,
  where: string,
  problems: ProblemList,
): readonly Package[] {
  const made = ownPackage(entry.purls[0] ?? '', told);
  if (typeof made !== 'string')
    return [made.evidence.length > 0 ? made : { ...made, evidence: entry.evidence }];
  problems.add('malformed', `${where}: ${labelOf(entry)}`, made);
  return [];
}

function packageOf(
  purlText: string,
  attributes: Readonly<Record<string, string>>,
  entry: Entry,
  where: string,
  problems: ProblemList,
): readonly Package[] {
  const { evidence, source, licences, scope, version } = entry;
  const made = packageOfPurl({
    purlText,
    evidence,
    source,
    licences,
    scope,
    version,
    attributes: { ...entry.attributes, ...attributes },
  });
  if (typeof made === 'string') {
    // The subject of a document is often a project without a version.
    const isExpected = entry.isFrame && made === noVersion;
    if (!isExpected) problems.add('malformed', `${where}: ${shown(purlText)}`, made);
    return [];
  }
  if (isRange(made.version)) {
    const why = `is asked for as '${shown(made.version)}', which is a range and no version`;
    problems.add('not-assessed', `${where}: ${shown(purlText)}`, why);
    return [];
  }
  return [made];
}

/** `component app 1.0`, for problems. */
export function labelOf({ noun, group, name, version, ref }: Entry): string {
  const named = name === null ? (ref ?? 'without a name') : group === null ? name : `${group}/${name}`;
  return `${noun} ${shown(named)}${version === null ? '' : ` ${shown(version)}`}`;
}

// An image that the document is about is what its packages lie in, and none itself.
function isImage(purl: string, entry: Entry): boolean {
  return entry.isFrame && parsePurl(purl)?.type === 'oci';
}

function isRange(version: string): boolean {
  return /^[<>=^~*!]/.test(version) || /[\s|]/.test(version);
}
