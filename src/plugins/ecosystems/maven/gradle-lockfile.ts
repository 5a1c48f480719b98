import type { Package } from '../../../model/package.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { baseName, linesOf, textOf } from '../read-text.ts';
import { isMavenPart, mavenPackage } from './maven-package.ts';

/**
 * The lock file of Gradle: `group:artifact:version=configurations` on each line.
 * Source: https://docs.gradle.org/current/userguide/dependency_locking.html
 */
export const mavenGradleLockfile = {
  id: 'maven/gradle-lockfile',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  endings: ['.lockfile'],
  wants: (path) =>
    path.endsWith('.lockfile') &&
    (['gradle.lockfile', 'buildscript-gradle.lockfile'].includes(baseName(path)) ||
      /(?:^|\/)dependency-locks\/[^/]+\.lockfile$/.test(path)),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const packages: Package[] = [];
  for (const [index, line] of linesOf(textOf(file.bytes)).entries()) {
    const [coordinates = '', configurations = ''] = line.trim().split('=');
    const [group, artifact, version] = coordinates.split(':');
    // Comments, and `empty=` with the configurations that lock nothing.
    if (!isMavenPart(group) || !isMavenPart(artifact) || !isMavenPart(version)) continue;
    const scope = scopeOf(configurations.split(','));
    packages.push(mavenPackage({ group, artifact, version, path: file.path, line: index + 1, scope }));
  }
  return { packages, problems: [] };
}

function scopeOf(configurations: readonly string[]): 'runtime' | 'test' {
  return configurations.every((name) => /^test|Test/.test(name)) ? 'test' : 'runtime';
}
