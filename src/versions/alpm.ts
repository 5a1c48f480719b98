import { compareNumbers, compareText, isDigit, isDigits, isLetter } from './digits.ts';
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
