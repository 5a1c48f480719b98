import { linesOf } from '../read-text.ts';
import groups from './known-groups.json' with { type: 'json' };
import { isMavenPart } from './maven-package.ts';

export type Coordinates = {
  readonly group: string | null;
  readonly artifact: string;
  readonly version: string;
};

/** Coordinates that were not stated but concluded, and from what. */
export type Guess = Coordinates & { readonly from: 'manifest' | 'file name' };

/** The coordinates of a `pom.properties`, or null unless all three are there. */
export function fromPomProperties(text: string): Coordinates | null {
  const values = new Map<string, string>();
  for (const line of linesOf(text)) {
    const found = /^\s*(groupId|artifactId|version)\s*[=:]\s*(\S*)\s*$/.exec(line);
    if (found?.[1] !== undefined && found[2] !== undefined) values.set(found[1], found[2]);
  }
  const group = values.get('groupId');
  const artifact = values.get('artifactId');
  const version = values.get('version');
  return isMavenPart(group) && isMavenPart(artifact) && isMavenPart(version)
    ? { group, artifact, version }
    : null;
}

/** The main section of a manifest. Long values go on in the next line behind a space. */
export function parseManifest(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let key = '';
  for (const line of linesOf(text)) {
    if (line === '') break;
    if (line.startsWith(' ')) {
      if (key !== '') fields.set(key, (fields.get(key) ?? '') + line.slice(1));
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    key = line.slice(0, colon).trim().toLowerCase();
    fields.set(key, line.slice(colon + 1).trim());
  }
  return fields;
}

/**
 * What a manifest, the name of its archive and folders inside it tell, or null when they name no library and version.
 */
export function fromManifest(
  manifest: ReadonlyMap<string, string>,
  fileName: string,
  folders: { readonly group: string; readonly artifact: string } | null,
): Guess | null {
  const named = splitFileName(fileName);
  const symbolic = (manifest.get('bundle-symbolicname') ?? '').split(';')[0]?.trim() ?? '';
  const stem = named?.artifact ?? fileName.replace(/\.[^.]+$/, '');
  const known = folders ?? knownBy(symbolic) ?? knownBy(stem) ?? knownBy(manifest.get('bundle-name') ?? '');
  const artifact = known?.artifact ?? named?.artifact ?? artifactOf(manifest, symbolic);
  const version = named?.version ?? versionOf(manifest);
  if (!isMavenPart(artifact) || !isMavenPart(version)) return null;
  const group = known?.group ?? groupOf(manifest, artifact, symbolic);
  return { group, artifact, version, from: named === null ? 'manifest' : 'file name' };
}

// `commons-lang3-3.11`: the version begins at the first hyphen before a digit.
function splitFileName(fileName: string): { readonly artifact: string; readonly version: string } | null {
  const stem = fileName.replace(/\.[^.]+$/, '');
  const found = /^([A-Za-z][A-Za-z0-9_.]*(?:-[A-Za-z][A-Za-z0-9_.]*)*)-(\d[A-Za-z0-9_.+-]*)$/.exec(stem);
  return found?.[1] !== undefined && found[2] !== undefined
    ? { artifact: found[1], version: found[2] }
    : null;
}

function artifactOf(manifest: ReadonlyMap<string, string>, symbolic: string): string | null {
  // Extensions of Jenkins name themselves.
  const own = manifest.get('extension-name') ?? manifest.get('short-name');
  if (isMavenPart(own)) return own;
  if (isMavenPart(symbolic)) return symbolic;
  const title = manifest.get('implementation-title') ?? manifest.get('specification-title') ?? '';
  return isMavenPart(title) ? title : null;
}

function versionOf(manifest: ReadonlyMap<string, string>): string | null {
  for (const field of [
    'implementation-version',
    'plugin-version',
    'bundle-version',
    'specification-version',
  ]) {
    const value = manifest.get(field)?.split(/\s/)[0];
    if (isMavenPart(value) && /^v?\d/.test(value)) return value;
  }
  return null;
}

// A vendor id that is a domain turned round; else the beginning of a dotted name, as bundles are often called
// after group and artifact.
function groupOf(manifest: ReadonlyMap<string, string>, artifact: string, symbolic: string): string | null {
  const vendor = manifest.get('group-id') ?? manifest.get('implementation-vendor-id');
  if (isMavenPart(vendor) && vendor.includes('.')) return vendor;
  if (symbolic.endsWith(`.${artifact}`)) return symbolic.slice(0, -artifact.length - 1);
  return artifact.split('.').length > 2 ? artifact.slice(0, artifact.lastIndexOf('.')) : null;
}

function knownBy(name: string): { readonly group: string; readonly artifact: string } | null {
  const found = Object.hasOwn(groups, name) ? (groups as Readonly<Record<string, string>>)[name] : undefined;
  const [group, artifact] = found?.split(':') ?? [];
  return group === undefined ? null : { group, artifact: artifact ?? name };
}
