import { isDigits } from './digits.ts';
import { numberListKey, orderNumberLists } from './number-list.ts';
import { defineScheme } from './scheme.ts';

/** Haskell package versions: dotted numbers, the longer list above its beginning. */
export const hackage = defineScheme<readonly string[]>({
  id: 'hackage',
  sources: ['https://pvp.haskell.org/#version-numbers'],
  lengthMax: 512,
  parse: parseHackage,
  order: orderNumberLists,
  keyOf: numberListKey,
});

function parseHackage(text: string): readonly string[] | null {
  const numbers = text.split('.');
  return numbers.every(isDigits) ? numbers : null;
}
