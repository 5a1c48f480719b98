/**
 * Something that the world got wrong, kept as a value. A stage that meets one reports it and goes on; coverage
 * shows it. It is never an exception and never an empty result.
 */
export type Problem = {
  readonly kind: ProblemKind;
  /** The file, record, layer or address that it happened at, as precise as is known. */
  readonly where: string;
  /** One sentence: what was wrong and, where a person can act, what to do. */
  readonly why: string;
  /** The name of the limit that was hit (`archiveDepthMax`), for kind `limit` only. */
  readonly limit: string | null;
};

export type ProblemKind =
  /** Could not be opened, fetched or read to the end. */
  | 'unreadable'
  /** Was read, and is not what its format says. */
  | 'malformed'
  /** Was refused or cut because it went past a named limit. */
  | 'limit'
  /** Tried to leave the place that it was read from. */
  | 'escape'
  /** Is a thing, format or version that we do not know. */
  | 'unsupported'
  /** Cannot be judged: no feed, no comparable version, end of support. */
  | 'not-assessed'
  /** Is older than it should be. */
  | 'stale';

/** Makes a problem; `limit` only belongs to kind `limit`. */
export function problem(kind: ProblemKind, where: string, why: string, limit: string | null = null): Problem {
  return { kind, where, why, limit };
}

/** What was thrown, as one line of text without a stack. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}
