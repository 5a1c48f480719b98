import { compareNumbers, isDigits } from '../digits.ts';
import type { SemverParts } from '../semver-parts.ts';
import { type Comparator, type ComparatorOp, constraintLengthMax } from './constraint.ts';

type Comparators = readonly Comparator<SemverParts>[];

/** A version in a range, of which the later numbers may be left open. */
type Partial = {
  readonly numbers: readonly string[];
  readonly preRelease: readonly string[];
};

const largestNumber = String(Number.MAX_SAFE_INTEGER);
const comparatorsMax = 256;
/** The lowest pre-release there is: below it only the versions before. */
const lowest = ['0'];

/** The alternatives of a range as plain comparisons, or null when it is none. */
export function parseNpmRange(text: string, includePreRelease: boolean): readonly Comparators[] | null {
  if (text.length > constraintLengthMax) return null;
  const alternatives: Comparators[] = [];
  for (const part of text.split('||')) {
    const comparators = parseAlternative(part.trim(), includePreRelease);
    if (comparators === null) return null;
    alternatives.push(comparators);
  }
  return alternatives;
}

function parseAlternative(text: string, includePreRelease: boolean): Comparators | null {
  const hyphen = text.split(/\s+-\s+/);
  if (hyphen.length === 2) return parseHyphen(hyphen[0] ?? '', hyphen[1] ?? '', includePreRelease);
  // Blanks may stand between an operator and its version.
  const words = text.replace(/([<>=~^])\s+/g, '$1').split(/\s+/);
  const comparators: Comparator<SemverParts>[] = [];
  for (const word of words) {
    const simple = parseSimple(word, includePreRelease);
    if (simple === null || comparators.length > comparatorsMax) return null;
    comparators.push(...simple);
  }
  return comparators;
}

function parseSimple(word: string, includePreRelease: boolean): Comparators | null {
  const found = /^(~>|~=|~|\^|>=|<=|>|<|=)?=?(.*)$/.exec(word);
  const partial = parsePartial(found?.[2] ?? '');
  // An operator needs something to stand against.
  if (partial === null || (word !== '' && (found?.[2] ?? '') === '')) return null;
  const op = found?.[1] ?? '';
  if (op.startsWith('~')) return tilde(partial, includePreRelease);
  if (op === '^') return caret(partial, includePreRelease);
  return primitive(op === '' || op === '=' ? '=' : (op as ComparatorOp), partial, includePreRelease);
}

/** `1.2.x`, `1.*`, `v1.2.3-beta.4+build`; the empty text and `*` leave everything open. */
function parsePartial(text: string): Partial | null {
  const plus = text.indexOf('+');
  const bare = (plus < 0 ? text : text.slice(0, plus)).replace(/^[v=]+/, '');
  const found = /^([^-]*?)(?:-(.*))?$/.exec(bare);
  const parts = (found?.[1] ?? '') === '' ? [] : (found?.[1] ?? '').split('.');
  if (parts.length === 0 && bare !== '') return null;
  const open = parts.findIndex((part) => part === 'x' || part === 'X' || part === '*');
  const numbers = open < 0 ? parts : parts.slice(0, open);
  const last = numbers.length === 3 ? looseTail(numbers[2] ?? '') : null;
  if (last !== null)
    return { numbers: [numbers[0] ?? '', numbers[1] ?? '', last.number], preRelease: [last.word] };
  if (numbers.length > 3 || parts.length > 3 || !numbers.every(isNumber)) return null;
  const preRelease = found?.[2] === undefined || numbers.length < 3 ? [] : found[2].split('.');
  return preRelease.every((part) => /^[0-9A-Za-z-]+$/.test(part)) ? { numbers, preRelease } : null;
}

// `1.2.3beta`, which was once allowed.
function looseTail(text: string): { readonly number: string; readonly word: string } | null {
  const found = /^(\d+)([A-Za-z][0-9A-Za-z]*)$/.exec(text);
  return found?.[1] === undefined || found[2] === undefined ? null : { number: found[1], word: found[2] };
}

function isNumber(text: string): boolean {
  return isDigits(text) && compareNumbers(text, largestNumber) <= 0;
}

function primitive(op: ComparatorOp, partial: Partial, includePreRelease: boolean): Comparators | null {
  const { numbers } = partial;
  if (numbers.length === 3) return [compare(op, full(partial))];
  if (numbers.length === 0) return op === '<' || op === '>' ? nothing : everything(includePreRelease);
  const low = { numbers: filled(numbers), preRelease: includePreRelease ? lowest : [] };
  const next = nextOf(numbers, numbers.length - 1);
  if (next === null) return null;
  switch (op) {
    case '>':
      return [compare('>=', { numbers: next, preRelease: includePreRelease ? lowest : [] })];
    case '>=':
      return [compare('>=', low)];
    case '<':
      return [compare('<', { numbers: filled(numbers), preRelease: lowest })];
    case '<=':
      return [compare('<', { numbers: next, preRelease: lowest })];
    default:
      return [compare('>=', low), compare('<', { numbers: next, preRelease: lowest })];
  }
}

// Up to the next minor version, or major where no minor is named.
function tilde(partial: Partial, includePreRelease: boolean): Comparators | null {
  if (partial.numbers.length === 0) return everything(includePreRelease);
  return span(partial, Math.min(1, partial.numbers.length - 1), includePreRelease);
}

// Up to the next change of the first number that is not zero.
function caret(partial: Partial, includePreRelease: boolean): Comparators | null {
  const { numbers } = partial;
  if (numbers.length === 0) return everything(includePreRelease);
  const first = numbers.findIndex((number) => compareNumbers(number, '0') !== 0);
  return span(partial, first < 0 ? numbers.length - 1 : first, includePreRelease);
}

function span(partial: Partial, position: number, includePreRelease: boolean): Comparators | null {
  const next = nextOf(partial.numbers, position);
  if (next === null) return null;
  const preRelease = partial.numbers.length < 3 && includePreRelease ? lowest : partial.preRelease;
  return [
    compare('>=', { numbers: filled(partial.numbers), preRelease }),
    compare('<', { numbers: next, preRelease: lowest }),
  ];
}

function parseHyphen(from: string, to: string, includePreRelease: boolean): Comparators | null {
  const low = parsePartial(from);
  const high = parsePartial(to);
  if (low === null || high === null || from === '' || to === '') return null;
  const lowest = primitive('>=', low, includePreRelease);
  const highest = primitive('<=', high, includePreRelease);
  return lowest === null || highest === null ? null : [...lowest, ...highest];
}

function compare(op: ComparatorOp, { numbers, preRelease }: Partial): Comparator<SemverParts> {
  return { op, version: { numbers, preRelease, build: [] } };
}

function full({ numbers, preRelease }: Partial): Partial {
  return { numbers: filled(numbers), preRelease };
}

function everything(includePreRelease: boolean): Comparators {
  return [compare('>=', { numbers: ['0', '0', '0'], preRelease: includePreRelease ? lowest : [] })];
}

const nothing: Comparators = [compare('<', { numbers: ['0', '0', '0'], preRelease: lowest })];

function filled(numbers: readonly string[]): readonly string[] {
  return [numbers[0] ?? '0', numbers[1] ?? '0', numbers[2] ?? '0'];
}

// The version after all that share the numbers up to a position.
function nextOf(numbers: readonly string[], position: number): readonly string[] | null {
  const value = Number(numbers[position] ?? '0');
  if (value >= Number.MAX_SAFE_INTEGER) return null;
  return filled([...numbers.slice(0, position), String(value + 1)]);
}
