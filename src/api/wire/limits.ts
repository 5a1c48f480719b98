import { type EnumName, enumValues } from './schema.ts';

/** What a value must keep to beyond its type. Lengths count Unicode code points, entries or bytes; bounds include. */
export type Limit =
  | { readonly kind: 'text'; readonly min: number; readonly max: number; readonly pattern: Pattern | null }
  | { readonly kind: 'enum'; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: 'number'; readonly type: NumberType; readonly min: number; readonly max: number }
  | { readonly kind: 'bytes'; readonly min: number; readonly max: number }
  | {
      readonly kind: 'list';
      readonly min: number;
      readonly max: number;
      readonly unique: boolean;
      readonly element: Limit | null;
    }
  | {
      readonly kind: 'map';
      readonly min: number;
      readonly max: number;
      readonly key: Limit | null;
      readonly value: Limit | null;
    };

/** The SDK's schemas call all of these a number. */
export type NumberType = 'integer' | 'long' | 'double';

/** A pattern of the API: its text as the API publishes it, and a test that takes linear time. */
export type Pattern = { readonly source: string; readonly matches: (text: string) => boolean };

/** No upper bound of its own; the bound on the body remains. */
export const unbounded = Number.POSITIVE_INFINITY;

/** A string. A plain `source` is run as it is, so it must neither nest quantifiers nor backtrack without bound. */
export function text(min: number, max: number, pattern: string | Pattern | null = null): Limit {
  return { kind: 'text', min, max, pattern: typeof pattern === 'string' ? regexPattern(pattern) : pattern };
}

export function enumOf(name: EnumName): Limit {
  return { kind: 'enum', name, values: enumValues(name) };
}

export function oneOf(name: string, values: readonly string[]): Limit {
  return { kind: 'enum', name, values };
}

export function integer(min = -(2 ** 31), max = 2 ** 31 - 1): Limit {
  return { kind: 'number', type: 'integer', min, max };
}

export function long(): Limit {
  return { kind: 'number', type: 'long', min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };
}

export function double(): Limit {
  return { kind: 'number', type: 'double', min: Number.NEGATIVE_INFINITY, max: unbounded };
}

export function bytes(min: number, max: number): Limit {
  return { kind: 'bytes', min, max };
}

export function list(min: number, max: number, element: Limit | null = null): Limit {
  return { kind: 'list', min, max, unique: false, element };
}

export function set(min: number, max: number, element: Limit): Limit {
  return { kind: 'list', min, max, unique: true, element };
}

export function map(min: number, max: number, key: Limit, value: Limit): Limit {
  return { kind: 'map', min, max, key, value };
}

function regexPattern(source: string): Pattern {
  const regex = new RegExp(source, 'u');
  return { source, matches: (value) => regex.test(value) };
}
