import type { OsRelease } from '../../../model/os-release.ts';
import type { Package } from '../../../model/package.ts';
import { parsePurl } from '../../../model/purl.ts';
import type { ProblemList } from './problem-list.ts';
import names from './system-names.json' with { type: 'json' };

const otherNames: Readonly<Record<string, string>> = names;
const systemTypes: ReadonlySet<string> = new Set(['deb', 'rpm', 'apk', 'alpm', 'opkg']);
const nameLengthMax = 200;

/** Whether packages of a purl type come from a distribution and need it to be judged. */
export function isSystemType(type: string): boolean {
  return systemTypes.has(type);
}

/** The os-release `ID` of a system that is written by this name: `Amazon Linux` is `amzn`. */
export function systemId(name: string): string {
  const plain = name.slice(0, nameLengthMax).toLowerCase().toWellFormed().trim();
  return Object.hasOwn(otherNames, plain) ? (otherNames[plain] ?? plain) : plain;
}

/**
 * The system that the purls of its packages name, where the document names none. Most packages decide where they
 * disagree, and the rest is a problem: they would be judged by advisories that are not theirs.
 */
export function systemOfPackages(
  packages: readonly Package[],
  where: string,
  problems: ProblemList,
): OsRelease | null {
  const counts = new Map<string, { os: OsRelease; count: number }>();
  for (const { purl, ecosystem } of packages) {
    const os = isSystemType(ecosystem) ? systemOfPurl(purl) : null;
    if (os === null) continue;
    const key = JSON.stringify(os);
    const known = counts.get(key);
    if (known) known.count++;
    else counts.set(key, { os, count: 1 });
  }
  const [first, ...others] = [...counts.values()].sort((a, b) => b.count - a.count);
  if (first === undefined) return null;
  if (others.length > 0) {
    const label = `${first.os.id} ${first.os.versionId ?? first.os.codename ?? ''}`.trim();
    const rest = others.reduce((sum, { count }) => sum + count, 0);
    const why = `has packages of several systems; ${rest} of another than ${label} are judged as its`;
    problems.add('not-assessed', where, why);
  }
  return first.os;
}

/**
 * What one purl tells: `distro=debian-12`, `distro=bookworm` or `os_name=debian&os_version=12`. The namespace alone
 * names the distribution and not its release.
 */
function systemOfPurl(purl: string): OsRelease | null {
  const parts = parsePurl(purl);
  if (parts === null) return null;
  const { distro, os_name: name, os_version: version, os_distro: codename } = parts.qualifiers;
  if (name !== undefined) return release(name, version ?? null, codename ?? null);
  if (distro !== undefined) return systemOfQualifier(distro, parts.namespace);
  return parts.namespace === null ? null : release(parts.namespace, null, null);
}

function systemOfQualifier(distro: string, namespace: string | null): OsRelease {
  // The version starts at the last dash that a digit follows: `opensuse-leap-15.5`.
  const numbered = /^(.+)-(\d[^-]*)$/.exec(distro.slice(0, nameLengthMax));
  if (numbered) return release(numbered[1] ?? '', numbered[2] ?? '', null);
  const dash = distro.lastIndexOf('-');
  const before = distro.slice(0, Math.max(0, dash));
  if (namespace !== null && before === namespace)
    return { ...release(namespace, null, distro.slice(dash + 1)), prettyName: distro.replaceAll('-', ' ') };
  if (namespace === null || systemId(distro) === systemId(namespace)) return release(distro, null, null);
  return release(namespace, null, distro);
}

function release(name: string, versionId: string | null, codename: string | null): OsRelease {
  return { id: systemId(name), idLike: [], versionId, codename, prettyName: null };
}
