import { defineScheme, type Order } from './scheme.ts';
import {
  identifiersKey,
  orderIdentifiers,
  orderSemver,
  parseSemver,
  type SemverParts,
  semverKey,
} from './semver-parts.ts';

/** Versions of Dart packages: semantic versions that are also ordered by their build, none being the lowest. */
export const pub = defineScheme<SemverParts>({
  id: 'pub',
  sources: ['https://dart.dev/tools/pub/versioning#semantic-versions'],
  lengthMax: 512,
  parse: (text) => parseSemver(text, { prefixes: 'v', numbersMax: 16, looseHyphen: false }),
  order: orderPub,
  keyOf: (version) => [...semverKey(version), ...identifiersKey(version.build)],
});

function orderPub(left: SemverParts, right: SemverParts): Order {
  return orderSemver(left, right) || orderIdentifiers(left.build, right.build);
}
