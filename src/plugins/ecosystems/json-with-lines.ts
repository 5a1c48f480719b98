import { type Problem, problem } from '../../model/problem.ts';

/** Any JSON value. Objects keep the order of their keys; of keys that come twice the last counts, as everywhere. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export type JsonDocument = {
  readonly value: Json;
  /** The line on which a member of this object begins, from 1, or null. */
  lineOf(object: JsonObject, key: string): number | null;
};

export type JsonOptions = {
  /** Whether comments and commas before a closing bracket are allowed, as editors write them. */
  readonly allowComments: boolean;
};

const depthMax = 200;

/**
 * Parses JSON and remembers where members begin, which evidence needs and the language's own parser does not tell.
 * Source: https://www.rfc-editor.org/rfc/rfc8259
 */
export function parseJson(text: string, path: string, options: JsonOptions): JsonDocument | Problem {
  const state: State = { text, at: 0, line: 1, lineAt: 0, lines: new WeakMap(), options };
  try {
    const value = readValue(state, 0);
    skipSpace(state);
    if (state.at < text.length) fail(state, 'There is more behind the end of the document.');
    return { value, lineOf: (object, key) => state.lines.get(object)?.get(key) ?? null };
  } catch (error) {
    if (error instanceof BrokenJson) {
      const kind = error.limit === null ? 'malformed' : 'limit';
      return problem(kind, `${path}:${error.line}`, error.message, error.limit);
    }
    throw error;
  }
}

/** The value as an object, or null when it is none. */
export function objectOf(value: Json | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** The value as a list; empty when it is none. */
export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** The value as text, or null when it is none. */
export function stringOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

type State = {
  readonly text: string;
  at: number;
  line: number;
  lineAt: number;
  readonly lines: WeakMap<JsonObject, Map<string, number>>;
  readonly options: JsonOptions;
};

// Thrown and caught inside this file only: it unwinds the recursion.
class BrokenJson extends Error {
  readonly line: number;
  readonly limit: string | null;
  constructor(message: string, line: number, limit: string | null) {
    super(message);
    this.line = line;
    this.limit = limit;
  }
}

function fail(state: State, message: string, limit: string | null = null): never {
  throw new BrokenJson(message, currentLine(state), limit);
}

// Lines are counted up to where the parser stands, so the whole text is gone through once.
function currentLine(state: State): number {
  for (;;) {
    const next = state.text.indexOf('\n', state.lineAt);
    if (next < 0 || next >= state.at) return state.line;
    state.line++;
    state.lineAt = next + 1;
  }
}

function readValue(state: State, depth: number): Json {
  if (depth > depthMax) fail(state, `It is nested deeper than ${depthMax} levels.`, 'jsonDepthMax');
  skipSpace(state);
  const sign = state.text.charAt(state.at);
  if (sign === '{') return readObject(state, depth);
  if (sign === '[') return readArray(state, depth);
  if (sign === '"') return readString(state);
  return readScalar(state);
}

function readObject(state: State, depth: number): JsonObject {
  const object: { [key: string]: Json } = {};
  const lines = new Map<string, number>();
  state.lines.set(object, lines);
  state.at++;
  for (;;) {
    skipSpace(state);
    if (endsHere(state, '}', lines.size > 0)) return object;
    if (state.text.charAt(state.at) !== '"') fail(state, 'A name in quotes is missing here.');
    const line = currentLine(state);
    const key = readString(state);
    skipSpace(state);
    if (state.text.charAt(state.at) !== ':') fail(state, 'A colon is missing here.');
    state.at++;
    const value = readValue(state, depth + 1);
    // An own property even for `__proto__`.
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    lines.set(key, line);
    if (isAfterLast(state, '}')) return object;
  }
}

function readArray(state: State, depth: number): readonly Json[] {
  const list: Json[] = [];
  state.at++;
  for (;;) {
    skipSpace(state);
    if (endsHere(state, ']', list.length > 0)) return list;
    list.push(readValue(state, depth + 1));
    if (isAfterLast(state, ']')) return list;
  }
}

// A closing bracket where a value could stand: right behind the opening one, or behind a comma that is too many.
function endsHere(state: State, bracket: string, afterComma: boolean): boolean {
  if (state.text.charAt(state.at) !== bracket) return false;
  if (afterComma && !state.options.allowComments) fail(state, 'A value is missing behind the comma.');
  state.at++;
  return true;
}

function isAfterLast(state: State, bracket: string): boolean {
  skipSpace(state);
  const sign = state.text.charAt(state.at);
  if (sign !== ',' && sign !== bracket) fail(state, `A comma or ${bracket} is missing here.`);
  state.at++;
  return sign === bracket;
}

function readString(state: State): string {
  const from = state.at;
  let at = from + 1;
  let hasEscape = false;
  for (;;) {
    const code = state.text.charCodeAt(at);
    if (code === 34) break;
    if (Number.isNaN(code) || code < 32) fail(state, 'A text does not end.');
    if (code === 92) hasEscape = true;
    at += code === 92 ? 2 : 1;
  }
  state.at = at + 1;
  if (!hasEscape) return state.text.slice(from + 1, at);
  try {
    return JSON.parse(state.text.slice(from, at + 1)) as string;
  } catch {
    return fail(state, 'An escape inside a text is unknown.');
  }
}

const scalar = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

function readScalar(state: State): Json {
  scalar.lastIndex = state.at;
  const found = scalar.exec(state.text)?.[0];
  if (found === undefined) fail(state, 'A value is missing or unknown here.');
  state.at += found.length;
  return JSON.parse(found) as Json;
}

function skipSpace(state: State): void {
  for (;;) {
    const code = state.text.charCodeAt(state.at);
    if (code === 32 || code === 10 || code === 13 || code === 9) state.at++;
    else if (code === 47 && state.options.allowComments) skipComment(state);
    else return;
  }
}

function skipComment(state: State): void {
  const isLine = state.text.startsWith('//', state.at);
  if (!isLine && !state.text.startsWith('/*', state.at)) fail(state, 'A value is missing or unknown here.');
  const end = state.text.indexOf(isLine ? '\n' : '*/', state.at + 2);
  if (end < 0 && !isLine) fail(state, 'A comment does not end.');
  state.at = end < 0 ? state.text.length : end + (isLine ? 1 : 2);
}
