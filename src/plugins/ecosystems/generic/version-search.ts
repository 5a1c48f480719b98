/**
 * Finds the version that a program carries as text in its bytes: a literal in front of it, one behind it, or both.
 * Bounded: literals are searched for natively, at most `hitsMax` places are looked at, and at each of them at most
 * `tokenLengthMax` bytes.
 */

/** How versions are written: numbers with points, letters behind them (`1.1.1w`), a port (`9.2p1`), or as Java does. */
export type VersionForm = 'numbers' | 'letters' | 'portable' | 'java';

export type VersionPattern = {
  /** The text right before the version. A NUL at its end stands for one or more. */
  readonly before: string;
  /** How the version must begin. */
  readonly prefix: string;
  /** The text right behind it: a NUL or blank at its beginning stands for one or more, `#` for a digit. */
  readonly after: string;
};

export type VersionShape = {
  readonly form: VersionForm;
  /** How many numbers it must have at least. */
  readonly parts: number;
};

const hitsMax = 500_000;
const tokenLengthMax = 64;
const fillMax = 64;
const nul = 0;

/** A pattern from its text: `node.js/v{}`, `\0{3.}\0`, where the braces hold what the version must begin with. */
export function parsePattern(text: string): VersionPattern {
  const open = text.indexOf('{');
  const close = text.indexOf('}', open);
  return { before: text.slice(0, open), prefix: text.slice(open + 1, close), after: text.slice(close + 1) };
}

/** The distinct versions that stand where the pattern says, in the order of the file. */
export function findVersions(
  bytes: Uint8Array,
  pattern: VersionPattern,
  shape: VersionShape,
  most: number,
): readonly string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = new Set<string>();
  for (const token of pattern.before === '' ? tokensBefore(buffer, pattern) : tokensBehind(buffer, pattern)) {
    const version = versionIn(token, shape, pattern.after.startsWith('\0'));
    if (version?.startsWith(pattern.prefix)) found.add(version);
    if (found.size >= most) break;
  }
  return [...found];
}

// The texts that follow the literal in front of the version.
function* tokensBehind(buffer: Buffer, { before, prefix, after }: VersionPattern): Generator<string> {
  const isBehindNul = before.startsWith('\0');
  // NUL is the most frequent byte of all, so it is no good beginning of a search.
  const front = isBehindNul ? before.slice(1) : before;
  const literal = Buffer.from(front + prefix, 'latin1');
  let at = -1;
  for (let hits = 0; hits < hitsMax; hits++) {
    at = literal.length === 0 ? nextNumber(buffer, at + 1) : buffer.indexOf(literal, at + 1);
    if (at < 0) return;
    if (isBehindNul && buffer[at - 1] !== nul) continue;
    const start = at + front.length;
    let end = start;
    while (end - start < tokenLengthMax && isTokenByte(buffer[end] ?? nul)) end++;
    if (follows(buffer, end, after)) yield buffer.toString('latin1', start, end);
  }
}

// The next digit that stands behind a NUL.
function nextNumber(buffer: Buffer, from: number): number {
  for (let at = Math.max(1, from); at < buffer.length; at++) {
    if (buffer[at - 1] === nul && isDigit(buffer[at] ?? nul)) return at;
  }
  return -1;
}

// The texts of digits and points that end where the literal behind the version begins.
function* tokensBefore(buffer: Buffer, { after }: VersionPattern): Generator<string> {
  const hasNul = after.startsWith('\0');
  const literal = Buffer.from(after.replace(/^\0+/, ''), 'latin1');
  let at = -1;
  for (let hits = 0; hits < hitsMax; hits++) {
    at = buffer.indexOf(literal, at + 1);
    if (at < 0) return;
    let end = at;
    while (hasNul && at - end < fillMax && buffer[end - 1] === nul) end--;
    if (hasNul && end === at) continue;
    let start = end;
    while (end - start < tokenLengthMax && isNumberByte(buffer[start - 1] ?? nul)) start--;
    yield buffer.toString('latin1', start, end);
  }
}

function follows(buffer: Buffer, from: number, after: string): boolean {
  let at = from;
  for (let index = 0; index < after.length; index++) {
    const wanted = after.charCodeAt(index);
    const byte = buffer[at] ?? -1;
    if (after[index] === '#' ? !isDigit(byte) : byte !== wanted) return false;
    at++;
    const mayRepeat = index === 0 && (wanted === nul || after[index] === ' ');
    while (mayRepeat && at - from < fillMax && buffer[at] === wanted) at++;
  }
  return true;
}

const forms: Readonly<Record<VersionForm, RegExp>> = {
  numbers: /^\d{1,5}(?:\.\d{1,5}){0,4}(?:[-.]?(?:alpha|beta|rc|pre|preview|dev)[.-]?\d{0,3})?/i,
  letters: /^\d{1,5}(?:\.\d{1,5}){0,4}(?:-(?:alpha|beta|pre|dev)\d{0,3}|[a-z]{1,2}\d{0,2})?/,
  portable: /^\d{1,5}(?:\.\d{1,5}){1,2}p\d{1,3}/,
  java: /^\d{1,3}(?:\.\d{1,5}){0,4}(?:_\d{1,4})?/,
};

// A number that goes on is none of a version. Where the text ends with the version, a plus sign marks a later build.
function versionIn(token: string, { form, parts }: VersionShape, isWhole: boolean): string | null {
  const version = forms[form].exec(token)?.[0];
  if (version === undefined || isDigit(token.charCodeAt(version.length))) return null;
  const rest = token.slice(version.length);
  if (isWhole && rest !== '' && rest !== '+') return null;
  const numbers = /^[\d.]+/.exec(version)?.[0].split('.').length ?? 0;
  return numbers >= parts ? version : null;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isNumberByte(byte: number): boolean {
  return isDigit(byte) || byte === 0x2e;
}

function isTokenByte(byte: number): boolean {
  if (isNumberByte(byte)) return true;
  const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  return isLetter || byte === 0x2b || byte === 0x2d || byte === 0x5f || byte === 0x7e;
}
