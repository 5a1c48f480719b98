import type { Problem } from '../../model/problem.ts';
import { compareNumbers, isDigits } from '../digits.ts';
import { type GemVersion, orderGem, parseGem } from '../gem.ts';
import { notOne } from '../scheme.ts';
import { type ComparatorOp, constraintLengthMax, holds, notAConstraint } from './constraint.ts';

/**
 * Whether a version fulfils every requirement of a list, parted by commas or blanks (`~> 2.0, >= 2.2.1`). A bare
 * version means exactly that one.
 * Source: https://guides.rubygems.org/patterns/#pessimistic-version-constraint
 */
export function satisfiesGem(version: string, constraint: string): boolean | Problem {
  const parsed = version.length > constraintLengthMax ? null : parseGem(version.trim());
  if (parsed === null) return notOne('gem', version);
  if (constraint.length > constraintLengthMax) return notAConstraint('gem', constraint);
  const requirements = constraint.replace(/([<>=!~])\s+/g, '$1').split(/[\s,]+/);
  let isInside = true;
  for (const requirement of requirements.filter((text) => text !== '')) {
    const found = /^(~>|==|!=|<=|>=|=|<|>)?(.+)$/.exec(requirement);
    const bound = parseGem(found?.[2] ?? '');
    if (bound === null) return notAConstraint('gem', constraint);
    isInside &&= fulfils(parsed, found?.[1] ?? '=', bound);
  }
  return isInside;
}

function fulfils(version: GemVersion, op: string, bound: GemVersion): boolean {
  if (op !== '~>') return holds(op === '==' ? '=' : (op as ComparatorOp), orderGem(version, bound));
  return orderGem(version, bound) >= 0 && orderGem(released(version), bumped(bound)) < 0;
}

// Without what makes it a pre-release.
function released(version: GemVersion): GemVersion {
  const word = version.findIndex((segment) => !isDigits(segment));
  return word < 0 ? version : version.slice(0, word);
}

// The last number is dropped and the one before it raised: 2.3.4 gives 2.4, and 2 gives 3.
function bumped(version: GemVersion): GemVersion {
  const numbers = released(version);
  const kept = numbers.length > 1 ? numbers.slice(0, -1) : numbers;
  return [...kept.slice(0, -1), successor(kept.at(-1) ?? '0')];
}

// One more, for numbers of any length.
function successor(digits: string): string {
  const next = String(BigInt(digits) + 1n);
  return compareNumbers(next, digits) > 0 ? next : digits;
}
