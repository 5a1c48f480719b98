import { type Problem, problem } from '../../model/problem.ts';
import type { Order } from '../scheme.ts';

export const constraintLengthMax = 2048;
const quotedLengthMax = 100;

/** A comparison with a version that was read: an operator and what it stands against. */
export type Comparator<T> = { readonly op: ComparatorOp; readonly version: T };

export type ComparatorOp = '<' | '<=' | '>' | '>=' | '=' | '!=';

/** Whether the order of a version against the comparator's own one fulfils it. */
export function holds(op: ComparatorOp, order: Order): boolean {
  switch (op) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
  }
}

/** The problem of a text that is no constraint of its syntax. */
export function notAConstraint(syntax: string, text: string): Problem {
  const short = text.length > quotedLengthMax ? `${text.slice(0, quotedLengthMax)}…` : text;
  if (text.length > constraintLengthMax) {
    const why = `The ${syntax} constraint is longer than ${constraintLengthMax} characters.`;
    return problem('limit', `constraint ${JSON.stringify(short)}`, why, 'constraintLengthMax');
  }
  return problem('malformed', `constraint ${JSON.stringify(short)}`, `This is not a ${syntax} constraint.`);
}
