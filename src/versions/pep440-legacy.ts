import { compareNumbers, compareText, isDigit, isLowerLetter } from './digits.ts';
import { type KeyBytes, listBytes, numberBytes, textBytes } from './key-bytes.ts';
import type { Order } from './scheme.ts';

// The order of setuptools before PEP 440. Words start with `*` here, so that the final mark sorts among them.

const final = '*final';
const afterFinal = '*final-';
const replacements: Readonly<Record<string, string>> = {
  pre: 'c',
  preview: 'c',
  '-': 'final-',
  rc: 'c',
  dev: '@',
};

/** The sortable parts of a version in the old free form: runs of digits, of letters, and single signs. */
export function legacyParts(text: string): readonly string[] {
  const parts: string[] = [];
  for (const piece of [...pieces(text.toLowerCase()), 'final']) {
    if (piece === '.') continue;
    if (isDigit(piece.charCodeAt(0))) parts.push(piece);
    else pushWord(parts, `*${Object.hasOwn(replacements, piece) ? replacements[piece] : piece}`);
  }
  return parts;
}

// In front of a pre-release word hyphens are dropped, in front of any word zeros are.
function pushWord(parts: string[], word: string): void {
  if (word < final) while (parts.at(-1) === afterFinal) parts.pop();
  while (isZero(parts.at(-1))) parts.pop();
  parts.push(word);
}

function isZero(part: string | undefined): boolean {
  return part !== undefined && !part.startsWith('*') && compareNumbers(part, '0') === 0;
}

function pieces(text: string): readonly string[] {
  const found: string[] = [];
  let at = 0;
  while (at < text.length) {
    const kind = kindAt(text, at);
    let to = at + 1;
    while (to < text.length && kind !== 'separator' && kindAt(text, to) === kind) to++;
    found.push(text.slice(at, to));
    at = to;
  }
  return found;
}

function kindAt(text: string, at: number): 'digit' | 'letter' | 'separator' | 'sign' {
  const code = text.charCodeAt(at);
  if (isDigit(code)) return 'digit';
  if (isLowerLetter(code)) return 'letter';
  return code === 46 || code === 45 ? 'separator' : 'sign';
}

/** Part by part: words below numbers, numbers by value; the shorter list is lower. */
export function orderLegacy(left: readonly string[], right: readonly string[]): Order {
  const length = Math.max(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left[i];
    const b = right[i];
    if (a === undefined) return -1;
    if (b === undefined) return 1;
    const order = orderPart(a, b);
    if (order !== 0) return order;
  }
  return 0;
}

function orderPart(a: string, b: string): Order {
  const aIsWord = a.startsWith('*');
  if (aIsWord !== b.startsWith('*')) return aIsWord ? -1 : 1;
  return aIsWord ? compareText(a, b) : compareNumbers(a, b);
}

/** Bytes in the order of `orderLegacy`. */
export function legacyKey(parts: readonly string[]): KeyBytes {
  const bytes = listBytes(parts, (part) =>
    part.startsWith('*') ? [1, ...textBytes(part)] : [2, ...numberBytes(part)],
  );
  return [...bytes, 0];
}
