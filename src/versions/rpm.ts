import { compareNumbers, compareText, isDigit, isDigits, isLetter } from './digits.ts';
import { type KeyBytes, numberBytes, textBytes } from './key-bytes.ts';
import { defineScheme, type Order } from './scheme.ts';

/** rpm versions: `[epoch:]version[-release]`; no epoch is epoch 0, no release is below every release. */
export const rpm = defineScheme<RpmVersion>({
  id: 'rpm',
  sources: [
    'https://rpm-software-management.github.io/rpm/man/rpm-version.7',
    'https://rpm.org/docs/latest/manual/dependencies',
  ],
  lengthMax: 512,
  parse: parseRpm,
  order: orderRpm,
  keyOf: ({ epoch, version, release }) => [
    ...numberBytes(epoch),
    ...segmentKey(version),
    ...(release === null ? [0] : [1, ...segmentKey(release)]),
  ],
});

type RpmVersion = { readonly epoch: string; readonly version: string; readonly release: string | null };

function parseRpm(text: string): RpmVersion | null {
  const colon = text.indexOf(':');
  // A colon that no number stands before belongs to the version; rpm itself prints `(none)` for no epoch.
  const prefix = colon < 0 ? '' : text.slice(0, colon);
  const hasEpoch = colon >= 0 && (prefix === '' || prefix === '(none)' || isDigits(prefix));
  const rest = hasEpoch ? text.slice(colon + 1) : text;
  const hyphen = rest.lastIndexOf('-');
  const version = hyphen < 0 ? rest : rest.slice(0, hyphen);
  const release = hyphen < 0 ? null : rest.slice(hyphen + 1);
  if (version === '' || !hasNoSpace(rest)) return null;
  return { epoch: hasEpoch && isDigits(prefix) ? prefix : '0', version, release };
}

// Whatever else is neither letter nor digit only separates.
function hasNoSpace(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 32 || code === 127) return false;
  }
  return true;
}

function orderRpm(left: RpmVersion, right: RpmVersion): Order {
  const order = compareNumbers(left.epoch, right.epoch) || compareRpmSegment(left.version, right.version);
  if (order !== 0) return order;
  if (left.release === null || right.release === null) {
    if (left.release === right.release) return 0;
    return left.release === null ? -1 : 1;
  }
  return compareRpmSegment(left.release, right.release);
}

/**
 * Orders two bare version or release strings: runs of digits by value and above runs of letters, all other signs
 * only separate, `~` sorts before the end and `^` right after it. Any text will do, the empty one too.
 */
export function compareRpmSegment(left: string, right: string): Order {
  if (left === right) return 0;
  let i = 0;
  let j = 0;
  for (;;) {
    i = skipSeparators(left, i);
    j = skipSeparators(right, j);
    const mark = compareMarks(left.charAt(i), right.charAt(j));
    if (mark === 'both') {
      i++;
      j++;
      continue;
    }
    if (mark !== null) return mark;
    if (i >= left.length || j >= right.length) return ended(i < left.length, j < right.length);
    const digits = isDigit(left.charCodeAt(i));
    const iEnd = skipRun(left, i, digits);
    const jEnd = skipRun(right, j, digits);
    // Runs of different kinds: the number is newer.
    if (jEnd === j) return digits ? 1 : -1;
    const a = left.slice(i, iEnd);
    const b = right.slice(j, jEnd);
    const order = digits ? compareNumbers(a, b) : compareText(a, b);
    if (order !== 0) return order;
    i = iEnd;
    j = jEnd;
  }
}

// 'both': the same mark on both sides; null: no mark on either.
function compareMarks(a: string, b: string): Order | 'both' | null {
  if (a === '~' || b === '~') {
    if (a === b) return 'both';
    return a === '~' ? -1 : 1;
  }
  if (a === '^' || b === '^') {
    if (a === b) return 'both';
    if (a === '') return -1;
    if (b === '') return 1;
    return a === '^' ? -1 : 1;
  }
  return null;
}

function ended(leftGoesOn: boolean, rightGoesOn: boolean): Order {
  if (leftGoesOn === rightGoesOn) return 0;
  return leftGoesOn ? 1 : -1;
}

function skipSeparators(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isPart(text.charCodeAt(at))) at++;
  return at;
}

function isPart(code: number): boolean {
  return isDigit(code) || isLetter(code) || code === 126 || code === 94;
}

function skipRun(text: string, from: number, digits: boolean): number {
  let at = from;
  while (at < text.length && (digits ? isDigit(text.charCodeAt(at)) : isLetter(text.charCodeAt(at)))) at++;
  return at;
}

const mark = { tilde: 1, end: 2, caret: 3, letters: 4, digits: 5 };

/** Bytes in the order of `compareRpmSegment`. */
function segmentKey(text: string): KeyBytes {
  const bytes: number[] = [];
  for (let at = skipSeparators(text, 0); at < text.length; at = skipSeparators(text, at)) {
    const code = text.charCodeAt(at);
    if (code === 126 || code === 94) {
      bytes.push(code === 126 ? mark.tilde : mark.caret);
      at++;
      continue;
    }
    const to = skipRun(text, at, isDigit(code));
    const run = text.slice(at, to);
    if (isDigit(code)) bytes.push(mark.digits, ...numberBytes(run));
    else bytes.push(mark.letters, ...textBytes(run));
    at = to;
  }
  bytes.push(mark.end);
  return bytes;
}
