import { defineScheme } from './scheme.ts';
import { orderSemver, parseSemver, type SemverParts } from './semver-parts.ts';

/**
 * Go module versions: semantic versions with `v`, which OSV leaves out. Pseudo-versions order as pre-releases, and
 * `+incompatible` is build metadata.
 */
export const go = defineScheme<SemverParts>({
  id: 'go',
  sources: ['https://go.dev/ref/mod#versions', 'https://pkg.go.dev/golang.org/x/mod/semver'],
  lengthMax: 512,
  parse: parseGo,
  order: orderSemver,
});

function parseGo(text: string): SemverParts | null {
  const parts = parseSemver(text, { prefixes: 'v', numbersMax: 3, looseHyphen: false });
  if (parts === null || parts.numbers.some(hasLeadingZero)) return null;
  const isShort = parts.numbers.length < 3;
  return isShort && (parts.preRelease.length > 0 || parts.build.length > 0) ? null : parts;
}

function hasLeadingZero(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0');
}
