import type { Package, PackageScope } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { hasName, shown } from '../read-text.ts';
import { childOf, childrenOf, parseXml, textOfChild, type XmlElement } from '../read-xml.ts';
import { isMavenPart, mavenPackage } from './maven-package.ts';
import { interpolate, propertiesOf } from './pom-properties.ts';

/**
 * The project file of Maven. It names what the project asks for itself; what its parents add lies elsewhere, so a
 * version that only they know is named as not assessed.
 * Source: https://maven.apache.org/pom.html
 */
export const mavenPom = {
  id: 'maven/pom',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['pom.xml'],
  wants: (path) => hasName(path, 'pom.xml'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const root = parseXml(file.bytes, file.path);
  if ('kind' in root) return { packages: [], problems: [root] };
  if (root.name !== 'project') {
    return { packages: [], problems: [problem('malformed', file.path, 'The root element is no project.')] };
  }
  const properties = propertiesOf(root);
  const managed = managedVersions(root, properties);
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const dependency of dependenciesOf(root)) {
    const read = readDependency(dependency, properties, managed, file.path);
    if ('purl' in read) packages.push(read);
    else problems.push(read);
  }
  return { packages, problems };
}

// Those of profiles count too: which profiles a build turns on is not written here.
function dependenciesOf(root: XmlElement): readonly XmlElement[] {
  const profiles = childrenOf(childOf(root, 'profiles'), 'profile');
  return [root, ...profiles].flatMap((owner) => childrenOf(childOf(owner, 'dependencies'), 'dependency'));
}

type Managed = { readonly version: string | null; readonly scope: string | null };

function managedVersions(
  root: XmlElement,
  properties: ReadonlyMap<string, string>,
): ReadonlyMap<string, Managed> {
  const managed = new Map<string, Managed>();
  const profiles = childrenOf(childOf(root, 'profiles'), 'profile');
  for (const owner of [root, ...profiles]) {
    const list = childOf(childOf(owner, 'dependencyManagement'), 'dependencies');
    for (const dependency of childrenOf(list, 'dependency')) {
      const key = keyOf(dependency, properties);
      const version = textOfChild(dependency, 'version');
      if (!managed.has(key)) managed.set(key, { version, scope: textOfChild(dependency, 'scope') });
    }
  }
  return managed;
}

function keyOf(dependency: XmlElement, properties: ReadonlyMap<string, string>): string {
  const part = (name: string) => interpolate(textOfChild(dependency, name) ?? '', properties) ?? '';
  return `${part('groupId')}:${part('artifactId')}`;
}

function readDependency(
  dependency: XmlElement,
  properties: ReadonlyMap<string, string>,
  managed: ReadonlyMap<string, Managed>,
  path: string,
): Package | Problem {
  const where = `${path}:${dependency.line}`;
  const key = keyOf(dependency, properties);
  const [group, artifact] = key.split(':');
  if (!isMavenPart(group) || !isMavenPart(artifact)) {
    return problem(
      'not-assessed',
      where,
      `The coordinates ${shown(key)} cannot be told from this file alone.`,
    );
  }
  const written = textOfChild(dependency, 'version') ?? managed.get(key)?.version ?? null;
  const version = written === null ? null : exactVersion(interpolate(written, properties));
  if (version === null) {
    const what =
      written === null ? 'is set by a parent or an imported list' : `"${shown(written)}" cannot be told`;
    return problem('not-assessed', where, `The version of ${shown(key)} ${what}.`);
  }
  const scope = textOfChild(dependency, 'scope') ?? managed.get(key)?.scope ?? null;
  return mavenPackage({
    group,
    artifact,
    version,
    path,
    line: dependency.line,
    scope: scopeOf(scope, textOfChild(dependency, 'optional')),
    relation: 'direct',
    attributes: { scope },
  });
}

// `[1.0]` asks for one version, every other range for any of many.
function exactVersion(version: string | null): string | null {
  const exact = /^\[([^,[\]()]+)\]$/.exec(version ?? '')?.[1] ?? version;
  return isMavenPart(exact) ? exact : null;
}

function scopeOf(scope: string | null, optional: string | null): PackageScope {
  if (scope === 'test') return 'test';
  return optional === 'true' ? 'optional' : 'runtime';
}
