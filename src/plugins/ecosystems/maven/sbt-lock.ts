import type { Package, PackageScope } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { readJsonObject } from '../read-json.ts';
import { hasName } from '../read-text.ts';
import { isMavenPart, mavenPackage } from './maven-package.ts';

/**
 * The lock file of the plugin sbt-dependency-lock, which names the configurations that need each module.
 * Source: https://github.com/stringbean/sbt-dependency-lock
 */
export const mavenSbtLock = {
  id: 'maven/sbt-lock',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  names: ['build.sbt.lock'],
  endings: ['.sbt.lock'],
  wants: (path) => path.endsWith('.sbt.lock') || hasName(path, 'build.sbt.lock'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const read = readJsonObject(file);
  if ('kind' in read) return { packages: [], problems: [read] };
  if (!Array.isArray(read.top.dependencies)) {
    return { packages: [], problems: [problem('malformed', file.path, 'The file lists no dependencies.')] };
  }
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const [index, value] of read.top.dependencies.entries()) {
    const entry = objectOf(value);
    const [group, artifact, version] = ['org', 'name', 'version'].map((key) => stringOf(entry?.[key]));
    const line = entry === null ? null : read.document.lineOf(entry, 'org');
    if (isMavenPart(group) && isMavenPart(artifact) && isMavenPart(version)) {
      const scope = scopeOf(listOf(entry?.configurations).map(stringOf));
      packages.push(mavenPackage({ group, artifact, version, path: file.path, line, scope }));
    } else {
      const why = `Dependency ${index + 1} has no organisation, name or version.`;
      problems.push(problem('malformed', file.path, why));
    }
  }
  return { packages, problems };
}

function scopeOf(configurations: readonly (string | null)[]): PackageScope {
  return configurations.some((name) => name === 'compile' || name === 'runtime') ? 'runtime' : 'test';
}
