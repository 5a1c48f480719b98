import type { Problem } from '../../model/problem.ts';
import { compareNumbers } from '../digits.ts';
import { notOne } from '../scheme.ts';
import { orderSemver, parseSemver, type SemverParts } from '../semver-parts.ts';
import { type Comparator, constraintLengthMax, holds, notAConstraint } from './constraint.ts';
import { parseNpmRange } from './npm-range.ts';

export type NpmRangeOptions = {
  /** Whether pre-releases count like any other version, as they do for questions of vulnerability. */
  readonly includePreRelease: boolean;
};

/**
 * Whether a version lies in an npm range: alternatives joined by `||`, each a list of comparisons that all hold.
 * Unless told otherwise a pre-release only counts where a comparison names a pre-release of the same version.
 * Source: https://github.com/npm/node-semver#ranges
 */
export function satisfiesNpm(
  version: string,
  constraint: string,
  options: NpmRangeOptions = { includePreRelease: false },
): boolean | Problem {
  const parsed = version.length > constraintLengthMax ? null : parseSemver(version.trim(), reading);
  if (parsed === null || parsed.numbers.length !== 3) return notOne('semver', version);
  const alternatives = parseNpmRange(constraint, options.includePreRelease);
  if (alternatives === null) return notAConstraint('npm', constraint);
  return alternatives.some((comparators) => isInside(parsed, comparators, options));
}

const reading = { prefixes: 'v=', numbersMax: 3, looseHyphen: true };

function isInside(
  version: SemverParts,
  comparators: readonly Comparator<SemverParts>[],
  options: NpmRangeOptions,
): boolean {
  if (!comparators.every(({ op, version: bound }) => holds(op, orderSemver(version, bound)))) return false;
  if (version.preRelease.length === 0 || options.includePreRelease) return true;
  return comparators.some(
    ({ version: bound }) => bound.preRelease.length > 0 && hasSameNumbers(version, bound),
  );
}

function hasSameNumbers(a: SemverParts, b: SemverParts): boolean {
  return a.numbers.every((number, i) => compareNumbers(number, b.numbers[i] ?? '0') === 0);
}
