import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type Json, type JsonObject, objectOf, stringOf } from '../json-with-lines.ts';
import { shown } from '../read-text.ts';
import { parseToml } from '../read-toml.ts';
import { isMavenPart, mavenPackage } from './maven-package.ts';

/**
 * A version catalogue of Gradle: libraries and plugins that builds name by an alias, their versions often kept apart
 * in `[versions]`. A plugin is the artifact `<id>.gradle.plugin` of the group `<id>`.
 * Source: https://docs.gradle.org/current/userguide/version_catalogs.html
 */
export const mavenGradleCatalog = {
  id: 'maven/gradle-catalog',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  endings: ['.versions.toml'],
  wants: (path) => path.endsWith('.versions.toml'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

type Coordinate = { readonly group: string; readonly artifact: string; readonly version: Json | undefined };

function extract(file: ExtractorFile): Extraction {
  const document = parseToml(file.bytes, file.path);
  if ('kind' in document) return { packages: [], problems: [document] };
  const versions = objectOf(document.top.versions) ?? {};
  const packages: Package[] = [];
  const problems: Problem[] = [];
  const add = (alias: string, coordinate: Coordinate, scope: 'runtime' | 'dev') => {
    const read = readCoordinate(coordinate, versions, file.path, alias, scope);
    if ('purl' in read) packages.push(read);
    else problems.push(read);
  };
  for (const [alias, value] of Object.entries(objectOf(document.top.libraries) ?? {}))
    add(alias, libraryOf(value), 'runtime');
  for (const [alias, value] of Object.entries(objectOf(document.top.plugins) ?? {}))
    add(alias, pluginOf(value), 'dev');
  return { packages, problems };
}

// `"group:artifact:version"`, `{ module = "group:artifact", version = … }` or `{ group = …, name = …, version = … }`.
function libraryOf(value: Json): Coordinate {
  const short = stringOf(value);
  if (short !== null) {
    const [group = '', artifact = '', version] = short.split(':');
    return { group, artifact, version };
  }
  const entry = objectOf(value);
  const [group, artifact] = stringOf(entry?.module)?.split(':') ?? [
    stringOf(entry?.group),
    stringOf(entry?.name),
  ];
  return { group: group ?? '', artifact: artifact ?? '', version: entry?.version };
}

function pluginOf(value: Json): Coordinate {
  const short = stringOf(value)?.split(':');
  const entry = objectOf(value);
  const id = short?.[0] ?? stringOf(entry?.id) ?? '';
  return { group: id, artifact: `${id}.gradle.plugin`, version: short?.[1] ?? entry?.version };
}

function readCoordinate(
  { group, artifact, version }: Coordinate,
  versions: JsonObject,
  path: string,
  alias: string,
  scope: 'runtime' | 'dev',
): Package | Problem {
  if (!isMavenPart(group) || !isMavenPart(artifact)) {
    return problem('malformed', path, `The alias ${shown(alias)} names no group and artifact.`);
  }
  const exact = versionOf(version, versions);
  if (exact === null) {
    const why = `The version of ${group}:${artifact} (${shown(alias)}) is a range, set elsewhere, or not written.`;
    return problem('not-assessed', path, why);
  }
  return mavenPackage({ group, artifact, version: exact, path, scope, relation: 'direct' });
}

// A rich version names what it wants strictly, at least or best; only a single version tells what will be there.
function versionOf(version: Json | undefined, versions: JsonObject): string | null {
  const entry = objectOf(version);
  const reference = stringOf(entry?.ref);
  const named =
    reference === null ? version : Object.hasOwn(versions, reference) ? versions[reference] : null;
  const rich = objectOf(named);
  const written = rich === null ? stringOf(named) : richVersion(rich);
  const exact = written?.replace(/!!.*$/, '') ?? null;
  return isMavenPart(exact) && !exact.includes('+') && exact !== 'latest.release' ? exact : null;
}

function richVersion(rich: JsonObject): string | null {
  return stringOf(rich.strictly) ?? stringOf(rich.require) ?? stringOf(rich.prefer);
}
