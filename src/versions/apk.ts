import { compareNumbers, compareText, isDigit, isLowerLetter, sign, skipDigits } from './digits.ts';
import { type KeyBytes, numberBytes, textBytes } from './key-bytes.ts';
import { defineScheme, type Order } from './scheme.ts';

/**
 * Versions of Alpine's package keeper: numbers, one letter, suffixes (`_rc1`, `_p2`), a commit hash (`~1a2b`) and a
 * revision (`-r3`). A letter may be followed by numbers again, as packages before apk-tools 3 do (`5.7.1p1-r0`).
 */
export const apk = defineScheme<readonly ApkToken[]>({
  id: 'apk',
  sources: [
    'https://man.archlinux.org/man/apk-package.5.en',
    'https://wiki.alpinelinux.org/wiki/Package_policies',
  ],
  lengthMax: 512,
  parse: parseApk,
  order: orderApk,
  keyOf: apkKey,
});

type ApkKind = 'number' | 'letter' | 'suffix' | 'suffix-number' | 'commit' | 'revision' | 'end';
type ApkToken = { readonly kind: ApkKind; readonly text: string };

const end: ApkToken = { kind: 'end', text: '' };

// Where two versions go on differently, the kind further down is the older; suffixes before the empty one are older
// than the end, the others newer.
const rankOfKind: Readonly<Record<ApkKind, number>> = {
  number: 0,
  letter: 1,
  suffix: 2,
  'suffix-number': 3,
  commit: 4,
  revision: 5,
  end: 6,
};
const suffixes = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p'];
const releaseSuffix = suffixes.indexOf('');

// Which kinds may follow a kind.
const followers: Readonly<Record<ApkKind, readonly ApkKind[]>> = {
  number: ['number', 'letter', 'suffix', 'commit', 'revision'],
  letter: ['number', 'suffix', 'commit', 'revision'],
  suffix: ['suffix-number', 'suffix', 'commit', 'revision'],
  'suffix-number': ['suffix', 'commit', 'revision'],
  commit: ['revision'],
  revision: [],
  end: [],
};

function parseApk(text: string): readonly ApkToken[] | null {
  const tokens: ApkToken[] = [];
  if (text === '') return null;
  let at = skipDigits(text, 0);
  tokens.push({ kind: 'number', text: text.slice(0, at) });
  while (at < text.length) {
    const before = tokens.at(-1)?.kind ?? 'number';
    const token = readToken(text, at, before);
    if (token === null || !followers[before].includes(token.kind)) return null;
    tokens.push({ kind: token.kind, text: text.slice(token.from, token.to) });
    at = token.to;
  }
  return tokens;
}

type Span = { readonly kind: ApkKind; readonly from: number; readonly to: number };

function readToken(text: string, at: number, before: ApkKind): Span | null {
  const code = text.charCodeAt(at);
  if (isDigit(code)) {
    const kind = before === 'suffix' ? 'suffix-number' : 'number';
    // Digits go on without a dot only behind a letter or a suffix.
    if (before !== 'suffix' && before !== 'letter') return null;
    return { kind, from: at, to: skipDigits(text, at) };
  }
  if (isLowerLetter(code)) return { kind: 'letter', from: at, to: at + 1 };
  if (code === 46) return { kind: 'number', from: at + 1, to: skipDigits(text, at + 1) };
  if (code === 95) return readSuffix(text, at + 1);
  if (code === 126) return readCommit(text, at + 1);
  if (code === 45 && text.charAt(at + 1) === 'r') {
    return { kind: 'revision', from: at + 2, to: skipDigits(text, at + 2) };
  }
  return null;
}

function readSuffix(text: string, from: number): Span | null {
  let to = from;
  while (to < text.length && isLowerLetter(text.charCodeAt(to))) to++;
  return to > from && suffixes.includes(text.slice(from, to)) ? { kind: 'suffix', from, to } : null;
}

function readCommit(text: string, from: number): Span | null {
  let to = from;
  while (to < text.length && '0123456789abcdef'.includes(text.charAt(to))) to++;
  return to > from ? { kind: 'commit', from, to } : null;
}

function orderApk(left: readonly ApkToken[], right: readonly ApkToken[]): Order {
  const length = Math.max(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left[i] ?? end;
    const b = right[i] ?? end;
    const order = a.kind === b.kind ? orderSame(a, b, i === 0) : orderKinds(a, b);
    if (order !== 0) return order;
  }
  return 0;
}

function orderSame(a: ApkToken, b: ApkToken, first: boolean): Order {
  switch (a.kind) {
    case 'number':
      // A leading zero makes it a decimal fraction: 1.09 is before 1.1.
      if (!first && (a.text.startsWith('0') || b.text.startsWith('0'))) return compareText(a.text, b.text);
      return compareNumbers(a.text, b.text);
    case 'suffix':
      return sign(suffixes.indexOf(a.text) - suffixes.indexOf(b.text));
    case 'letter':
    case 'commit':
      return compareText(a.text, b.text);
    default:
      return compareNumbers(a.text, b.text);
  }
}

function orderKinds(a: ApkToken, b: ApkToken): Order {
  if (isPreRelease(a)) return -1;
  if (isPreRelease(b)) return 1;
  return sign(rankOfKind[b.kind] - rankOfKind[a.kind]);
}

function isPreRelease(token: ApkToken): boolean {
  return token.kind === 'suffix' && suffixes.indexOf(token.text) < releaseSuffix;
}

const endMark = suffixes.length;

/** Bytes in the order of `orderApk`: pre-release suffixes by their place, the end, then kinds from the lowest up. */
function apkKey(tokens: readonly ApkToken[]): KeyBytes {
  const bytes: number[] = [];
  for (const [i, token] of tokens.entries()) {
    if (isPreRelease(token)) bytes.push(suffixes.indexOf(token.text));
    else bytes.push(endMark + rankOfKind.end - rankOfKind[token.kind], ...valueBytes(token, i === 0));
  }
  bytes.push(endMark);
  return bytes;
}

function valueBytes({ kind, text }: ApkToken, first: boolean): KeyBytes {
  switch (kind) {
    case 'number':
      if (first) return numberBytes(text);
      // No digits at all, then fractions by their text, then numbers by their value.
      if (text === '') return [0];
      return text.startsWith('0') ? [1, ...textBytes(text)] : [2, ...numberBytes(text)];
    case 'suffix':
      return [suffixes.indexOf(text)];
    case 'letter':
    case 'commit':
      return textBytes(text);
    default:
      return numberBytes(text);
  }
}
