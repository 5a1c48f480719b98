import { listLimits, memberLimits } from './constraints.ts';
import type { Limit } from './limits.ts';
import type { Member, Shape, Structure } from './schema.ts';

/** One thing that is wrong with an input. `name` is its path in the AWS form: `filterCriteria.severity.1.member`. */
export type Violation = { readonly name: string; readonly message: string };

/** Collects violations up to `violationsMax`; a walk stops once it is full. */
export type Violations = { readonly found: Violation[]; readonly isFull: () => boolean };

export const violationsMax = 50;

export function noViolations(): Violations {
  const found: Violation[] = [];
  return { found, isFull: () => found.length >= violationsMax };
}

/**
 * Checks a JSON value against its shape and limit and makes the value that handlers get: Dates for timestamps, bytes
 * for blobs, members that are null left out. What it returns has a meaning only while no violation was found.
 * Depth is bounded by the shape, or for documents by the parser.
 */
export function readValue(
  shape: Shape,
  limit: Limit | null,
  value: unknown,
  path: string,
  violations: Violations,
): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return readStructure(shape, value, path, violations);
    case 'list':
      return readList(shape.element, limit ?? namedLimit(shape.name), value, path, violations);
    case 'map':
      return readMap(shape.value, limit, value, path, violations);
    case 'string':
      return readString(limit, value, path, violations);
    case 'number':
      return readNumber(limit, value, path, violations);
    case 'boolean':
      if (typeof value !== 'boolean') refuse(violations, path, 'Member must be a boolean');
      return value;
    case 'timestamp':
      return readTimestamp(shape.format, value, path, violations);
    case 'blob':
      return readBlob(limit, value, path, violations);
    case 'document':
      return value;
  }
}

/** The limit that the table has for a member, or null. */
export function limitOf(structure: string, member: string): Limit | null {
  const limits = Object.hasOwn(memberLimits, structure) ? memberLimits[structure] : undefined;
  return limits && Object.hasOwn(limits, member) ? (limits[member] ?? null) : null;
}

export function refuse(violations: Violations, path: string, constraint: string): void {
  if (violations.isFull()) return;
  violations.found.push({
    name: path,
    message: `Value at '${path}' failed to satisfy constraint: ${constraint}`,
  });
}

/** Reads one member that may be absent; complains where it is required. */
export function readMember(
  structure: Structure,
  member: Member,
  value: unknown,
  path: string,
  violations: Violations,
): unknown {
  if (value !== undefined && value !== null)
    return readValue(member.shape, limitOf(structure.name, member.name), value, path, violations);
  if (member.required) refuse(violations, path, 'Member must not be null');
  return undefined;
}

function namedLimit(name: string | null): Limit | null {
  return name !== null && Object.hasOwn(listLimits, name) ? (listLimits[name] ?? null) : null;
}

function readStructure(structure: Structure, value: unknown, path: string, violations: Violations): unknown {
  if (!isRecord(value)) {
    refuse(violations, path, 'Member must be an object');
    return undefined;
  }
  refuseUnknown(structure, value, path, violations);
  const read: Record<string, unknown> = {};
  let present = 0;
  for (const member of structure.members.values()) {
    if (violations.isFull()) break;
    const given = Object.hasOwn(value, member.wireName) ? value[member.wireName] : undefined;
    if (given !== undefined && given !== null) present += 1;
    const result = readMember(structure, member, given, join(path, member.name), violations);
    if (result !== undefined) read[member.name] = result;
  }
  if (structure.kind === 'union' && present !== 1)
    refuse(violations, path, `Member must have exactly one of [${[...structure.members.keys()].join(', ')}]`);
  return read;
}

/** Refuses members of a body that the API does not have: a filter that is not understood must not be left out. */
export function refuseUnknown(
  structure: Structure,
  body: object,
  path: string,
  violations: Violations,
): void {
  for (const name of Object.keys(body)) {
    if (violations.isFull()) return;
    if (structure.members.get(name)?.place === 'body') continue;
    refuse(violations, join(path, name), `Member is not known to ${structure.name}`);
  }
}

function readList(
  element: Shape,
  limit: Limit | null,
  value: unknown,
  path: string,
  violations: Violations,
): unknown {
  if (!Array.isArray(value)) {
    refuse(violations, path, 'Member must be a list');
    return undefined;
  }
  const bounds = limit?.kind === 'list' ? limit : null;
  if (bounds && !hasLength(value.length, bounds, path, violations)) return undefined;
  const read: unknown[] = [];
  for (const [index, item] of value.entries()) {
    if (violations.isFull()) break;
    const at = `${path}.${index + 1}.member`;
    if (item === null) refuse(violations, at, 'Member must not be null');
    else read.push(readValue(element, bounds?.element ?? null, item, at, violations));
  }
  if (bounds?.unique && new Set(read).size !== read.length)
    refuse(violations, path, 'Member must have unique values');
  return read;
}

function readMap(
  shape: Shape,
  limit: Limit | null,
  value: unknown,
  path: string,
  violations: Violations,
): unknown {
  if (!isRecord(value)) {
    refuse(violations, path, 'Member must be an object');
    return undefined;
  }
  const bounds = limit?.kind === 'map' ? limit : null;
  const entries = Object.entries(value);
  if (bounds && !hasLength(entries.length, bounds, path, violations)) return undefined;
  const read: [string, unknown][] = [];
  for (const [key, item] of entries) {
    if (violations.isFull()) break;
    readString(bounds?.key ?? null, key, join(path, 'key'), violations);
    const at = `${join(path, key)}.value`;
    if (item === null) refuse(violations, at, 'Member must not be null');
    else read.push([key, readValue(shape, bounds?.value ?? null, item, at, violations)]);
  }
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(read);
}

function readString(limit: Limit | null, value: unknown, path: string, violations: Violations): unknown {
  if (typeof value !== 'string') {
    refuse(violations, path, 'Member must be a string');
  } else if (!value.isWellFormed() || value.includes('\0')) {
    // A database stores neither; the API's texts have no use for them.
    refuse(violations, path, 'Member must be well-formed Unicode text without NUL characters');
  } else if (limit?.kind === 'enum') {
    if (!limit.values.includes(value))
      refuse(violations, path, `Member must satisfy enum value set: [${limit.values.join(', ')}]`);
  } else if (limit?.kind === 'text' && hasLength(codePoints(value, limit), limit, path, violations)) {
    if (limit.pattern && !limit.pattern.matches(value))
      refuse(violations, path, `Member must satisfy regular expression pattern: ${limit.pattern.source}`);
  }
  return value;
}

/** Code points, counted only where UTF-16 units cannot decide: a point takes one unit or two. */
function codePoints(value: string, { min, max }: { readonly min: number; readonly max: number }): number {
  if ((value.length >= 2 * min && value.length <= max) || value.length > 2 * max) return value.length;
  let count = 0;
  for (const _ of value) count++;
  return count;
}

function readNumber(limit: Limit | null, value: unknown, path: string, violations: Violations): unknown {
  const type = limit?.kind === 'number' ? limit.type : 'double';
  const number = type === 'double' && typeof value === 'string' ? infinities.get(value) : value;
  if (typeof number !== 'number') {
    refuse(violations, path, 'Member must be a number');
  } else if (type !== 'double' && !Number.isSafeInteger(number)) {
    refuse(violations, path, 'Member must be an integer');
  } else if (limit?.kind === 'number') {
    if (number < limit.min)
      refuse(violations, path, `Member must have value greater than or equal to ${limit.min}`);
    if (number > limit.max)
      refuse(violations, path, `Member must have value less than or equal to ${limit.max}`);
  }
  return number;
}

// REST-JSON writes these two as strings. It also has NaN, which no bound can be.
const infinities = new Map([
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

function readTimestamp(format: string, value: unknown, path: string, violations: Violations): unknown {
  if (format === 'date-time') {
    const date = new Date(typeof value === 'string' && dateTime.test(value) ? value : Number.NaN);
    if (Number.isNaN(date.getTime())) refuse(violations, path, 'Member must be an RFC 3339 date-time');
    return date;
  }
  const date = new Date(typeof value === 'number' ? Math.round(value * 1_000) : Number.NaN);
  if (Number.isNaN(date.getTime()))
    refuse(violations, path, 'Member must be a timestamp in seconds since 1970');
  return date;
}

function readBlob(limit: Limit | null, value: unknown, path: string, violations: Violations): unknown {
  if (typeof value !== 'string' || !isBase64(value)) {
    refuse(violations, path, 'Member must be base64');
    return undefined;
  }
  const blob = Buffer.from(value, 'base64');
  if (limit?.kind === 'bytes') hasLength(blob.length, limit, path, violations);
  return new Uint8Array(blob);
}

function isBase64(value: string): boolean {
  return value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}

function hasLength(
  length: number,
  { min, max }: { readonly min: number; readonly max: number },
  path: string,
  violations: Violations,
): boolean {
  if (length < min) refuse(violations, path, `Member must have length greater than or equal to ${min}`);
  if (length > max) refuse(violations, path, `Member must have length less than or equal to ${max}`);
  return length >= min && length <= max;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const shownNameMax = 100;

// Names that a stranger chose come back in messages, so they are cut.
function join(path: string, name: string): string {
  const shown =
    name.length > shownNameMax ? `${name.slice(0, shownNameMax).toWellFormed()}…` : name.toWellFormed();
  return path === '' ? shown : `${path}.${shown}`;
}
