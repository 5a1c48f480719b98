import { compareNumbers } from './digits.ts';
import { type KeyBytes, listBytes, numberBytes } from './key-bytes.ts';
import type { Order } from './scheme.ts';

/** Orders lists of numbers by the first that differs; a list that only goes on is above. */
export function orderNumberLists(left: readonly string[], right: readonly string[]): Order {
  const length = Math.max(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left[i];
    const b = right[i];
    if (a === undefined) return -1;
    if (b === undefined) return 1;
    const order = compareNumbers(a, b);
    if (order !== 0) return order;
  }
  return 0;
}

/** Bytes in the order of `orderNumberLists`. */
export function numberListKey(numbers: readonly string[]): KeyBytes {
  return [...listBytes(numbers, (digits) => [1, ...numberBytes(digits)]), 0];
}
