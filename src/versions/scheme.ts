import { type Problem, problem } from '../model/problem.ts';
import type { VersionScheme } from './contract.ts';
import { type KeyBytes, versionKeyBytesMax } from './key-bytes.ts';

export type Order = -1 | 0 | 1;

/** What a scheme has to give: how a version is read, and how two that were read are ordered. */
export type SchemeParts<T> = {
  readonly id: string;
  readonly sources: readonly string[];
  readonly lengthMax: number;
  /** The parts of a version, or null when it is none. Only sees text within `lengthMax`. */
  parse(version: string): T | null;
  order(left: T, right: T): Order;
  /** Bytes that order as `order` does, or null where its order is not total and the version has no place. */
  keyOf(parsed: T): KeyBytes | null;
  /** The end of what counts as equal to a bound, where `against` lets other versions count so. */
  keyAboveOf?(parsed: T): KeyBytes;
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
    key(version) {
      const parsed = read(version);
      return isProblem(parsed) ? parsed : fitted(parts.id, version, parts.keyOf(parsed));
    },
    keyAbove(bound) {
      const parsed = read(bound);
      if (isProblem(parsed)) return parsed;
      const key = fitted(parts.id, bound, parts.keyOf(parsed));
      // No bytes lie between a key and itself with a zero behind.
      return isProblem(key) ? key : Uint8Array.from(parts.keyAboveOf?.(parsed) ?? [...key, 0]);
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

function fitted(id: string, version: string, key: KeyBytes | null): Uint8Array | Problem {
  const where = `version ${quote(version)}`;
  if (key === null) {
    return problem('not-assessed', where, `This ${id} version has no place in an order of all versions.`);
  }
  if (key.length <= versionKeyBytesMax) return Uint8Array.from(key);
  const why = `The key of this ${id} version is longer than ${versionKeyBytesMax} bytes.`;
  return problem('limit', where, why, 'versionKeyBytesMax');
}

function tooLong(parts: { readonly id: string; readonly lengthMax: number }, version: string): Problem {
  const why = `This ${parts.id} version is longer than ${parts.lengthMax} characters.`;
  return problem('limit', `version ${quote(version)}`, why, 'versionLengthMax');
}

function quote(version: string): string {
  return JSON.stringify(version.length > 80 ? `${version.slice(0, 80)}…` : version);
}
