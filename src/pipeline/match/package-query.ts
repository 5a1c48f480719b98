import type { Comparison } from '../../model/match.ts';
import { ecosystem } from '../../plugins/ecosystems/registry.ts';
import { versionScheme } from '../../versions/registry.ts';
import { compare } from './statement.ts';

/** Packages of a name, perhaps in a range of versions: `deb/xz-utils >=5.6.0 <5.6.2`. */
export type PackageQuery = {
  readonly ecosystem: string;
  /** As the ecosystem normalises it. */
  readonly name: string;
  readonly bounds: readonly { readonly op: Comparison['op'] | '>'; readonly version: string }[];
};

const boundsMax = 20;
const lengthMax = 500;

/** Reads a query, or answers what is wrong with it. */
export function parsePackageQuery(text: string): PackageQuery | string {
  if (text.length > lengthMax) return `a query has at most ${lengthMax} characters`;
  const [subject = '', ...rest] = text.trim().split(/\s+/);
  const slash = subject.indexOf('/');
  const id = subject.slice(0, Math.max(0, slash));
  const kind = ecosystem(id);
  if (!kind)
    return `'${subject}' does not begin with an ecosystem and a slash, as deb/xz-utils or npm/@scope/name`;
  const name = subject.slice(slash + 1);
  if (!name) return 'the name of the package is missing';
  if (rest.length > boundsMax) return `a query has at most ${boundsMax} bounds`;
  const bounds: { op: Comparison['op'] | '>'; version: string }[] = [];
  // `>= 1.0` and `>=1.0` are the same.
  for (const part of rest
    .join(' ')
    .replace(/([<>=]) +/g, '$1')
    .split(' ')
    .filter(Boolean)) {
    const found = /^(<=|>=|<|>|=)(.+)$/.exec(part);
    if (!found?.[1] || !found[2]) return `'${part}' is not a bound like >=5.6.0 or <5.6.2`;
    const scheme = versionScheme(kind.scheme);
    if (scheme && !scheme.isValid(found[2])) return `'${found[2]}' is not a version of ${kind.scheme}`;
    bounds.push({ op: found[1] as Comparison['op'] | '>', version: found[2] });
  }
  return { ecosystem: id, name: kind.normaliseName(name), bounds };
}

/** Whether a version lies within all bounds; null when that cannot be told. */
export function isWithin(version: string, query: PackageQuery): boolean | null {
  const scheme = versionScheme(ecosystem(query.ecosystem)?.scheme ?? '');
  let known: boolean | null = true;
  for (const { op, version: bound } of query.bounds) {
    const { holds } = op === '>' ? compare(bound, '<', version, scheme) : compare(version, op, bound, scheme);
    if (holds === false) return false;
    if (holds === null) known = null;
  }
  return known;
}
