import { compareNumbers, isDigit, isDigits, isLetter, sign, skipDigits } from './digits.ts';
import { type KeyBytes, numberBytes } from './key-bytes.ts';
import { defineScheme, type Order } from './scheme.ts';

/** Debian versions: `[epoch:]upstream[-revision]`, with `~` before everything, even the end. */
export const deb = defineScheme<DebVersion>({
  id: 'deb',
  sources: [
    'https://manpages.debian.org/stable/dpkg-dev/deb-version.7.en.html',
    'https://www.debian.org/doc/debian-policy/ch-controlfields.html#version',
  ],
  lengthMax: 512,
  parse: parseDeb,
  order: orderDeb,
  keyOf: ({ epoch, upstream, revision }) => [
    ...numberBytes(epoch),
    ...partKey(upstream),
    ...partKey(revision),
  ],
});

type DebVersion = { readonly epoch: string; readonly upstream: string; readonly revision: string };

function parseDeb(text: string): DebVersion | null {
  const colon = text.indexOf(':');
  const epoch = colon < 0 ? '0' : text.slice(0, colon);
  const rest = colon < 0 ? text : text.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  const upstream = hyphen < 0 ? rest : rest.slice(0, hyphen);
  const revision = hyphen < 0 ? '' : rest.slice(hyphen + 1);
  if (!isDigits(epoch) || (hyphen >= 0 && revision === '')) return null;
  if (!isDigit(upstream.charCodeAt(0))) return null;
  if (!hasOnly(upstream, '.+-~:_') || !hasOnly(revision, '.+~_')) return null;
  return { epoch, upstream, revision };
}

// The underscore is not in the policy, but foreign packages carry it and dpkg orders it like any other sign.
function hasOnly(text: string, signs: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code) && !isLetter(code) && !signs.includes(text.charAt(i))) return false;
  }
  return true;
}

function orderDeb(left: DebVersion, right: DebVersion): Order {
  return (
    compareNumbers(left.epoch, right.epoch) ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  );
}

// Runs of non-digits and runs of digits take turns; an absent part counts as the number zero.
function comparePart(left: string, right: string): Order {
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    while (isSign(left, i) || isSign(right, j)) {
      const difference = weight(left, i) - weight(right, j);
      if (difference !== 0) return sign(difference);
      i++;
      j++;
    }
    const iEnd = skipDigits(left, i);
    const jEnd = skipDigits(right, j);
    const order = compareNumbers(left.slice(i, iEnd), right.slice(j, jEnd));
    if (order !== 0) return order;
    i = iEnd;
    j = jEnd;
  }
  return 0;
}

function isSign(text: string, at: number): boolean {
  return at < text.length && !isDigit(text.charCodeAt(at));
}

// Tilde, then the end (or a digit), then letters, then all other signs.
function weight(text: string, at: number): number {
  if (!isSign(text, at)) return 0;
  const code = text.charCodeAt(at);
  if (code === 126) return -1;
  return isLetter(code) ? code : code + 256;
}

// Weights as bytes: tilde, the end of a run, letters, all other signs (which are ASCII).
const endOfRun = 2;

/**
 * Runs of signs and their numbers by turns. Runs past the first are never empty, so the end of a run where another
 * pair could begin is the end of the part.
 */
function partKey(part: string): KeyBytes {
  const bytes: number[] = [];
  let at = 0;
  do {
    for (; isSign(part, at); at++) bytes.push(signByte(part.charCodeAt(at)));
    const to = skipDigits(part, at);
    bytes.push(endOfRun, ...numberBytes(part.slice(at, to)));
    at = to;
  } while (at < part.length);
  bytes.push(endOfRun);
  return bytes;
}

function signByte(code: number): number {
  if (code === 126) return 1;
  return isLetter(code) ? code : code + 128;
}
