import { compareNumbers, isDigits } from './digits.ts';
import { numberBytes } from './key-bytes.ts';
import { defineScheme, type Order } from './scheme.ts';
import { orderSemver, parseSemver, type SemverParts, semverKey } from './semver-parts.ts';

/**
 * Versions of Bitnami packages: a semantic version, and behind a hyphen the number of the rebuild. `1.2.3-4` is a
 * later build of 1.2.3, where semantic versioning would call it a pre-release.
 */
export const bitnami = defineScheme<BitnamiVersion>({
  id: 'bitnami',
  sources: ['https://github.com/bitnami/go-version', 'https://github.com/bitnami/vulndb'],
  lengthMax: 512,
  parse: parseBitnami,
  order: (left, right) => orderSemver(left.version, right.version) || orderRevision(left, right),
  keyOf: ({ version, revision }) => [...semverKey(version), ...numberBytes(revision)],
});

type BitnamiVersion = { readonly version: SemverParts; readonly revision: string };

function parseBitnami(text: string): BitnamiVersion | null {
  const version = parseSemver(text, { prefixes: 'v', numbersMax: 16, looseHyphen: false });
  if (version === null) return null;
  const [first = '', ...rest] = version.preRelease;
  const isRevision = rest.length === 0 && isDigits(first);
  return isRevision
    ? { version: { ...version, preRelease: [] }, revision: first }
    : { version, revision: '0' };
}

function orderRevision(left: BitnamiVersion, right: BitnamiVersion): Order {
  return compareNumbers(left.revision, right.revision);
}
