import { defineScheme } from './scheme.ts';
import { orderSemver, parseSemver, type SemverParts, semverKey } from './semver-parts.ts';

/**
 * Semantic versions in 2.0.0 order. Reads what npm and OSV write besides: a leading `v` or `=`, missing minor and
 * patch numbers (`0` as the lowest bound), more than three numbers, a pre-release without its hyphen.
 */
export const semver = defineScheme<SemverParts>({
  id: 'semver',
  sources: ['https://semver.org/spec/v2.0.0.html', 'https://github.com/npm/node-semver#versions'],
  lengthMax: 512,
  parse: (text) => parseSemver(text, { prefixes: 'v=', numbersMax: 16, looseHyphen: true }),
  order: orderSemver,
  keyOf: semverKey,
  isStrict: (parsed) => parsed.numbers.length <= 3 && parsed.numbers.every(isSafe),
});

// npm refuses numbers that a double cannot hold.
function isSafe(digits: string): boolean {
  return Number.isSafeInteger(Number(digits));
}
