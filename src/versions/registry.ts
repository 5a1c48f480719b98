import { alpm } from './alpm.ts';
import { apk } from './apk.ts';
import { bitnami } from './bitnami.ts';
import { cargo } from './cargo.ts';
import { composer } from './composer.ts';
import type { VersionScheme } from './contract.ts';
import { cran } from './cran.ts';
import { deb } from './deb.ts';
import { gem } from './gem.ts';
import { go } from './go.ts';
import { hackage } from './hackage.ts';
import { maven } from './maven.ts';
import { nuget } from './nuget.ts';
import { openssl } from './openssl.ts';
import { pep440 } from './pep440.ts';
import { pub } from './pub.ts';
import { rpm } from './rpm.ts';
import { semver } from './semver.ts';

/** Every version scheme, by id. */
export const versionSchemes: readonly VersionScheme[] = [
  alpm,
  apk,
  bitnami,
  cargo,
  composer,
  cran,
  deb,
  gem,
  go,
  hackage,
  maven,
  nuget,
  openssl,
  pep440,
  pub,
  rpm,
  semver,
];

const byId = new Map(versionSchemes.map((scheme) => [scheme.id, scheme]));

/** The scheme of that id, or null when there is none: such versions cannot be compared. */
export function versionScheme(id: string): VersionScheme | null {
  return byId.get(id) ?? null;
}
