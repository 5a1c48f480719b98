import { type Problem, problem } from '../model/problem.ts';
import type { VersionScheme } from './contract.ts';

export type Order = -1 | 0 | 1;

/** What a scheme has to give: how a version is read, and how two that were read are ordered. */
export type SchemeParts<T> = {
  readonly id: string;
  readonly sources: readonly string[];
  readonly lengthMax: number;
  /** The parts of a version, or null when it is none. Only sees text within `lengthMax`. */
  parse(version: string): T | null;
  order(left: T, right: T): Order;
  /** Where more can be ordered than the specification calls valid; else whatever `parse` reads is valid. */
  isStrict?(parsed: T): boolean;
  readonly against?: VersionScheme['against'];
};

/** Joins parsing and ordering to a scheme that never throws and reads no text past its length limit. */
export function defineScheme<T>(parts: SchemeParts<T>): VersionScheme {
  const read = (version: string): T | Problem => {
    if (version.length > parts.lengthMax) return tooLong(parts, version);
    return parts.parse(version) ?? notOne(parts.id, version);
  };
  return {
    id: parts.id,
    sources: parts.sources,
    lengthMax: parts.lengthMax,
    isValid(version) {
      if (version.length > parts.lengthMax) return false;
      const parsed = parts.parse(version);
      return parsed !== null && (parts.isStrict?.(parsed) ?? true);
    },
    compare(left, right) {
      const a = read(left);
      if (isProblem(a)) return a;
      const b = read(right);
      return isProblem(b) ? b : parts.order(a, b);
    },
    ...(parts.against && { against: parts.against }),
  };
}

/** Tells a problem from whatever a scheme parses to: no parsed form carries both a `kind` and a `why`. */
export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'kind' in value && 'why' in value;
}

/** The problem of a text that is no version of the scheme. */
export function notOne(id: string, version: string): Problem {
  return problem('malformed', `version ${quote(version)}`, `This is not a ${id} version.`);
}

function tooLong(parts: { readonly id: string; readonly lengthMax: number }, version: string): Problem {
  const why = `This ${parts.id} version is longer than ${parts.lengthMax} characters.`;
  return problem('limit', `version ${quote(version)}`, why, 'versionLengthMax');
}

function quote(version: string): string {
  return JSON.stringify(version.length > 80 ? `${version.slice(0, 80)}…` : version);
}
