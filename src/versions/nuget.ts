import { defineScheme, type Order } from './scheme.ts';
import { orderNumbers, orderPreRelease, parseSemver, type SemverParts, semverKey } from './semver-parts.ts';

/** Versions of .NET packages: up to four numbers, missing ones zero; pre-releases are compared without case. */
export const nuget = defineScheme<SemverParts>({
  id: 'nuget',
  sources: ['https://learn.microsoft.com/en-us/nuget/concepts/package-versioning'],
  lengthMax: 512,
  parse: (text) => parseSemver(text.toLowerCase(), { prefixes: '', numbersMax: 4, looseHyphen: false }),
  order: orderNuget,
  keyOf: semverKey,
});

function orderNuget(left: SemverParts, right: SemverParts): Order {
  return orderNumbers(left.numbers, right.numbers) || orderPreRelease(left.preRelease, right.preRelease);
}
