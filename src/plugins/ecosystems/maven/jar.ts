import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { baseName } from '../read-text.ts';
import { readZip, unzip, type ZipBudget, type ZipEntry } from '../zip.ts';
import { type Coordinates, fromManifest, fromPomProperties, parseManifest } from './jar-coordinates.ts';
import { mavenPackage } from './maven-package.ts';

/**
 * Java archives and the archives inside them. What an archive is stands in `pom.properties`; a shaded archive holds
 * several. Where there is none, the manifest and the file's name are asked.
 * Source: https://maven.apache.org/shared/maven-archiver/ and
 * https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html
 */
export const mavenJar = {
  id: 'maven/jar',
  version: 1,
  sizeMaxBytes: 512 * 1024 * 1024,
  wants: (path) => isArchive(path) && !/-(?:sources|javadoc)\.jar$/i.test(path),
  extract,
} satisfies Extractor;

const point = 0x2e;
const depthMax = 4;
const unpackedMaxBytes = 1024 * 1024 * 1024;
const entriesMax = 1_000_000;
const propertiesMaxBytes = 1024 * 1024;

function isArchive(path: string): boolean {
  // Three letters, or the four of `lpkg`, behind a point.
  if (path.charCodeAt(path.length - 4) !== point && path.charCodeAt(path.length - 5) !== point) return false;
  return /\.(?:jar|war|ear|par|hpi|jpi|sar|lpkg)$/i.test(path);
}

type Walk = {
  readonly budget: ZipBudget;
  readonly packages: Package[];
  readonly problems: Problem[];
};

function extract(file: ExtractorFile): Extraction {
  const walk: Walk = {
    budget: { bytesLeft: unpackedMaxBytes, entriesLeft: entriesMax },
    packages: [],
    problems: [],
  };
  readArchive(walk, file.bytes, file.path, 0);
  return { packages: walk.packages, problems: walk.problems };
}

function readArchive(walk: Walk, bytes: Uint8Array, path: string, depth: number): void {
  const archive = readZip(bytes, path, walk.budget);
  if ('kind' in archive) {
    walk.problems.push(archive);
    return;
  }
  walk.problems.push(...archive.problems);
  addOwnPackages(walk, bytes, archive.entries, path);
  for (const entry of archive.entries) {
    if (!mavenJar.wants(entry.name)) continue;
    const inner = `${path}!/${entry.name}`;
    if (depth + 1 > depthMax) {
      const why = `Archives inside archives are read to depth ${depthMax}.`;
      walk.problems.push(problem('limit', inner, why, 'archiveDepthMax'));
      continue;
    }
    const content = unzip(bytes, entry, inner, walk.budget);
    if ('kind' in content) walk.problems.push(content);
    else readArchive(walk, content, inner, depth + 1);
  }
}

function addOwnPackages(walk: Walk, bytes: Uint8Array, entries: readonly ZipEntry[], path: string): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    if (!/(?:^|\/)pom\.properties$/.test(entry.name)) continue;
    const text = readSmall(walk, bytes, entry, path);
    const coordinates = text === null ? null : fromPomProperties(text);
    if (coordinates === null) {
      if (text !== null)
        walk.problems.push(problem('malformed', `${path}!/${entry.name}`, 'It names no Maven coordinates.'));
    } else if (!seen.has(keyOf(coordinates))) {
      seen.add(keyOf(coordinates));
      walk.packages.push(mavenPackage({ ...coordinates, path }));
    }
  }
  if (seen.size === 0) addGuessed(walk, bytes, entries, path);
}

function keyOf({ group, artifact, version }: Coordinates): string {
  return `${group}:${artifact}:${version}`;
}

function addGuessed(walk: Walk, bytes: Uint8Array, entries: readonly ZipEntry[], path: string): void {
  // Archives that only hold others, and those of applications, are no library.
  const hasClasses = entries.some((entry) => entry.name.endsWith('.class'));
  const manifest = entries.find((entry) => entry.name.toUpperCase() === 'META-INF/MANIFEST.MF');
  const text = manifest === undefined ? null : readSmall(walk, bytes, manifest, path);
  const coordinates = fromManifest(parseManifest(text ?? ''), baseName(path), namedByFolders(entries));
  if (coordinates === null) {
    if (hasClasses) {
      const why =
        'Neither pom.properties nor the manifest nor the name of the file tells which library this is.';
      walk.problems.push(problem('not-assessed', path, why));
    }
    return;
  }
  walk.packages.push(mavenPackage({ ...coordinates, path, attributes: { identifiedBy: coordinates.from } }));
  if (coordinates.group !== null) return;
  const why = `The Maven group of ${coordinates.artifact} ${coordinates.version} is not told, so no advisory can be matched.`;
  walk.problems.push(problem('not-assessed', path, why));
}

// Folders that builds name after group and artifact: `META-INF/native-image/<group>/<artifact>/`. More than one such
// pair comes from merged archives and tells nothing of this one.
function namedByFolders(
  entries: readonly ZipEntry[],
): { readonly group: string; readonly artifact: string } | null {
  const pairs = new Set<string>();
  for (const { name } of entries) {
    const [, group, artifact] =
      /^META-INF\/(?:maven|native-image)\/([^/]{1,256})\/([^/]{1,256})\//.exec(name) ?? [];
    if (group !== undefined && artifact !== undefined) pairs.add(`${group}:${artifact}`);
    if (pairs.size > 1) return null;
  }
  const [group, artifact] = [...pairs][0]?.split(':') ?? [];
  return group === undefined || artifact === undefined ? null : { group, artifact };
}

const decoder = new TextDecoder('utf-8');

function readSmall(walk: Walk, bytes: Uint8Array, entry: ZipEntry, path: string): string | null {
  const where = `${path}!/${entry.name}`;
  if (entry.size > propertiesMaxBytes) {
    walk.problems.push(
      problem('limit', where, `The file of ${entry.size} bytes is not read.`, 'propertiesMaxBytes'),
    );
    return null;
  }
  const content = unzip(bytes, entry, where, walk.budget);
  if (!('kind' in content)) return decoder.decode(content);
  walk.problems.push(content);
  return null;
}
