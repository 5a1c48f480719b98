import type { Package } from '../../../model/package.ts';
import type { ExtractorFile, OwnedFiles } from '../contract.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { distroQualifier, upstreamQualifier } from '../system-purl.ts';
import { type RpmHeader, tags } from './header.ts';

/** What is known of one installed rpm, however it was stored. */
export type RpmFacts = {
  readonly name: string;
  readonly epoch: number | null;
  /** `version-release`. */
  readonly built: string;
  readonly arch: string | null;
  readonly sourceRpm: string | null;
  readonly vendor: string | null;
  readonly licence: string | null;
  readonly modularityLabel: string | null;
};

/** The facts of a header, or null when it does not even name a package and a version. */
export function factsOf(header: RpmHeader): RpmFacts | null {
  const name = header.text(tags.name);
  const version = header.text(tags.version);
  const release = header.text(tags.release);
  if (!isNameLike(name) || !isNameLike(version) || !isNameLike(release)) return null;
  return {
    name,
    epoch: header.numbers(tags.epoch)[0] ?? null,
    built: `${version}-${release}`,
    arch: header.text(tags.arch),
    sourceRpm: header.text(tags.sourceRpm),
    vendor: header.text(tags.vendor),
    licence: header.text(tags.license),
    modularityLabel: header.text(tags.modularityLabel),
  };
}

export function rpmPackage(facts: RpmFacts, file: ExtractorFile): Package {
  const epoch = facts.epoch === null || facts.epoch === 0 ? null : facts.epoch;
  const version = epoch === null ? facts.built : `${epoch}:${facts.built}`;
  const source = sourceOf(facts.sourceRpm, facts.built, epoch);
  // `gpg-pubkey`, the keys that rpm keeps as packages, has no architecture.
  const arch = facts.arch === null || facts.arch === '(none)' ? null : facts.arch;
  return packageOf({
    ecosystem: 'rpm',
    namespace: file.os?.id ?? null,
    purlName: facts.name,
    version,
    purlVersion: facts.built,
    qualifiers: {
      arch,
      epoch: epoch === null ? null : String(epoch),
      distro: distroQualifier(file.os),
      upstream: upstreamQualifier(facts.name, version, source),
    },
    arch,
    source,
    path: file.path,
    licences: facts.licence ? [facts.licence] : [],
    attributes: {
      vendor: facts.vendor === '(none)' ? null : facts.vendor,
      modularity: moduleOf(facts.modularityLabel),
      modularityLabel: facts.modularityLabel === '(none)' ? null : facts.modularityLabel,
      sourceRpm: facts.sourceRpm === '(none)' ? null : facts.sourceRpm,
    },
  });
}

const fileNameLengthMax = 512;

// `glibc-2.34-60.el9.src.rpm`. The file name has no epoch: a package built at the source's own version shares it.
function sourceOf(fileName: string | null, built: string, epoch: number | null): Package['source'] {
  if (fileName === null || fileName.length > fileNameLengthMax) return null;
  const found = /^(.+)-([^-]+)-([^-]+)\.(?:no)?src\.rpm$/.exec(fileName);
  if (found === null) return null;
  const [, name = '', version = '', release = ''] = found;
  const sourceBuilt = `${version}-${release}`;
  return { name, version: epoch !== null && sourceBuilt === built ? `${epoch}:${sourceBuilt}` : sourceBuilt };
}

// `nodejs:18:8080020230301:63b34585` belongs to stream 18 of module nodejs; the rest names the build.
function moduleOf(label: string | null): string | null {
  const [name, stream] = (label ?? '').split(':');
  return name && stream ? `${name}:${stream}` : null;
}

const stateNormal = 0;
const typeMask = 0o170000;
const typeFolder = 0o040000;

/** The files of a package that really were installed, without its folders. */
export function ownedFiles(header: RpmHeader, name: string): OwnedFiles {
  const states = header.numbers(tags.fileStates);
  const modes = header.numbers(tags.fileModes);
  const paths: string[] = [];
  for (const [index, path] of pathsOf(header).entries()) {
    if ((states[index] ?? stateNormal) !== stateNormal) continue;
    if (((modes[index] ?? 0) & typeMask) === typeFolder) continue;
    paths.push(path.replace(/^\/+/, ''));
  }
  return { name, paths };
}

// Names are kept in parts to save room; very old packages keep them whole.
function pathsOf(header: RpmHeader): readonly string[] {
  const names = header.texts(tags.baseNames);
  if (names.length === 0) return header.texts(tags.oldFileNames);
  const folders = header.texts(tags.dirNames);
  const indexes = header.numbers(tags.dirIndexes);
  return names.map((name, index) => `${folders[indexes[index] ?? 0] ?? ''}${name}`);
}
