import type { Problem } from '../../model/problem.ts';
import { maven } from '../maven.ts';
import { isProblem, notOne, type Order } from '../scheme.ts';
import { type ComparatorOp, constraintLengthMax, holds, notAConstraint } from './constraint.ts';

/** Bounds are null where the range is open. */
type Interval = {
  readonly low: string | null;
  readonly isLowIn: boolean;
  readonly high: string | null;
  readonly isHighIn: boolean;
};

/**
 * Whether a version lies in one of the ranges of a Maven dependency (`[1.0,2.0),[3.0]`). A bare version is only a
 * recommendation, which every version fulfils.
 * Source: https://maven.apache.org/pom.html#dependency-version-requirement-specification
 */
export function satisfiesMaven(version: string, constraint: string): boolean | Problem {
  if (!maven.isValid(version)) return notOne('maven', version);
  const text = constraint.trim();
  if (!/^[[(]/.test(text))
    return maven.isValid(text) && !/[<>=!]/.test(text) ? true : notAConstraint('Maven', constraint);
  const intervals = constraint.length > constraintLengthMax ? null : parseIntervals(text);
  return intervals === null
    ? notAConstraint('Maven', constraint)
    : intervals.some((interval) => isInside(version, interval));
}

/**
 * Whether a version fulfils all comparisons of an advisory (`>= 1.0, < 1.5`; alternatives behind `||`). Here a bare
 * version means exactly that one.
 */
export function satisfiesMavenComparisons(version: string, constraint: string): boolean | Problem {
  if (!maven.isValid(version)) return notOne('maven', version);
  if (constraint.length > constraintLengthMax) return notAConstraint('Maven', constraint);
  let isInside = false;
  for (const alternative of constraint.split('||')) {
    const result = fulfilsAll(version, alternative);
    if (result === null) return notAConstraint('Maven', constraint);
    isInside ||= result;
  }
  return isInside;
}

function fulfilsAll(version: string, alternative: string): boolean | null {
  const words = alternative.replace(/([<>=!])\s+/g, '$1').split(/[\s,]+/);
  let isInside = true;
  for (const word of words.filter((text) => text !== '')) {
    const found = /^(==|!=|<=|>=|=|<|>)?([^<>=!]+)$/.exec(word);
    const order = found === null ? null : orderOf(version, found[2] ?? '');
    if (order === null) return null;
    const op = found?.[1] ?? '=';
    isInside &&= holds(op === '==' ? '=' : (op as ComparatorOp), order);
  }
  return isInside;
}

function parseIntervals(text: string): readonly Interval[] | null {
  const intervals: Interval[] = [];
  let rest = text;
  while (rest !== '') {
    const found = /^([[(])([^[\]()]*)([\])])\s*(?:,\s*|$)/.exec(rest);
    const interval = found === null ? null : parseInterval(found[1] ?? '', found[2] ?? '', found[3] ?? '');
    if (found === null || interval === null) return null;
    intervals.push(interval);
    rest = rest.slice(found[0].length);
  }
  return intervals;
}

function parseInterval(open: string, inside: string, close: string): Interval | null {
  const bounds = inside.split(',').map((bound) => bound.trim());
  const isLowIn = open === '[';
  const isHighIn = close === ']';
  const [low = '', high = low] = bounds;
  // A single version is only one when it is included from both sides.
  if (bounds.length > 2 || (bounds.length === 1 && (low === '' || !isLowIn || !isHighIn))) return null;
  if ((low !== '' && !maven.isValid(low)) || (high !== '' && !maven.isValid(high))) return null;
  if (low !== '' && high !== '' && (orderOf(low, high) ?? 1) > 0) return null;
  return { low: low || null, isLowIn, high: high || null, isHighIn };
}

function isInside(version: string, { low, isLowIn, high, isHighIn }: Interval): boolean {
  const above = low === null || holds(isLowIn ? '>=' : '>', orderOf(version, low) ?? 0);
  return above && (high === null || holds(isHighIn ? '<=' : '<', orderOf(version, high) ?? 0));
}

function orderOf(left: string, right: string): Order | null {
  const order = maven.compare(left, right);
  return isProblem(order) ? null : order;
}
