import type { Order } from './scheme.ts';

// Numbers in versions have no upper bound (dates, commit counts), so they are compared as text of digits.

/** Orders two runs of ASCII digits by their value, however long; an empty run is zero. */
export function compareNumbers(left: string, right: string): Order {
  const a = leadingZeros(left);
  const b = leadingZeros(right);
  const byLength = left.length - a - (right.length - b);
  if (byLength !== 0) return byLength < 0 ? -1 : 1;
  return compareText(a === 0 ? left : left.slice(a), b === 0 ? right : right.slice(b));
}

/** Orders by UTF-16 code units, which for ASCII is the order of bytes. */
export function compareText(left: string, right: string): Order {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** -1, 0 or 1 for any number. */
export function sign(value: number): Order {
  if (value === 0) return 0;
  return value < 0 ? -1 : 1;
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

export function isLowerLetter(code: number): boolean {
  return code >= 97 && code <= 122;
}

export function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isDigit(text.charCodeAt(i))) return false;
  return text.length > 0;
}

/** Where the run of digits that starts at `from` ends. */
export function skipDigits(text: string, from: number): number {
  let at = from;
  while (at < text.length && isDigit(text.charCodeAt(at))) at++;
  return at;
}

/** How many zeros a run of digits begins with. */
export function leadingZeros(text: string): number {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) === 48) at++;
  return at;
}
