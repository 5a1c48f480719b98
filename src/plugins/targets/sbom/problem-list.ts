import { type Fields, fields } from '../../../lib/fields.ts';
import { type Problem, type ProblemKind, problem } from '../../../model/problem.ts';

const problemsMax = 1000;
const shownLengthMax = 200;

/** The problems of one document, which may have one for each of a million components. */
export type ProblemList = {
  /** Past `problemsMax` only counted; the count is the last problem. */
  add(kind: ProblemKind, where: string, why: string, limit?: string | null): void;
  take(found: Problem): void;
  /** A member that should be a list. Anything else is a problem, since what it meant to list would be lost. */
  listIn(owner: Fields, key: string, where: string): readonly unknown[];
  /** The members of a list that are objects; others are problems. */
  objectsIn(owner: Fields, key: string, where: string): readonly Fields[];
  all(): readonly Problem[];
};

export function problemList(document: string): ProblemList {
  const kept: Problem[] = [];
  let count = 0;
  function take(found: Problem): void {
    if (++count <= problemsMax) kept.push(found);
  }
  function listIn(owner: Fields, key: string, where: string): readonly unknown[] {
    const value = owner[key];
    if (Array.isArray(value)) return value;
    if (value !== undefined && value !== null)
      take(problem('malformed', where, `'${key}' is no list, so what is in it is not read`));
    return [];
  }
  return {
    take,
    listIn,
    add: (kind, where, why, limit = null) => take(problem(kind, where, why, limit)),
    objectsIn(owner, key, where) {
      const members = listIn(owner, key, where);
      const objects = members.filter(isObject);
      if (objects.length < members.length) {
        const why = `${members.length - objects.length} members of '${key}' are no objects and are not read`;
        take(problem('malformed', where, why));
      }
      return objects;
    },
    all() {
      if (count <= problemsMax) return kept;
      const why = `has ${count - problemsMax} more problems than the ${problemsMax} that are listed`;
      return [...kept, problem('limit', document, why, 'problemsMax')];
    },
  };
}

function isObject(value: unknown): value is Fields {
  return value === fields(value);
}

/** Outside text as it may stand in a sentence: on one line, without control characters, and not endless. */
export function shown(text: string): string {
  const start = text.slice(0, shownLengthMax + 1);
  const plain = start.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();
  return (text.length > shownLengthMax ? `${plain.slice(0, shownLengthMax)}…` : plain).toWellFormed();
}
