import { compareNumbers, compareText, isDigit, sign } from './digits.ts';
import { type KeyBytes, listBytes, numberBytes, textBytes } from './key-bytes.ts';
import { defineScheme, type Order } from './scheme.ts';

/**
 * Maven versions, in the order that the POM reference specifies, as releases since 3.9 apply it: a qualifier behind
 * a dot is the same as behind a hyphen (`2.0.RC1` = `2.0-rc1`).
 */
export const maven = defineScheme<readonly MavenToken[]>({
  id: 'maven',
  sources: ['https://maven.apache.org/pom.html#version-order-specification'],
  lengthMax: 512,
  parse: parseMaven,
  order: orderMaven,
  keyOf: mavenKey,
});

type MavenToken = { readonly isDotted: boolean; readonly isNumber: boolean; readonly text: string };

// Qualifiers with a place of their own; all others come behind `sp`, by letters.
const qualifiers = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const synonyms: Readonly<Record<string, string>> = { cr: 'rc', ga: '', final: '', release: '' };
const shortened: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' };

function parseMaven(text: string): readonly MavenToken[] | null {
  if (text === '' || !isPlain(text)) return null;
  const tokens = tokenise(text.toLowerCase());
  trimNulls(tokens);
  return tokens;
}

// Braces and dollars belong to properties that nobody resolved, brackets and commas to ranges.
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 32 || code >= 127 || '$[](){},'.includes(text.charAt(i))) return false;
  }
  return true;
}

function tokenise(text: string): MavenToken[] {
  const tokens: MavenToken[] = [];
  let isDotted = false;
  let from = 0;
  for (let at = 0; at <= text.length; at++) {
    const sign = at === text.length ? '' : text.charAt(at);
    if (sign === '.' || sign === '-' || sign === '') {
      tokens.push(token(text.slice(from, at), isDotted, false));
      isDotted = sign === '.';
      from = at + 1;
    } else if (at > from && isDigit(text.charCodeAt(at)) !== isDigit(text.charCodeAt(at - 1))) {
      // A change between digits and letters counts as a hyphen.
      tokens.push(token(text.slice(from, at), isDotted, isDigit(text.charCodeAt(at))));
      isDotted = false;
      from = at;
    }
  }
  return tokens;
}

function token(text: string, isDotted: boolean, beforeNumber: boolean): MavenToken {
  if (text === '') return { isDotted, isNumber: true, text: '0' };
  if (isDigit(text.charCodeAt(0))) return { isDotted, isNumber: true, text };
  const long = beforeNumber && Object.hasOwn(shortened, text) ? shortened[text] : undefined;
  const word = long ?? (Object.hasOwn(synonyms, text) ? synonyms[text] : undefined) ?? text;
  return { isDotted: false, isNumber: false, text: word };
}

// Zeros and release words say nothing at the end, nor in front of a hyphen.
function trimNulls(tokens: MavenToken[]): void {
  let kept = tokens.length;
  const keep: boolean[] = tokens.map(() => true);
  let trimming = true;
  for (let i = tokens.length - 1; i > 0; i--) {
    const here = tokens[i];
    if (here === undefined) break;
    if (trimming && isNull(here)) keep[i] = false;
    else trimming = false;
    if (!here.isDotted) trimming = true;
  }
  kept = 0;
  for (let i = 0; i < tokens.length; i++) {
    const here = tokens[i];
    if (keep[i] && here !== undefined) tokens[kept++] = here;
  }
  tokens.length = kept;
}

function isNull(token: MavenToken): boolean {
  return token.isNumber ? compareNumbers(token.text, '0') === 0 : token.text === '';
}

function orderMaven(left: readonly MavenToken[], right: readonly MavenToken[]): Order {
  const length = Math.max(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const order = orderTokens(left[i], right[i]);
    if (order !== 0) return order;
  }
  return 0;
}

// A missing token is 0 opposite a dotted number and the empty qualifier opposite everything else.
function orderTokens(a: MavenToken | undefined, b: MavenToken | undefined): Order {
  const left = a ?? padding(b);
  const right = b ?? padding(a);
  const byKind = sign(rank(left) - rank(right));
  if (byKind !== 0) return byKind;
  return left.isNumber ? compareNumbers(left.text, right.text) : orderQualifiers(left.text, right.text);
}

function padding(other: MavenToken | undefined): MavenToken {
  if (other?.isNumber && other.isDotted) return { isDotted: true, isNumber: true, text: '0' };
  return { isDotted: false, isNumber: false, text: '' };
}

function rank(token: MavenToken): number {
  if (!token.isNumber) return 0;
  return token.isDotted ? 2 : 1;
}

function orderQualifiers(left: string, right: string): Order {
  const a = qualifiers.indexOf(left);
  const b = qualifiers.indexOf(right);
  if (a >= 0 && b >= 0) return sign(a - b);
  if (a >= 0 || b >= 0) return a >= 0 ? -1 : 1;
  return compareText(left, right);
}

const mark = { end: 5, release: 6, patch: 7, word: 8, number: 9, dotted: 10 };

/**
 * Bytes in the order of `orderMaven`. A token that says nothing was only kept where a dotted number above zero
 * follows in the end, so it may count as above the end of another version at once.
 */
function mavenKey(tokens: readonly MavenToken[]): KeyBytes {
  return [...listBytes(tokens, tokenBytes), mark.end];
}

function tokenBytes({ isNumber, isDotted, text }: MavenToken): KeyBytes {
  if (isNumber) return [isDotted ? mark.dotted : mark.number, ...numberBytes(text)];
  if (text === '') return [mark.release];
  if (text === 'sp') return [mark.patch];
  const place = qualifiers.indexOf(text);
  return place >= 0 ? [place] : [mark.word, ...textBytes(text)];
}
