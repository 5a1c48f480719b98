import { compareNumbers, compareText, isDigit, isDigits } from './digits.ts';
import { type KeyBytes, listBytes, numberBytes, textBytes } from './key-bytes.ts';
import { legacyKey, legacyParts, orderLegacy } from './pep440-legacy.ts';
import { defineScheme, type Order } from './scheme.ts';
import { dottedNumbersKey } from './semver-parts.ts';

/**
 * Python versions. Texts that begin with a number and that PEP 440 refuses (`2004d`, `0.7.11p1`) are invalid, yet ordered
 * as setuptools did before 66: below every PEP 440 version.
 */
export const pep440 = defineScheme<PythonVersion>({
  id: 'pep440',
  sources: [
    'https://packaging.python.org/en/latest/specifications/version-specifiers/',
    'https://peps.python.org/pep-0440/',
  ],
  lengthMax: 512,
  parse: (text) => parsePep440(text) ?? parseLegacy(text),
  order: orderPython,
  keyOf: pythonKey,
  keyAboveOf: pythonKeyAbove,
  isStrict: (version) => 'release' in version,
  // A bound without a local label means every build of its version.
  against: (version, bound) => (bound.includes('+') ? version : (version.split('+', 1)[0] ?? version)),
});

export type Pep440Version = {
  readonly epoch: string;
  /** At least one number, as written. */
  readonly release: readonly string[];
  /** `a`, `b` or `rc` and its number. */
  readonly pre: { readonly phase: string; readonly number: string } | null;
  readonly post: string | null;
  readonly dev: string | null;
  /** Parts of the local label; empty when there is none. */
  readonly local: readonly string[];
};

type PythonVersion = Pep440Version | { readonly legacy: readonly string[] };

const phases: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' };

/** The parts of a version that PEP 440 allows, normalised, or null. */
export function parsePep440(text: string): Pep440Version | null {
  const source = text.trim().toLowerCase();
  const take = scanner(source);
  take(/v?/y);
  const epoch = take(/(\d+)!/y)?.[1] ?? '0';
  const release = take(/\d+(?:\.\d+)*/y)?.[0].split('.');
  if (release === undefined) return null;
  const pre = take(/[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*)/y);
  const post = take(/-(\d+)|[-_.]?(?:post|rev|r)[-_.]?(\d*)/y);
  const dev = take(/[-_.]?dev[-_.]?(\d*)/y);
  const local = take(/\+([a-z0-9]+(?:[-_.][a-z0-9]+)*)/y);
  if (take(/$/y) === null) return null;
  return {
    epoch,
    release,
    pre: pre?.[1] === undefined ? null : { phase: phases[pre[1]] ?? pre[1], number: pre[2] || '0' },
    post: post === null ? null : post[1] || post[2] || '0',
    dev: dev === null ? null : dev[1] || '0',
    local: local?.[1]?.split(/[-_.]/) ?? [],
  };
}

// Every pattern is sticky and has one way to match, so the whole is linear.
function scanner(source: string): (pattern: RegExp) => RegExpExecArray | null {
  let at = 0;
  return (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found !== null) at += found[0].length;
    return found;
  };
}

// A text that begins otherwise names no version (`unknown`, `latest`, a commit), and is not ordered.
function parseLegacy(text: string): PythonVersion | null {
  if (!isDigit(text.charCodeAt(0))) return null;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 32 || code >= 127) return null;
  }
  return { legacy: legacyParts(text) };
}

function orderPython(left: PythonVersion, right: PythonVersion): Order {
  if ('legacy' in left) return 'legacy' in right ? orderLegacy(left.legacy, right.legacy) : -1;
  if ('legacy' in right) return 1;
  return orderPep440(left, right);
}

/** The order of PEP 440, local labels included. */
export function orderPep440(left: Pep440Version, right: Pep440Version): Order {
  return (
    compareNumbers(left.epoch, right.epoch) ||
    orderRelease(left.release, right.release) ||
    orderPre(left, right) ||
    orderOptional(left.post, right.post, -1) ||
    orderOptional(left.dev, right.dev, 1) ||
    orderLocal(left.local, right.local)
  );
}

/** Orders release numbers; trailing zeros do not count. */
export function orderRelease(left: readonly string[], right: readonly string[]): Order {
  const length = Math.max(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const order = compareNumbers(left[i] ?? '0', right[i] ?? '0');
    if (order !== 0) return order;
  }
  return 0;
}

function orderPre(left: Pep440Version, right: Pep440Version): Order {
  return (
    compareText(preRank(left), preRank(right)) ||
    compareNumbers(left.pre?.number ?? '0', right.pre?.number ?? '0')
  );
}

// A bare development release comes before the pre-releases; a release after them: `` < a < b < rc < z.
function preRank(version: Pep440Version): string {
  if (version.pre !== null) return version.pre.phase;
  return version.post === null && version.dev !== null ? '' : 'z';
}

// `ifAbsent` is the order of an absent number against a present one.
function orderOptional(left: string | null, right: string | null, ifAbsent: Order): Order {
  if (left === null || right === null) {
    if (left === right) return 0;
    return left === null ? ifAbsent : ifAbsent === 1 ? -1 : 1;
  }
  return compareNumbers(left, right);
}

// No label is lowest, words are below numbers.
function orderLocal(left: readonly string[], right: readonly string[]): Order {
  const length = Math.max(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left[i];
    const b = right[i];
    if (a === undefined) return -1;
    if (b === undefined) return 1;
    const aIsNumber = isDigits(a);
    if (aIsNumber !== isDigits(b)) return aIsNumber ? 1 : -1;
    const order = aIsNumber ? compareNumbers(a, b) : compareText(a, b);
    if (order !== 0) return order;
  }
  return 0;
}

const mark = { legacy: 1, version: 2, end: 0, word: 1, number: 2, aboveLocal: 3 };
const phaseRanks = ['', 'a', 'b', 'rc', 'z'];

function pythonKey(version: PythonVersion): KeyBytes {
  if ('legacy' in version) return [mark.legacy, ...legacyKey(version.legacy)];
  return [...publicKey(version), ...listBytes(version.local, localBytes), mark.end];
}

// Whatever local label follows counts as equal to a bound that has none.
function pythonKeyAbove(bound: PythonVersion): KeyBytes {
  if ('legacy' in bound || bound.local.length > 0) return [...pythonKey(bound), 0];
  return [...publicKey(bound), mark.aboveLocal];
}

// Everything but the local label.
function publicKey(version: Pep440Version): KeyBytes {
  return [
    mark.version,
    ...numberBytes(version.epoch),
    ...dottedNumbersKey(version.release),
    mark.end,
    phaseRanks.indexOf(preRank(version)),
    ...numberBytes(version.pre?.number ?? '0'),
    ...(version.post === null ? [1] : [2, ...numberBytes(version.post)]),
    ...(version.dev === null ? [2] : [1, ...numberBytes(version.dev)]),
  ];
}

function localBytes(part: string): KeyBytes {
  return isDigits(part) ? [mark.number, ...numberBytes(part)] : [mark.word, ...textBytes(part)];
}
