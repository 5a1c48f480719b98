import type { Ecosystem } from '../contract.ts';
import { mavenGradleCatalog } from './gradle-catalog.ts';
import { mavenGradleLockfile } from './gradle-lockfile.ts';
import { mavenGradleVerification } from './gradle-verification.ts';
import { mavenJar } from './jar.ts';
import { mavenPom } from './pom.ts';
import { mavenSbtLock } from './sbt-lock.ts';

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
  extractors: [
    mavenJar,
    mavenPom,
    mavenGradleLockfile,
    mavenGradleVerification,
    mavenGradleCatalog,
    mavenSbtLock,
  ],
} satisfies Ecosystem;
