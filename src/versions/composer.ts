import { compareNumbers, isDigit, isDigits, isLetter, sign } from './digits.ts';
import { type KeyBytes, listBytes, numberBytes } from './key-bytes.ts';
import { defineScheme, type Order } from './scheme.ts';

/**
 * PHP package versions: up to four numbers (missing ones zero) and a stability (`-beta2`, `-p1`), ordered as PHP's
 * own `version_compare` does. Branches (`dev-main`) have no place in the order and are invalid.
 */
export const composer = defineScheme<ComposerVersion>({
  id: 'composer',
  sources: [
    'https://getcomposer.org/doc/articles/versions.md',
    'https://www.php.net/manual/en/function.version-compare.php',
  ],
  lengthMax: 512,
  parse: parseComposer,
  order: orderComposer,
  keyOf: composerKey,
  isStrict: (version) => version.every((token) => isDigits(token) || stabilities.has(token)),
});

type ComposerVersion = readonly string[];

const numbersMin = 4;
// A numeric branch such as `1.2.x-dev` stands above every release of it.
const branchNumber = '9999999';

const stabilities = new Map([
  ['dev', 0],
  ['alpha', 1],
  ['a', 1],
  ['beta', 2],
  ['b', 2],
  ['rc', 3],
  ['patch', 6],
  ['pl', 6],
  ['p', 6],
]);
const rankOfUnknown = -1;
const rankOfEnd = 4;
const rankOfNumber = 5;

function parseComposer(text: string): ComposerVersion | null {
  const plus = text.indexOf('+');
  const version = (plus < 0 ? text : text.slice(0, plus)).toLowerCase();
  const start = version.startsWith('v') ? 1 : 0;
  if (!isDigit(version.charCodeAt(start)) || (plus >= 0 && plus === text.length - 1)) return null;
  const tokens = tokenise(version.slice(start), version.endsWith('-dev'));
  return tokens === null ? null : pad(tokens.filter((token) => token !== 'stable'));
}

// Dots, hyphens, underscores and every change between digits and letters part the tokens.
function tokenise(text: string, isBranch: boolean): string[] | null {
  const tokens: string[] = [];
  for (const part of text.split(/[._-]/)) {
    if (isBranch && (part === 'x' || part === '*')) {
      tokens.push(branchNumber);
      continue;
    }
    const runs = part.match(/[0-9]+|[a-z]+|[^0-9a-z]/g);
    if (runs === null || runs.some((run) => !isDigits(run) && !isLetter(run.charCodeAt(0)))) return null;
    tokens.push(...runs);
  }
  return tokens;
}

function pad(tokens: readonly string[]): ComposerVersion {
  const found = tokens.findIndex((token) => !isDigits(token));
  const numbers = found < 0 ? tokens.length : found;
  const filler = tokens.includes(branchNumber) ? branchNumber : '0';
  const zeros = Array.from({ length: Math.max(0, numbersMin - numbers) }, () => filler);
  return [...tokens.slice(0, numbers), ...zeros, ...tokens.slice(numbers)];
}

function orderComposer(left: ComposerVersion, right: ComposerVersion): Order {
  const length = Math.max(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left[i];
    const b = right[i];
    const order = sign(rank(a) - rank(b));
    if (order !== 0) return order;
    if (a !== undefined && b !== undefined && isDigits(a)) {
      const byNumber = compareNumbers(a, b);
      if (byNumber !== 0) return byNumber;
    }
  }
  return 0;
}

function rank(token: string | undefined): number {
  if (token === undefined) return rankOfEnd;
  if (isDigits(token)) return rankOfNumber;
  return stabilities.get(token) ?? rankOfPrefix(token);
}

// PHP takes any other word for the known one that it starts with (`post` for `p`), else it is the lowest.
function rankOfPrefix(word: string): number {
  for (const [known, place] of stabilities) if (word.startsWith(known)) return place;
  return rankOfUnknown;
}

// Ranks begin at -1. Words of equal rank are equal, and none has the rank of the end.
function composerKey(version: ComposerVersion): KeyBytes {
  const tokens = listBytes(version, (token) => [
    rank(token) - rankOfUnknown,
    ...(isDigits(token) ? numberBytes(token) : []),
  ]);
  return [...tokens, rankOfEnd - rankOfUnknown];
}
