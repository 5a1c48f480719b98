import { compareNumbers, compareText } from './digits.ts';
import { type KeyBytes, numberBytes, textBytes } from './key-bytes.ts';
import { defineScheme, type Order } from './scheme.ts';
import { dottedNumbersKey, orderNumbers } from './semver-parts.ts';

/** OpenSSL releases: three numbers, then letters for patches (`1.0.2zg`, before 3.0) or a pre-release. */
export const openssl = defineScheme<OpensslVersion>({
  id: 'openssl',
  sources: ['https://openssl-library.org/policies/general/versioning-policy/'],
  lengthMax: 64,
  parse: parseOpenssl,
  order: orderOpenssl,
  keyOf: opensslKey,
});

type OpensslVersion = {
  readonly numbers: readonly string[];
  readonly patch: string;
  /** `dev`, `alpha`, `beta` or `pre` and its number. */
  readonly pre: { readonly word: string; readonly number: string } | null;
};

function parseOpenssl(text: string): OpensslVersion | null {
  const found = /^(\d+(?:\.\d+){0,2})([a-z]{0,8})(?:-(dev|alpha|beta|pre)\.?(\d*))?$/.exec(
    text.toLowerCase(),
  );
  if (found === null) return null;
  const word = found[3];
  return {
    numbers: (found[1] ?? '').split('.'),
    patch: found[2] ?? '',
    pre: word === undefined ? null : { word, number: found[4] || '0' },
  };
}

function orderOpenssl(left: OpensslVersion, right: OpensslVersion): Order {
  return (
    orderNumbers(left.numbers, right.numbers) ||
    compareText(left.patch, right.patch) ||
    orderPre(left.pre, right.pre)
  );
}

// The words happen to be in alphabetical order, but for `dev`, which comes before the first alpha.
function orderPre(left: OpensslVersion['pre'], right: OpensslVersion['pre']): Order {
  if (left === null || right === null) {
    if (left === right) return 0;
    return left === null ? 1 : -1;
  }
  return compareText(place(left.word), place(right.word)) || compareNumbers(left.number, right.number);
}

function place(word: string): string {
  return word === 'dev' ? '' : word;
}

// Any byte below that of a number ends the numbers.
const numbersEnd = 0;

function opensslKey({ numbers, patch, pre }: OpensslVersion): KeyBytes {
  const release = [...dottedNumbersKey(numbers), numbersEnd, ...textBytes(patch)];
  return pre === null
    ? [...release, 2]
    : [...release, 1, ...textBytes(place(pre.word)), ...numberBytes(pre.number)];
}
