import { compareNumbers, compareText, isDigit, isDigits, isLetter, skipDigits } from './digits.ts';
import { type KeyBytes, listBytes, numberBytes, textBytes } from './key-bytes.ts';
import type { Order } from './scheme.ts';

// What the schemes that grew out of semantic versioning have in common: numbers, pre-release, build.

export type SemverParts = {
  /** The dotted numbers as text, at least one. */
  readonly numbers: readonly string[];
  /** Pre-release identifiers; empty for a release. */
  readonly preRelease: readonly string[];
  /** Build identifiers; most schemes do not order by them. */
  readonly build: readonly string[];
};

export type SemverReading = {
  /** What may stand in front, once: `v`, `=`. */
  readonly prefixes: string;
  readonly numbersMax: number;
  /** Whether a pre-release may follow without its hyphen (`1.2.3beta`), as npm once allowed. */
  readonly looseHyphen: boolean;
};

/** Reads `1.2.3-pre.1+build`, or gives null. Fewer numbers than three are read too. */
export function parseSemver(text: string, reading: SemverReading): SemverParts | null {
  let at = text !== '' && reading.prefixes.includes(text.charAt(0)) ? 1 : 0;
  const numbers: string[] = [];
  for (;;) {
    const to = skipDigits(text, at);
    if (to === at || numbers.length >= reading.numbersMax) return null;
    numbers.push(text.slice(at, to));
    at = to;
    if (text.charAt(at) !== '.') break;
    at++;
  }
  return parseTail(text.slice(at), numbers, reading);
}

function parseTail(tail: string, numbers: readonly string[], reading: SemverReading): SemverParts | null {
  const plus = tail.indexOf('+');
  const before = plus < 0 ? tail : tail.slice(0, plus);
  const build = plus < 0 ? [] : identifiers(tail.slice(plus + 1));
  if (build === null) return null;
  if (before === '') return { numbers, preRelease: [], build };
  const hasHyphen = before.startsWith('-');
  if (!hasHyphen && !(reading.looseHyphen && isLetter(before.charCodeAt(0)))) return null;
  const preRelease = identifiers(hasHyphen ? before.slice(1) : before);
  return preRelease === null ? null : { numbers, preRelease, build };
}

function identifiers(text: string): readonly string[] | null {
  const parts = text.split('.');
  return parts.every(isIdentifier) ? parts : null;
}

function isIdentifier(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code) && !isLetter(code) && code !== 45) return false;
  }
  return text !== '';
}

/** Semantic Versioning 2.0.0, section 11: numbers, then release above pre-release, then its identifiers. */
export function orderSemver(left: SemverParts, right: SemverParts): Order {
  return orderNumbers(left.numbers, right.numbers) || orderPreRelease(left.preRelease, right.preRelease);
}

/** Orders dotted numbers; missing ones are zero. */
export function orderNumbers(left: readonly string[], right: readonly string[]): Order {
  const length = Math.max(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const order = compareNumbers(left[i] ?? '0', right[i] ?? '0');
    if (order !== 0) return order;
  }
  return 0;
}

export function orderPreRelease(left: readonly string[], right: readonly string[]): Order {
  if (left.length === 0 || right.length === 0) {
    if (left.length === right.length) return 0;
    return left.length === 0 ? 1 : -1;
  }
  return orderIdentifiers(left, right);
}

/** Identifier by identifier: numbers by value and below words, words by ASCII; the shorter list is lower. */
export function orderIdentifiers(left: readonly string[], right: readonly string[]): Order {
  const length = Math.max(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left[i];
    const b = right[i];
    if (a === undefined) return -1;
    if (b === undefined) return 1;
    const order = orderIdentifier(a, b);
    if (order !== 0) return order;
  }
  return 0;
}

function orderIdentifier(a: string, b: string): Order {
  const aIsNumber = isDigits(a);
  const bIsNumber = isDigits(b);
  if (aIsNumber && bIsNumber) return compareNumbers(a, b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return compareText(a, b);
}

/** Bytes in the order of `orderSemver`: the numbers, what follows them, pre-release identifiers. */
export function semverKey({ numbers, preRelease }: SemverParts): KeyBytes {
  const release = dottedNumbersKey(numbers);
  return preRelease.length === 0
    ? [...release, mark.release]
    : [...release, mark.preRelease, ...identifiersKey(preRelease)];
}

/** Bytes in the order of `orderNumbers`, without an end: what follows must begin with a byte below `numberMark`. */
export function dottedNumbersKey(numbers: readonly string[]): KeyBytes {
  let length = numbers.length;
  while (length > 0 && compareNumbers(numbers[length - 1] ?? '', '0') === 0) length--;
  return listBytes(numbers.slice(0, length), (digits) => [numberMark, ...numberBytes(digits)]);
}

/** Bytes in the order of `orderIdentifiers`. */
export function identifiersKey(identifiers: readonly string[]): KeyBytes {
  const bytes = listBytes(identifiers, (text) =>
    isDigits(text) ? [mark.number, ...numberBytes(text)] : [mark.word, ...textBytes(text)],
  );
  return [...bytes, mark.end];
}

/** What stands before each of the dotted numbers. */
export const numberMark = 3;

// A release is above its pre-releases; among identifiers the end is lowest and words are highest.
const mark = { preRelease: 1, release: 2, end: 0, number: 1, word: 2 };
