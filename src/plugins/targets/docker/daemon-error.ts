import { UnixHttpError } from '../../../lib/unix-http.ts';
import { type Problem, type ProblemKind, problem, reasonOf } from '../../../model/problem.ts';

/** Thrown inside this plugin with a sentence that says what to do; discovery makes a problem of it. */
export class DaemonError extends Error {
  readonly kind: ProblemKind;
  readonly limit: string | null;

  constructor(kind: ProblemKind, message: string, limit: string | null = null) {
    super(message);
    this.name = 'DaemonError';
    this.kind = kind;
    this.limit = limit;
  }
}

/** What was thrown, as a problem at `where`. */
export function daemonProblem(error: unknown, where: string): Problem {
  if (error instanceof DaemonError) return problem(error.kind, where, error.message, error.limit);
  return problem('unreadable', where, reasonOf(error));
}

/** What went wrong on the way to the daemon, as a sentence that says what to do. `limit` names the bound on bytes. */
export function connectionError(error: unknown, socketPath: string, limit: string): unknown {
  if (!(error instanceof UnixHttpError)) return error;
  const at = `the daemon at ${socketPath}`;
  if (error.kind === 'limit') return new DaemonError('limit', error.message, limit);
  if (error.kind === 'malformed') return new DaemonError('malformed', `${at}: ${error.message}`);
  if (error.kind === 'absent')
    return new DaemonError('unreadable', `there is no socket ${socketPath}: is the daemon running?`);
  if (error.kind === 'refused')
    return new DaemonError('unreadable', `nothing listens at ${socketPath}: start the daemon`);
  if (error.kind === 'forbidden') {
    const why = `this user may not use ${socketPath}: run as root, or as a member of the group that owns it`;
    return new DaemonError('unreadable', why);
  }
  return new DaemonError('unreadable', `${at} ${error.message}`);
}

/** Text of a stranger, short and on one line. */
export function shownText(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, 200);
}
