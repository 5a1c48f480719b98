import { type ApiError, validation, violationsError } from './errors.ts';
import {
  parseQuery,
  type QueryParameter,
  type RequestHeaders,
  singleHeader,
  type WireRequest,
} from './http.ts';
import { parseJson } from './json.ts';
import type { Route } from './routes.ts';
import type { Member, Operation, Shape } from './schema.ts';
import { noViolations, readMember, refuse, refuseUnknown, type Violations } from './validate.ts';

export type Input = Readonly<Record<string, unknown>>;

export type Read =
  | { readonly ok: true; readonly input: Input }
  | { readonly ok: false; readonly error: ApiError };

/** Deep enough for every input and for the SBOMs of real tools; nothing that we read needs more. */
export const jsonDepthMax = 100;
export const jsonEntriesMax = 2_000_000;

/**
 * Reads the input of an operation from path, query, headers and body, and checks it whole: types, required members,
 * limits, members that the API does not know. A wrong request is an error value, never a throw.
 */
export function readInput(route: Route, request: WireRequest): Read {
  const { operation } = route;
  const body = readBody(request.body);
  if (!body.ok) return cannotParse(body.why);
  const query = parseQuery(request.rawQuery);
  if (!query) return cannotParse('The query string is not well-formed.');
  const violations = noViolations();
  const input: Record<string, unknown> = {};
  refuseUnknown(operation.input, body.value, '', violations);
  refuseUnknownQuery(operation, query, violations);
  for (const member of operation.input.members.values()) {
    const given = find(member, route, query, request.headers, body.value, violations);
    const value = readMember(operation.input, member, given, member.name, violations);
    if (value !== undefined) input[member.name] = value;
  }
  return violations.found.length > 0
    ? { ok: false, error: violationsError(violations.found) }
    : { ok: true, input };
}

type Body =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly why: string };

function readBody(bytes: Buffer): Body {
  if (bytes.length === 0) return { ok: true, value: {} };
  const parsed = parseJson(bytes, { depthMax: jsonDepthMax, entriesMax: jsonEntriesMax });
  if (!parsed.ok) return { ok: false, why: `The request body ${parsed.why}.` };
  const { value } = parsed;
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return { ok: false, why: 'The request body is not a JSON object.' };
  return { ok: true, value: value as Readonly<Record<string, unknown>> };
}

function cannotParse(message: string): Read {
  return { ok: false, error: validation(message, { reason: 'CANNOT_PARSE' }) };
}

function find(
  member: Member,
  route: Route,
  query: readonly QueryParameter[],
  headers: RequestHeaders,
  body: Readonly<Record<string, unknown>>,
  violations: Violations,
): unknown {
  switch (member.place) {
    case 'body':
      return Object.hasOwn(body, member.wireName) ? body[member.wireName] : undefined;
    case 'path':
      return route.labels.get(member.wireName);
    case 'query':
      return fromQuery(member, query, violations);
    case 'header':
      return fromText(member.shape, singleHeader(headers, member.wireName) ?? undefined);
  }
}

function fromQuery(member: Member, query: readonly QueryParameter[], violations: Violations): unknown {
  const values = query.filter(({ name }) => name === member.wireName).map(({ value }) => value);
  if (values.length === 0) return undefined;
  const { shape } = member;
  if (shape.kind === 'list') return values.map((value) => fromText(shape.element, value));
  if (values.length > 1) refuse(violations, member.name, 'Member must be given once');
  return fromText(shape, values[0]);
}

// Outside a body everything is text; what does not read as its type goes on as text and fails the type check.
function fromText(shape: Shape, value: string | undefined): unknown {
  if (shape.kind === 'number' && value && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value)) return Number(value);
  if (shape.kind === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

function refuseUnknownQuery(
  operation: Operation,
  query: readonly QueryParameter[],
  violations: Violations,
): void {
  const known = new Set<string>();
  for (const member of operation.input.members.values())
    if (member.place === 'query') known.add(member.wireName);
  for (const { name } of query)
    if (!known.has(name))
      refuse(violations, name.slice(0, 100), `Query parameter is not known to ${operation.name}`);
}
