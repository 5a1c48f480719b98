import { compareNumbers, compareText, isDigit, isDigits, isLetter } from './digits.ts';
import { type KeyBytes, numberBytes, textBytes } from './key-bytes.ts';
import { defineScheme, type Order } from './scheme.ts';

/**
 * Ruby gem versions: any number of dotted parts, in which letters mean a pre-release. A platform (`-java`) is no
 * part of it and must be cut off before.
 */
export const gem = defineScheme<GemVersion>({
  id: 'gem',
  sources: [
    'https://guides.rubygems.org/patterns/#semantic-versioning',
    'https://docs.ruby-lang.org/en/master/Gem/Version.html',
  ],
  lengthMax: 512,
  parse: parseGem,
  order: orderGem,
  keyOf: gemKey,
});

/** Segments in order: runs of digits and runs of letters. */
export type GemVersion = readonly string[];

/** The segments of a gem version as written, or null. */
export function parseGem(text: string): GemVersion | null {
  const hyphen = text.indexOf('-');
  const main = hyphen < 0 ? text : text.slice(0, hyphen);
  const parts = main.split('.');
  // RubyGems wants a bare number first, yet `1beta` is written elsewhere and reads like `1.beta`.
  if (!isDigit(text.charCodeAt(0)) || !parts.every((part) => isPart(part, false))) return null;
  if (hyphen < 0) return segments(text);
  const tail = text.slice(hyphen + 1);
  if (!tail.split('.').every((part) => isPart(part, true))) return null;
  // A hyphen opens a pre-release.
  return segments(text.replaceAll('-', '.pre.'));
}

function isPart(text: string, allowHyphen: boolean): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code) && !isLetter(code) && !(allowHyphen && code === 45)) return false;
  }
  return text !== '';
}

function segments(text: string): string[] {
  return text.match(/[0-9]+|[A-Za-z]+/g) ?? [];
}

export function orderGem(left: GemVersion, right: GemVersion): Order {
  const a = canonical(left);
  const b = canonical(right);
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = orderSegments(a[i] ?? '0', b[i] ?? '0');
    if (order !== 0) return order;
  }
  return 0;
}

// Trailing zeros do not count, neither at the end nor before the first letters.
function canonical(version: GemVersion): GemVersion {
  const found = version.findIndex((segment) => !isDigits(segment));
  const firstWord = found < 0 ? version.length : found;
  return [...withoutZeros(version.slice(0, firstWord)), ...withoutZeros(version.slice(firstWord))];
}

function withoutZeros(part: GemVersion): GemVersion {
  let length = part.length;
  while (length > 0 && compareIsZero(part[length - 1])) length--;
  return part.slice(0, length);
}

function compareIsZero(segment: string | undefined): boolean {
  return segment !== undefined && isDigits(segment) && compareNumbers(segment, '0') === 0;
}

// Letters are below numbers, so that every pre-release is below its release.
function orderSegments(a: string, b: string): Order {
  const aIsNumber = isDigits(a);
  if (aIsNumber !== isDigits(b)) return aIsNumber ? 1 : -1;
  return aIsNumber ? compareNumbers(a, b) : compareText(a, b);
}

const mark = { letters: 1, end: 2, number: 3 };
// Zeros before letters are above the letters that could stand there instead.
const zeroBeforeLetters = 255;

/**
 * Bytes in the order of `orderGem`. A version goes on in zeros without end, so zeros are kept back until it is known
 * whether letters follow, which makes it lower than its beginning, or a number, which makes it higher.
 */
function gemKey(version: GemVersion): KeyBytes {
  const bytes: number[] = [];
  let zeros = 0;
  for (const segment of canonical(version)) {
    if (compareIsZero(segment)) {
      zeros++;
      continue;
    }
    const isNumber = isDigits(segment);
    bytes.push(isNumber ? mark.number : mark.letters);
    for (; zeros > 0; zeros--) bytes.push(isNumber ? 0 : zeroBeforeLetters);
    bytes.push(...(isNumber ? numberBytes(segment) : textBytes(segment)));
  }
  bytes.push(mark.end);
  return bytes;
}
