import type { Problem } from '../../model/problem.ts';
import { composer } from '../composer.ts';
import { isDigits } from '../digits.ts';
import { isProblem, notOne } from '../scheme.ts';
import { type ComparatorOp, constraintLengthMax, holds, notAConstraint } from './constraint.ts';

type Comparison = { readonly op: ComparatorOp; readonly bound: string };

const comparisonsMax = 256;

/**
 * Whether a version fulfils a Composer constraint: alternatives joined by `||` or `|`, each a list parted by commas or
 * blanks. Bounds reach down to the development state of their version, as Composer's own do.
 * Source: https://getcomposer.org/doc/articles/versions.md#writing-version-constraints
 */
export function satisfiesComposer(version: string, constraint: string): boolean | Problem {
  if (composer.compare(version, version) !== 0) return notOne('composer', version);
  if (constraint.length > constraintLengthMax) return notAConstraint('Composer', constraint);
  let isInside = false;
  for (const alternative of constraint.split(/\|\|?/)) {
    const comparisons = parseAlternative(alternative.trim());
    if (comparisons === null) return notAConstraint('Composer', constraint);
    isInside ||= comparisons.every(({ op, bound }) => {
      const order = composer.compare(version, bound);
      return !isProblem(order) && holds(op, order);
    });
  }
  return isInside;
}

function parseAlternative(text: string): readonly Comparison[] | null {
  const hyphen = text.split(/\s+-\s+/);
  if (hyphen.length === 2) return parseHyphen(hyphen[0] ?? '', hyphen[1] ?? '');
  const words = text.replace(/([<>=!~^])\s+/g, '$1').split(/[\s,]+/);
  const comparisons: Comparison[] = [];
  for (const word of words.filter((part) => part !== '')) {
    const parsed = parseWord(word.replace(/@(?:dev|alpha|beta|rc|stable)$/i, '') || '*');
    if (parsed === null || comparisons.length > comparisonsMax) return null;
    comparisons.push(...parsed);
  }
  return words.every((word) => word === '') ? null : comparisons;
}

function parseWord(word: string): readonly Comparison[] | null {
  if (/^v?[*xX](?:\.[*xX])*$/.test(word)) return [];
  const found = /^(~|\^|<>|!=|==|>=|<=|=|>|<)?v?(.+)$/.exec(word);
  const op = found?.[1] ?? '';
  const bound = found?.[2] ?? '';
  if (op === '~' || op === '^') return parseSpan(op, bound);
  const wildcard = /^(\d+(?:\.\d+){0,2})\.[*xX](?:\.[*xX])*$/.exec(bound)?.[1];
  if (wildcard !== undefined)
    return op === '' ? between(wildcard, raised(wildcard, wildcard.split('.').length - 1)) : null;
  if (!isBound(bound)) return null;
  return [{ op: operatorOf(op), bound: op === '<' || op === '>=' ? floor(bound) : bound }];
}

function operatorOf(op: string): ComparatorOp {
  if (op === '' || op === '==') return '=';
  return op === '<>' ? '!=' : (op as ComparatorOp);
}

// `~1.2.3` keeps all but the last number; `^0.3` keeps the first that is not zero.
function parseSpan(op: '~' | '^', bound: string): readonly Comparison[] | null {
  const numbers = /^\d+(?:\.\d+){0,3}/.exec(bound)?.[0].split('.');
  if (numbers === undefined || !isBound(bound)) return null;
  const first = numbers.findIndex((number) => Number(number) !== 0);
  const position =
    op === '~' ? Math.max(0, numbers.length - 2) : first < 0 ? numbers.length - 1 : Math.min(first, 2);
  return between(bound, raised(numbers.join('.'), position));
}

function parseHyphen(from: string, to: string): readonly Comparison[] | null {
  if (!isBound(from) || !isBound(to)) return null;
  const numbers = to.replace(/^v/, '').split('.');
  const isShort = numbers.length < 3 && numbers.every(isDigits);
  const low: Comparison = { op: '>=', bound: floor(from) };
  if (!isShort) return [low, { op: '<=', bound: to }];
  const next = raised(numbers.join('.'), numbers.length - 1);
  return next === null ? null : [low, { op: '<', bound: floor(next) }];
}

function between(low: string, high: string | null): readonly Comparison[] | null {
  if (high === null) return null;
  return [
    { op: '>=', bound: floor(low) },
    { op: '<', bound: floor(high) },
  ];
}

function raised(version: string, position: number): string | null {
  const numbers = version.split('.');
  const value = Number(numbers[position] ?? '0');
  return value < Number.MAX_SAFE_INTEGER
    ? [...numbers.slice(0, position), String(value + 1)].join('.')
    : null;
}

// The lowest state of a version, unless it names one itself.
function floor(version: string): string {
  return /[A-Za-z]/.test(version.replace(/^v/, '')) ? version : `${version}-dev`;
}

function isBound(version: string): boolean {
  return composer.compare(version, version) === 0;
}
