import { type Problem, problem, reasonOf } from '../../../model/problem.ts';
import { shown } from './problem-list.ts';

export const jsonDepthMax = 200;
/** Objects, lists and members of either. */
export const jsonValuesMax = 5_000_000;
const namedMax = 5;
const listedKeysMax = 16;

export type JsonReading = { readonly value: unknown; readonly problems: readonly Problem[] };

/**
 * Parses JSON whose author is not trusted. Nesting past `jsonDepthMax` and more values than
 * `jsonValuesMax` are refused before anything is built. Where an
 * object has a key twice the last one counts, as everywhere, and a problem says so: another reader may see the first.
 * Source: https://www.rfc-editor.org/rfc/rfc8259
 */
export function parseJsonDocument(text: string, where: string): JsonReading | Problem {
  const { depth, values, duplicates, duplicateCount } = survey(text);
  if (depth > jsonDepthMax) {
    const why = `is nested deeper than ${jsonDepthMax} levels`;
    return problem('limit', where, why, 'jsonDepthMax');
  }
  if (values > jsonValuesMax) {
    const why = `has more than ${jsonValuesMax} values`;
    return problem('limit', where, why, 'jsonValuesMax');
  }
  let value: unknown;
  try {
    value = parseWellFormed(text);
  } catch (error) {
    return problem('malformed', where, `is not JSON: ${shown(reasonOf(error))}`);
  }
  if (duplicateCount === 0) return { value, problems: [] };
  const names = `${duplicates.map(shown).join(', ')}${duplicateCount > namedMax ? ', …' : ''}`;
  const why = `has objects with the same key twice (${duplicateCount}: ${names}); the last one counts`;
  return { value, problems: [problem('malformed', where, why)] };
}

/**
 * JSON as the language parses it, but that half of a surrogate pair, which only an escape can write and no encoder
 * takes, becomes a replacement character. Throws for what is no JSON. Nesting must be bounded already.
 */
export function parseWellFormed(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return /\\u[dD][89a-fA-F]/.test(text) ? wellFormed(value) : value;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.toWellFormed(), wellFormed(item)]),
  );
}

type Survey = {
  readonly depth: number;
  readonly values: number;
  readonly duplicates: readonly string[];
  readonly duplicateCount: number;
};

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

// One walk over the characters, before the parser; it stops where nesting is too deep. Cost: about 150 MB a second.
function survey(text: string): Survey {
  const keys: KeySet[] = [];
  const isObject: boolean[] = [];
  const duplicates: string[] = [];
  let duplicateCount = 0;
  let depth = 0;
  let values = 0;
  let isKeyNext = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = endOfString(text, at + 1);
      if (isKeyNext && isObject[depth] === true) {
        isKeyNext = false;
        const key = text.slice(at + 1, end);
        if (!(keys[depth] as KeySet).add(key) && ++duplicateCount <= namedMax) duplicates.push(key);
      }
      at = end;
    } else if (code === comma) {
      isKeyNext = true;
      if (++values > jsonValuesMax) break;
    } else if (code === openBrace || code === openBracket) {
      if (++depth > jsonDepthMax || ++values > jsonValuesMax) break;
      isObject[depth] = code === openBrace;
      isKeyNext = true;
      keys[depth] ??= keySet();
      (keys[depth] as KeySet).clear();
    } else if ((code === closeBrace || code === closeBracket) && depth > 0) depth--;
  }
  return { depth, values, duplicates, duplicateCount };
}

function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash) at++;
  }
  return text.length;
}

type KeySet = { add(key: string): boolean; clear(): void };

// Most objects have a handful of keys, for which a list is quicker than a set; hostile ones have a million.
function keySet(): KeySet {
  let few: string[] = [];
  let many: Set<string> | null = null;
  return {
    add(key) {
      if (many === null && few.length >= listedKeysMax) many = new Set(few);
      if (many !== null) return !many.has(key) && many.add(key) !== null;
      if (few.includes(key)) return false;
      few.push(key);
      return true;
    },
    clear() {
      few = [];
      many = null;
    },
  };
}
