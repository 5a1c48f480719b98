import { type Problem, type ProblemKind, problem, reasonOf } from '../../../model/problem.ts';

/** Thrown inside this plugin with a sentence that says what to do; discovery makes a problem of it. */
export class RegistryError extends Error {
  readonly kind: ProblemKind;
  readonly limit: string | null;

  constructor(kind: ProblemKind, message: string, limit: string | null = null) {
    super(message);
    this.name = 'RegistryError';
    this.kind = kind;
    this.limit = limit;
  }
}

/** What was thrown, as a problem at `where`. */
export function registryProblem(error: unknown, where: string): Problem {
  if (error instanceof RegistryError) return problem(error.kind, where, error.message, error.limit);
  return problem('unreadable', where, reasonOf(error));
}

/** An address as it may be shown: signatures and tokens travel in the query, passwords before the host. */
export function shownAddress(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** Text of a stranger, short and on one line. */
export function shownText(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, 200);
}
