import { createHash } from 'node:crypto';
import type { Intelligence } from '../../intel/contract.ts';
import type { InventoryFacts } from '../../model/inventory.ts';
import type { Subject } from '../../model/match.ts';
import type { OsRelease } from '../../model/os-release.ts';
import type { Package } from '../../model/package.ts';
import type { Distro } from '../../plugins/distros/contract.ts';
import { distroFor } from '../../plugins/distros/registry.ts';
import { ecosystem } from '../../plugins/ecosystems/registry.ts';
import purlStreams from './purl-streams.json' with { type: 'json' };

/** A package made ready for matching, or the reason why it is listed and not judged. */
export type Prepared =
  | { readonly kind: 'subject'; readonly subject: Subject; readonly digest: string }
  | { readonly kind: 'set-aside'; readonly why: string; readonly isGap: boolean };

/**
 * What matching will look up for one package of an inventory. `isGap` tells a package that we cannot judge (unknown
 * distribution or ecosystem) from one that must not be judged here (owned by a distribution package, idle kernel).
 */
export function prepare(pkg: Package, os: OsRelease | null, facts: InventoryFacts): Prepared {
  const kind = ecosystem(pkg.ecosystem);
  if (kind?.isSystem) return prepareSystem(pkg, os, facts);
  if (pkg.owner !== null) {
    const why = `its files belong to the distribution's package ${pkg.owner}, which the distribution's advisories judge`;
    return { kind: 'set-aside', why, isGap: false };
  }
  // An ecosystem that we only know by its purl can still be looked up by name; its versions may not be comparable.
  const name = kind ? kind.normaliseName(pkg.name) : pkg.name;
  const stream = kind?.streamOf?.(pkg.name) ?? streamOf(pkg.ecosystem);
  return subjectOf(pkg, [{ stream, name, version: pkg.version }], null);
}

// An ecosystem's advisories are kept under its purl type, but for a few types that have none.
function streamOf(purlType: string): string {
  const streams: Readonly<Record<string, string>> = purlStreams;
  return Object.hasOwn(streams, purlType) ? (streams[purlType] ?? purlType) : purlType;
}

function prepareSystem(pkg: Package, os: OsRelease | null, facts: InventoryFacts): Prepared {
  if (!os) return gap('no os-release tells which distribution it belongs to');
  const distro = distroFor(os);
  if (!distro) return gap(`no plugin knows the distribution '${os.id}'`);
  if (distro.ecosystem !== pkg.ecosystem)
    return gap(`${distro.title} does not install ${pkg.ecosystem} packages`);
  const why = distro.setAside(pkg, facts);
  if (why !== null) return { kind: 'set-aside', why, isGap: false };
  const keys = distro.keysOf(pkg, os);
  if (keys.length === 0) return gap(`the release of ${distro.title} cannot be told from os-release`);
  return subjectOf(pkg, keys, distro);
}

function gap(why: string): Prepared {
  return { kind: 'set-aside', why, isGap: true };
}

function subjectOf(pkg: Package, keys: Subject['keys'], distro: Distro | null): Prepared {
  const subject: Subject = {
    ecosystem: pkg.ecosystem,
    name: pkg.name,
    version: pkg.version,
    arch: pkg.arch,
    keys,
    module: pkg.attributes.modularity ? moduleOf(pkg.attributes.modularity) : null,
    distro: distro?.id ?? null,
  };
  return { kind: 'subject', subject, digest: subjectDigest(subject) };
}

// A modularity label is name:stream:version:context; advisories speak of name:stream.
function moduleOf(label: string): string {
  return label.split(':').slice(0, 2).join(':');
}

/**
 * Whether any feed of a revision assesses the subject, so that silence means something. Streams that it is only
 * asked for the flaws of another distribution do not count.
 */
export function isAssessed(subject: Subject, intelligence: Pick<Intelligence, 'stream'>): boolean {
  return subject.keys.some(({ stream, takes }) => takes !== 'open' && intelligence.stream(stream) !== null);
}

/** The stream to name where none is assessed: the release as a whole, not a line inside it. */
export function mainStream({ keys, ecosystem: fallback }: Subject): string {
  const streams = keys.flatMap(({ stream, takes }) => (takes === 'open' ? [] : [stream]));
  return streams.toSorted((a, b) => a.length - b.length)[0] ?? fallback;
}

/** Equal for equal subjects; 32 hex digits. */
export function subjectDigest(subject: Subject): string {
  return createHash('sha256').update(JSON.stringify(subject)).digest('hex').slice(0, 32);
}
