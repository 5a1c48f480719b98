import { isDigits } from './digits.ts';
import { numberListKey, orderNumberLists } from './number-list.ts';
import { defineScheme } from './scheme.ts';

/** R package versions: numbers parted by dots or hyphens, which are the same. */
export const cran = defineScheme<readonly string[]>({
  id: 'cran',
  sources: ['https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file'],
  lengthMax: 512,
  parse: parseCran,
  order: orderNumberLists,
  keyOf: numberListKey,
});

function parseCran(text: string): readonly string[] | null {
  const numbers = text.split(/[.-]/);
  return numbers.every(isDigits) ? numbers : null;
}
