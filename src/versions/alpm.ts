import { compareNumbers, compareText, isDigit, isDigits, isLetter } from './digits.ts';
import { type KeyBytes, numberBytes, textBytes } from './key-bytes.ts';
import { defineScheme, type Order } from './scheme.ts';

/**
 * Arch Linux versions: `[epoch:]version[-release]`. As pacman does, the release only counts when both sides have one,
 * so the order is total among full versions, and a bare version equals each of its releases.
 */
export const alpm = defineScheme<AlpmVersion>({
  id: 'alpm',
  sources: ['https://man.archlinux.org/man/vercmp.8', 'https://man.archlinux.org/man/PKGBUILD.5'],
  lengthMax: 512,
  parse: parseAlpm,
  order: orderAlpm,
  keyOf: alpmKey,
});

type AlpmVersion = { readonly epoch: string; readonly version: string; readonly release: string | null };

function parseAlpm(text: string): AlpmVersion | null {
  const colon = text.indexOf(':');
  const epoch = colon < 0 ? '0' : text.slice(0, colon);
  const rest = colon < 0 ? text : text.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  const version = hyphen < 0 ? rest : rest.slice(0, hyphen);
  const release = hyphen < 0 ? null : rest.slice(hyphen + 1);
  if (!isDigits(epoch) || version === '' || release === '' || !isPrintable(rest)) return null;
  return { epoch, version, release };
}

function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 32 || code >= 127) return false;
  }
  return true;
}

function orderAlpm(left: AlpmVersion, right: AlpmVersion): Order {
  const order = compareNumbers(left.epoch, right.epoch) || compareParts(left.version, right.version);
  if (order !== 0 || left.release === null || right.release === null) return order;
  return compareParts(left.release, right.release);
}

// Like rpm's, but the width of separators counts and letters at the end are older than the end (1.0rc < 1.0).
function compareParts(left: string, right: string): Order {
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const iStart = skipOther(left, i);
    const jStart = skipOther(right, j);
    const widths = iStart - i - (jStart - j);
    i = iStart;
    j = jStart;
    if (i >= left.length || j >= right.length) break;
    if (widths !== 0) return widths < 0 ? -1 : 1;
    const digits = isDigit(left.charCodeAt(i));
    const iEnd = skipRun(left, i, digits);
    const jEnd = skipRun(right, j, digits);
    if (jEnd === j) return digits ? 1 : -1;
    const a = left.slice(i, iEnd);
    const b = right.slice(j, jEnd);
    const order = digits ? compareNumbers(a, b) : compareText(a, b);
    if (order !== 0) return order;
    i = iEnd;
    j = jEnd;
  }
  return compareEnds(left, i, right, j);
}

function compareEnds(left: string, i: number, right: string, j: number): Order {
  const leftEnded = i >= left.length;
  const rightEnded = j >= right.length;
  if (leftEnded && rightEnded) return 0;
  if (leftEnded) return isLetter(right.charCodeAt(j)) ? 1 : -1;
  return isLetter(left.charCodeAt(i)) ? -1 : 1;
}

function skipOther(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isDigit(text.charCodeAt(at)) && !isLetter(text.charCodeAt(at))) at++;
  return at;
}

function skipRun(text: string, from: number, digits: boolean): number {
  let at = from;
  while (at < text.length && (digits ? isDigit(text.charCodeAt(at)) : isLetter(text.charCodeAt(at)))) at++;
  return at;
}

// A version without a release equals many that differ, so it has no place.
function alpmKey({ epoch, version, release }: AlpmVersion): KeyBytes | null {
  const first = partKey(version);
  const second = release === null ? null : partKey(release);
  return first && second && [...numberBytes(epoch), ...first, ...second];
}

// What may come next, in order: letters at once, the end, digits at once, then by the width of the separators.
const mark = { letters: 1, end: 2, digits: 3, separated: 4 };

/**
 * Bytes in the order of `compareParts`, or null: with separators at its end a part is above `1.a` and below `1a1`,
 * which is itself below `1.a` where a run of letters came before, and so has no place.
 */
function partKey(part: string): KeyBytes | null {
  const bytes: number[] = [];
  let at = 0;
  while (at < part.length) {
    const from = skipOther(part, at);
    if (from === part.length) return null;
    const digits = isDigit(part.charCodeAt(from));
    const width = from - at;
    if (width > 0) bytes.push(mark.separated, width >> 8, width & 255);
    at = skipRun(part, from, digits);
    const run = part.slice(from, at);
    bytes.push(...(digits ? [mark.digits, ...numberBytes(run)] : [mark.letters, ...textBytes(run)]));
  }
  bytes.push(mark.end);
  return bytes;
}
