import type { Ecosystem } from '../contract.ts';
import { mavenGradleLockfile } from './gradle-lockfile.ts';
import { mavenJar } from './jar.ts';
import { mavenPom } from './pom.ts';

/** Java packages of Maven repositories. */
export const maven = {
  id: 'maven',
  scheme: 'maven',
  isSystem: false,
  sources: [
    'https://maven.apache.org/pom.html',
    'https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html',
  ],
  normaliseName: (name) => name,
  extractors: [mavenJar, mavenPom, mavenGradleLockfile],
} satisfies Ecosystem;
