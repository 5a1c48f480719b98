import { defineScheme } from './scheme.ts';
import { orderSemver, parseSemver, type SemverParts, semverKey } from './semver-parts.ts';

/**
 * Go module versions: semantic versions with `v`, which OSV leaves out. Pseudo-versions order as pre-releases, and
 * `+incompatible` is build metadata. Releases of Go itself are read as it writes them too: `go1.21rc2`.
 */
export const go = defineScheme<SemverParts>({
  id: 'go',
  sources: [
    'https://go.dev/ref/mod#versions',
    'https://pkg.go.dev/golang.org/x/mod/semver',
    'https://go.dev/doc/toolchain#version',
  ],
  lengthMax: 512,
  parse: parseGo,
  order: orderSemver,
  keyOf: semverKey,
});

function parseGo(text: string): SemverParts | null {
  return text.startsWith('go') ? parseRelease(text) : parseModule(text);
}

function parseRelease(text: string): SemverParts | null {
  const [, numbers, phase, count] = /^go(\d+(?:\.\d+){0,2})(?:(rc|beta)(\d+))?$/.exec(text) ?? [];
  if (numbers === undefined) return null;
  return parseModule(
    phase === undefined ? numbers : `${[...numbers.split('.'), '0'].slice(0, 3).join('.')}-${phase}.${count}`,
  );
}

function parseModule(text: string): SemverParts | null {
  const parts = parseSemver(text, { prefixes: 'v', numbersMax: 3, looseHyphen: false });
  if (parts === null || parts.numbers.some(hasLeadingZero)) return null;
  const isShort = parts.numbers.length < 3;
  return isShort && (parts.preRelease.length > 0 || parts.build.length > 0) ? null : parts;
}

function hasLeadingZero(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0');
}
