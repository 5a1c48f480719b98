import { type Problem, problem } from '../../model/problem.ts';
import { versionScheme } from '../../versions/registry.ts';
import { everything, type Interval, intervalAlgebra } from './intervals.ts';

/** How one ecosystem writes version constraints. */
export type Dialect = {
  /** The scheme whose order the constraints use. */
  readonly scheme: string;
  /** One comparison to an interval, or null when it is not one of the dialect's. */
  readonly comparison: (operator: string, version: string) => readonly Interval[] | null;
};

const constraintLengthMax = 2000;

/** Comparisons that must all hold: `>= 1.0, < 2.0` or, for npm, `>=1.0 <2.0`. */
export function allOf(text: string, dialect: Dialect): readonly Interval[] | Problem {
  const scheme = versionScheme(dialect.scheme);
  const where = text.slice(0, 100);
  if (scheme === null || text.length > constraintLengthMax)
    return problem('malformed', where, 'not a version constraint');
  const algebra = intervalAlgebra(scheme, where);
  const parts = comparisonsIn(text);
  if (parts === null) return problem('malformed', where, 'not a version constraint');
  let intervals: readonly Interval[] = [everything];
  for (const { operator, version } of parts) {
    const comparison = dialect.comparison(operator, version);
    if (comparison === null) {
      return problem('malformed', where, `${operator}${version} is not a version comparison`);
    }
    const both = algebra.intersect(intervals, comparison);
    if ('why' in both) return both;
    intervals = both;
  }
  return intervals;
}

type Comparison = { readonly operator: string; readonly version: string };

/** The comparisons of a text, or null when there are none or something is left over. */
function comparisonsIn(text: string): readonly Comparison[] | null {
  const found: Comparison[] = [];
  const next = /\s{0,20}([<>=!~^]{0,2})\s{0,20}([^\s,<>=!~^]{1,200})\s{0,20},?\s{0,20}/y;
  while (next.lastIndex < text.length) {
    const match = next.exec(text);
    if (match === null) return null;
    found.push({ operator: match[1] ?? '', version: match[2] ?? '' });
  }
  return found.length === 0 ? null : found;
}

/** Alternatives of such comparisons, joined by `||`. */
export function anyOf(text: string, dialect: Dialect): readonly Interval[] | Problem {
  const found: Interval[] = [];
  for (const part of text.split('||')) {
    const intervals = allOf(part, dialect);
    if (!Array.isArray(intervals)) return intervals;
    found.push(...intervals);
  }
  return found;
}

function bounds(
  low: string | null,
  high: string | null,
  open: { low?: boolean; high?: boolean } = {},
): readonly Interval[] {
  return [{ low, lowOpen: open.low ?? false, high, highOpen: open.high ?? false }];
}

function plain(operator: string, version: string): readonly Interval[] | null {
  switch (operator) {
    case '':
    case '=':
    case '==':
      return bounds(version, version);
    case '>':
      return bounds(version, null, { low: true });
    case '>=':
      return bounds(version, null);
    case '<':
      return bounds(null, version, { high: true });
    case '<=':
      return bounds(null, version);
    case '!=':
      return [...bounds(null, version, { high: true }), ...bounds(version, null, { low: true })];
    default:
      return null;
  }
}

/** Source: https://guides.rubygems.org/patterns/#declaring-dependencies (`~>`, the pessimistic operator) */
export const gemDialect: Dialect = {
  scheme: 'gem',
  comparison(operator, version) {
    if (operator !== '~>') return plain(operator, version);
    const numbers = version
      .split('.')
      .filter((_part, index, parts) => parts.slice(0, index + 1).every(isNumber));
    if (numbers.length === 0) return null;
    const kept = numbers.length > 1 ? numbers.slice(0, -1) : numbers;
    const last = Number(kept.at(-1) ?? '0') + 1;
    // Pre-releases of the next series are outside too; `.a` is the lowest that is in use.
    return bounds(version, `${[...kept.slice(0, -1), last].join('.')}.a`, { high: true });
  },
};

/** Source: https://getcomposer.org/doc/articles/versions.md */
export const composerDialect: Dialect = { scheme: 'composer', comparison: plain };

/** Source: https://hexdocs.pm/elixir/Version.html#module-requirements */
export const hexDialect: Dialect = { scheme: 'semver', comparison: plain };

/** Source: https://github.com/npm/node-semver#ranges */
export const npmDialect: Dialect = {
  scheme: 'semver',
  comparison(operator, text) {
    const version = text.replace(/^v/, '');
    if (/^[*xX]?$/.test(version) || /^[*xX]\./.test(version)) return [everything];
    const match =
      /^(\d{1,10})(?:\.(\d{1,10}|[xX*]))?(?:\.(\d{1,10}|[xX*]))?(-[\w.-]{1,100})?(?:\+[\w.-]{1,100})?$/.exec(
        version,
      );
    if (match === null) return null;
    const numbers = match
      .slice(1, 4)
      .filter((part) => part !== undefined && isNumber(part))
      .map(Number);
    const tag = match[4] ?? '';
    const low = `${[...numbers, 0, 0].slice(0, 3).join('.')}${tag}`;
    // The first version after everything that a shortened number stands for.
    const after = (count: number) => {
      const kept = numbers.slice(0, count);
      const raised = [...kept.slice(0, -1), (kept.at(-1) ?? 0) + 1];
      return `${[...raised, 0, 0].slice(0, 3).join('.')}-0`;
    };
    const isWhole = numbers.length === 3;
    if (operator === '^') return bounds(low, after(caretCount(numbers)), { high: true });
    if (operator === '~' || operator === '~>')
      return bounds(low, after(Math.min(numbers.length, 2)), { high: true });
    if (isWhole) return plain(operator, low);
    if (operator === '' || operator === '=') return bounds(low, after(numbers.length), { high: true });
    if (operator === '<=') return bounds(null, after(numbers.length), { high: true });
    return operator === '>' ? bounds(after(numbers.length), null) : plain(operator, low);
  },
};

/** `^` keeps the first number that is not zero. */
function caretCount(numbers: readonly number[]): number {
  const first = numbers.findIndex((number) => number > 0);
  return first < 0 ? numbers.length : first + 1;
}

function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}
