import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { hasName, shown } from '../read-text.ts';
import { childOf, childrenOf, parseXml } from '../read-xml.ts';
import { isMavenPart, mavenPackage } from './maven-package.ts';

/**
 * The checksums by which Gradle verifies what it downloads: every component of the build, its plugins included, with
 * every version that was ever verified and not taken out again.
 * Source: https://docs.gradle.org/current/userguide/dependency_verification.html
 */
export const mavenGradleVerification = {
  id: 'maven/gradle-verification',
  version: 1,
  sizeMaxBytes: 64 * 1024 * 1024,
  names: ['verification-metadata.xml'],
  wants: (path) => hasName(path, 'verification-metadata.xml'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const root = parseXml(file.bytes, file.path);
  if ('kind' in root) return { packages: [], problems: [root] };
  if (root.name !== 'verification-metadata') {
    const why = 'The root element is no verification-metadata.';
    return { packages: [], problems: [problem('malformed', file.path, why)] };
  }
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const component of childrenOf(childOf(root, 'components'), 'component')) {
    const { group, name, version } = component.attributes;
    const line = component.line;
    if (isMavenPart(group) && isMavenPart(name) && isMavenPart(version)) {
      packages.push(mavenPackage({ group, artifact: name, version, path: file.path, line }));
    } else {
      const what = shown(`${group ?? ''}:${name ?? ''}:${version ?? ''}`);
      problems.push(
        problem('malformed', `${file.path}:${line}`, `${what} is no component with its version.`),
      );
    }
  }
  return { packages, problems };
}
